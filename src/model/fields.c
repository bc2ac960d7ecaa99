// SPDX-License-Identifier: GPL-2.0-or-later
/* Fields of a line of a recording, separated by tabs. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/fields.h"

const char *const kpm_record_builds[3] = {"-", "loaded", "other"};

const struct kpm_record_have kpm_record_have[] = {
	{"memory", KPM_HAVE_MEMORY}, {"loss", KPM_HAVE_LOSS},
	{"room", KPM_HAVE_CAPACITY}, {"rescue", KPM_HAVE_RESCUE},
	{"asked", KPM_HAVE_ASKED},   {"hooks", KPM_HAVE_HOOKS},
	{"audit", KPM_HAVE_AUDIT},   {NULL, 0},
};

bool kpm_fields_split(char *line, struct kpm_fields *fields)
{
	fields->count = 0;
	for (;;) {
		char *tab = strchr(line, '\t');

		if (fields->count == KPM_FIELDS_MAX)
			return false;
		fields->field[fields->count++] = line;
		if (!tab)
			return true;
		*tab = '\0';
		line = tab + 1;
	}
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
					    : -1;
}

const char *kpm_field_text(struct kpm_fields *fields, size_t i)
{
	char *from, *to;

	if (i >= fields->count || !strcmp(fields->field[i], "-"))
		return NULL;
	for (from = to = fields->field[i]; *from; from++, to++) {
		bool escape = from[0] == '\\' && from[1] == 'x' && hex_digit(from[2]) >= 0 &&
			      hex_digit(from[3]) >= 0;

		*to = escape ? (char)(hex_digit(from[2]) << 4 | hex_digit(from[3])) : *from;
		from += escape ? 3 : 0;
		/* no text has such a byte in it */
		if (!*to)
			break;
	}
	*to = '\0';
	return fields->field[i];
}

static bool number(const struct kpm_fields *fields, size_t i, int base, uint64_t *value)
{
	const char *text = i < fields->count ? fields->field[i] : "";
	char *end;

	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, base);
	return !*end && !errno;
}

bool kpm_field_u64(const struct kpm_fields *fields, size_t i, uint64_t *value)
{
	return number(fields, i, 10, value);
}

bool kpm_field_hex(const struct kpm_fields *fields, size_t i, uint64_t *value)
{
	return number(fields, i, 16, value);
}

bool kpm_field_i64(const struct kpm_fields *fields, size_t i, int64_t *value)
{
	uint64_t u;

	if (!number(fields, i, 10, &u) || u > INT64_MAX)
		return false;
	*value = u;
	return true;
}

bool kpm_field_u32(const struct kpm_fields *fields, size_t i, uint32_t *value)
{
	uint64_t u;

	if (!number(fields, i, 10, &u) || u > UINT32_MAX)
		return false;
	*value = u;
	return true;
}

bool kpm_field_numbers(const struct kpm_fields *fields, size_t i, void *numbers, size_t count)
{
	uint64_t *n = numbers;

	for (size_t k = 0; k < count; k++)
		if (!kpm_field_u64(fields, i + k, &n[k]))
			return false;
	return true;
}
