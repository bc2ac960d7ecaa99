// SPDX-License-Identifier: GPL-2.0-or-later
/* Splits and parses FILE@TIME. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_time.h"
#include "base/parse.h"

const char *kpm_file_time_split(const char *name, char *buf, size_t size)
{
	const char *at = strrchr(name, '@');

	if (at && !access(name, F_OK))
		at = NULL;
	snprintf(buf, size, "%.*s", at ? (int)(at - name) : (int)strlen(name), name);
	return at ? at + 1 : NULL;
}

static bool parse_wall(const char *text, int64_t *ns)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					    "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);

		if (!end || strcmp(end, *end ? "Z" : ""))
			continue;
		return !__builtin_mul_overflow((int64_t)timegm(&tm), KPM_SECOND, ns) &&
		       !__builtin_add_overflow(*ns, KPM_SECOND - 1, ns);
	}
	return false;
}

int kpm_file_time_parse(const char *text, const char *file, struct kpm_file_time *time,
			struct kpm_err *err)
{
	bool valid = true;

	*time = (struct kpm_file_time){.from = KPM_TIME_LAST};
	if (!text)
		return 0;
	if (*text == '+' || *text == '-') {
		time->from = *text == '+' ? KPM_TIME_AFTER_FIRST : KPM_TIME_BEFORE_LAST;
		valid = !kpm_parse_duration(text + 1, &time->ns);
	} else {
		time->from = KPM_TIME_WALL;
		valid = parse_wall(text, &time->ns);
	}
	if (valid)
		return 0;
	return kpm_usage(err,
			 "'%.60s' is not a time in %.200s; write 2026-01-31T23:59:59Z, +10m for 10 "
			 "minutes after the first sample or -10m for 10 minutes before the last",
			 text, file);
}

int64_t kpm_file_time_wall(const struct kpm_file_time *time, int64_t first_ns, int64_t last_ns)
{
	int64_t ns;

	switch (time->from) {
	case KPM_TIME_WALL:
		return time->ns;
	case KPM_TIME_AFTER_FIRST:
		return __builtin_add_overflow(first_ns, time->ns, &ns) ? INT64_MAX : ns;
	case KPM_TIME_BEFORE_LAST:
		return __builtin_sub_overflow(last_ns, time->ns, &ns) ? INT64_MIN : ns;
	case KPM_TIME_LAST:
		break;
	}
	return last_ns;
}
