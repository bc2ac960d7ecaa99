// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON values as all outputs write them. */
#include <errno.h>
#include <math.h>

#include "base/json.h"
#include "base/text.h"

/* 15 digits: the decimals that a double holds, and no noise behind them. */
#define FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

json_t *kpm_json_text(const char *raw)
{
	char clean[KPM_CLEAN_LEN];

	return raw ? json_string(kpm_clean(raw, clean, sizeof(clean))) : json_null();
}

json_t *kpm_json_number(uint64_t u)
{
	return json_integer(u > INT64_MAX ? INT64_MAX : (json_int_t)u);
}

json_t *kpm_json_real(double value, bool known)
{
	return known && isfinite(value) ? json_real(value) : json_null();
}

json_t *kpm_json_time(int64_t wall_ns)
{
	char time[KPM_TIME_LEN];

	return wall_ns ? json_string(kpm_format_time(wall_ns, time)) : json_null();
}

int kpm_json_line(FILE *out, json_t *object)
{
	int ret = object && !json_dumpf(object, out, FLAGS) ? 0 : -ENOMEM;

	json_decref(object);
	fputc('\n', out);
	return ferror(out) ? -ENOMEM : ret;
}
