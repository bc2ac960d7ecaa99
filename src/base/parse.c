// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads durations and counts. Digits and a unit only: no signs, no blanks, no fractions. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"

#define DURATION_MAX (10 * 365 * 86400 * KPM_SECOND)

struct unit {
	const char *name;
	uint64_t value;
};

static const struct unit time_units[] = {
	{"ms", 1000000},        {"s", KPM_SECOND},        {"min", 60 * KPM_SECOND},
	{"m", 60 * KPM_SECOND}, {"h", 3600 * KPM_SECOND}, {"d", 86400 * KPM_SECOND},
};

static const struct unit count_units[] = {
	{"k", 1000},
	{"K", 1000},
	{"M", 1000000},
	{"G", 1000000000},
};

/* Reads digits; false if there are none or they do not fit. */
static int digits(const char **text, uint64_t *number)
{
	const char *p = *text;
	uint64_t n = 0;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
			return -ERANGE;
	*text = p;
	*number = n;
	return 0;
}

/* The unit that is all the letters at *text, NULL if there is none of that name. */
static const struct unit *find_unit(const char **text, const struct unit *units, size_t count)
{
	size_t len = 0;

	while (isalpha((unsigned char)(*text)[len]))
		len++;
	for (size_t i = 0; i < count; i++) {
		if (strlen(units[i].name) == len && !memcmp(units[i].name, *text, len)) {
			*text += len;
			return &units[i];
		}
	}
	return NULL;
}

int kpm_parse_duration(const char *text, int64_t *ns)
{
	const struct unit *unit;
	uint64_t total = 0, n;
	int ret;

	do {
		ret = digits(&text, &n);
		if (ret)
			return ret;
		if (!*text && !total) {
			unit = &time_units[1];
		} else {
			unit = find_unit(&text, time_units,
					 sizeof(time_units) / sizeof(*time_units));
			if (!unit)
				return -EINVAL;
		}
		if (__builtin_mul_overflow(n, unit->value, &n) ||
		    __builtin_add_overflow(total, n, &total) || total > DURATION_MAX)
			return -ERANGE;
	} while (*text);
	*ns = total;
	return 0;
}

int kpm_parse_count(const char *text, uint64_t *count)
{
	const struct unit *unit;
	uint64_t n;
	int ret = digits(&text, &n);

	if (ret)
		return ret;
	if (*text) {
		unit = find_unit(&text, count_units, sizeof(count_units) / sizeof(*count_units));
		if (!unit || *text)
			return -EINVAL;
		if (__builtin_mul_overflow(n, unit->value, &n))
			return -ERANGE;
	}
	*count = n;
	return 0;
}
