// SPDX-License-Identifier: GPL-2.0-or-later
/* Splits lines of recordings and reads their parts. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/record_line.h"

const char *const kpm_record_builds[3] = {"-", "loaded", "other"};

const char *const kpm_record_kinds[KPM_KINDS] = {[KPM_NONP] = "n", [KPM_PAGED] = "p"};

const struct kpm_record_have kpm_record_have[] = {
	{"memory", KPM_HAVE_MEMORY}, {"loss", KPM_HAVE_LOSS},
	{"room", KPM_HAVE_CAPACITY}, {"rescue", KPM_HAVE_RESCUE},
	{"asked", KPM_HAVE_ASKED},   {"hooks", KPM_HAVE_HOOKS},
	{"audit", KPM_HAVE_AUDIT},   {NULL, 0},
};

void kpm_record_split(char *text, struct kpm_record_line *line)
{
	line->count = 0;
	while (text && line->count < KPM_RECORD_PARTS_MAX) {
		char *tab = strchr(text, '\t');

		line->part[line->count++] = text;
		if (tab)
			*tab++ = '\0';
		text = tab;
	}
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
					    : -1;
}

const char *kpm_record_text(struct kpm_record_line *line, size_t i)
{
	char *from, *to;

	if (i >= line->count || !strcmp(line->part[i], "-"))
		return NULL;
	for (from = to = line->part[i]; *from; from++, to++) {
		bool escape = from[0] == '\\' && from[1] == 'x' && hex_digit(from[2]) >= 0 &&
			      hex_digit(from[3]) >= 0;

		*to = escape ? (char)(hex_digit(from[2]) << 4 | hex_digit(from[3])) : *from;
		from += escape ? 3 : 0;
		/* an escaped NUL ends the text */
		if (!*to)
			break;
	}
	*to = '\0';
	return line->part[i];
}

static bool number(const struct kpm_record_line *line, size_t i, int base, uint64_t *value)
{
	const char *text = i < line->count ? line->part[i] : "";
	uint64_t n;
	char *end;

	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, base);
	if (*end || errno)
		return false;
	*value = n;
	return true;
}

bool kpm_record_u64(const struct kpm_record_line *line, size_t i, uint64_t *value)
{
	return number(line, i, 10, value);
}

bool kpm_record_hex(const struct kpm_record_line *line, size_t i, uint64_t *value)
{
	return number(line, i, 16, value);
}

bool kpm_record_i64(const struct kpm_record_line *line, size_t i, int64_t *value)
{
	uint64_t u;

	if (!number(line, i, 10, &u) || u > INT64_MAX)
		return false;
	*value = u;
	return true;
}

bool kpm_record_u32(const struct kpm_record_line *line, size_t i, uint32_t *value)
{
	uint64_t u;

	if (!number(line, i, 10, &u) || u > UINT32_MAX)
		return false;
	*value = u;
	return true;
}

bool kpm_record_fields(const struct kpm_record_line *line, size_t i, const struct kpm_field *fields,
		       size_t count, void *to, uint32_t *missing)
{
	uint32_t without = 0;

	for (size_t k = 0; k < count; k++) {
		uint64_t value = 0;

		if (fields[k].line)
			continue;
		if (i >= line->count || !strcmp(line->part[i], "-"))
			without |= 1U << k;
		else if (!kpm_record_u64(line, i, &value))
			return false;
		kpm_field_set(&fields[k], to, value);
		i++;
	}
	if (missing)
		*missing = without;
	return true;
}
