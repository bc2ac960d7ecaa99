// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of metrics, and how their values are read, written and measured. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/alerts.h"
#include "view/metrics.h"
#include "view/rules.h"
#include "view/verdict.h"

/*
 * `512M`, `1.5G`, `100k`: a unit is `step` times the one before. The rest of the word in *rest;
 * false if the word does not begin with a number greater than 0.
 */
static bool parse_amount(const char *word, double step, double *value, const char **rest)
{
	static const char units[] = "kmgtp";
	const char *found;
	char *end;

	if (!isdigit((unsigned char)*word))
		return false;
	*value = strtod(word, &end);
	found = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	/* `1m` is no minute here: amounts come before durations */
	if (found && *end != '/') {
		*value *= pow(step, found - units + 1);
		end++;
	}
	*rest = end;
	return *value > 0 && isfinite(*value);
}

static bool parse_size(const char *word, double *value)
{
	const char *rest;

	return parse_amount(word, 1024, value, &rest) && !*rest;
}

static void show_size(double value, char *buf)
{
	char size[KPM_SIZE_LEN];

	kpm_format_size(fabs(value), size);
	snprintf(buf, KPM_SIZE_LEN, "%s%.15s", value < 0 ? "-" : "", size);
}

static const struct kpm_metric_unit size_unit = {"a size such as 512M", parse_size, show_size};

static bool parse_objects(const char *word, double *value)
{
	const char *rest;

	return parse_amount(word, 1000, value, &rest) && !*rest;
}

static void show_objects(double value, char *buf)
{
	snprintf(buf, KPM_SIZE_LEN, "%.0f", value);
}

static const struct kpm_metric_unit objects_unit = {"a number of objects such as 100k",
						    parse_objects, show_objects};

static bool parse_rate(const char *word, double *value)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"/s", 1}, {"/min", 60}, {"/m", 60}, {"/h", 3600}, {"/d", 86400}};
	const char *rest;

	if (!parse_amount(word, 1024, value, &rest))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(rest, units[i].name))
			continue;
		*value /= units[i].seconds;
		return true;
	}
	return false;
}

static void show_rate(double value, char *buf)
{
	char size[KPM_SIZE_LEN];

	kpm_format_size(fabs(value) * 60, size);
	snprintf(buf, KPM_SIZE_LEN, "%s%.15s/min", value < 0 ? "-" : "", size);
}

static const struct kpm_metric_unit rate_unit = {"a rate such as 1M/min (/s, /min, /h, /d)",
						 parse_rate, show_rate};

static bool parse_percent(const char *word, double *value)
{
	const char *rest;

	return parse_amount(word, 1, value, &rest) && !strcmp(rest, "%") && *value <= 100;
}

static void show_percent(double value, char *buf)
{
	snprintf(buf, KPM_SIZE_LEN, "%.1f%%", value);
}

static const struct kpm_metric_unit percent_unit = {"a percentage such as 20%", parse_percent,
						    show_percent};

/* Above it is the lead of a finding with that verdict, at it are its other tags. */
static bool parse_verdict(const char *word, double *value)
{
	*value = KPM_LEAK_OTHER;
	return !strcmp(word, "leak");
}

static void show_verdict(double value, char *buf)
{
	snprintf(buf, KPM_SIZE_LEN, "%s",
		 value < KPM_LEAK_OTHER
			 ? "no leak"
			 : kpm_verdict_name(value > KPM_LEAK_LEAD ? KPM_STORM : KPM_LEAK));
}

static const struct kpm_metric_unit verdict_unit = {"'leak'", parse_verdict, show_verdict};

static struct kpm_counts counts_of(const struct kpm_rule *rule, const struct kpm_row *row)
{
	return rule->kind == KPM_KINDS ? kpm_row_sum(row) : row->kind[rule->kind];
}

static bool measure_bytes(const struct kpm_rule *rule, const struct kpm_snapshot *snap,
			  const struct kpm_row *row, const struct kpm_trend *trend, double *value)
{
	(void)snap;
	(void)trend;
	*value = counts_of(rule, row).bytes;
	return true;
}

static bool measure_diff(const struct kpm_rule *rule, const struct kpm_snapshot *snap,
			 const struct kpm_row *row, const struct kpm_trend *trend, double *value)
{
	(void)snap;
	(void)trend;
	*value = counts_of(rule, row).diff;
	return true;
}

static bool measure_share(const struct kpm_rule *rule, const struct kpm_snapshot *snap,
			  const struct kpm_row *row, const struct kpm_trend *trend, double *value)
{
	(void)trend;
	*value = snap->memory.total ? 100.0 * counts_of(rule, row).bytes / snap->memory.total : 0;
	return snap->have & KPM_HAVE_MEMORY;
}

/* Bytes a second over the rule's window. */
static bool measure_rate(const struct kpm_rule *rule, const struct kpm_snapshot *snap,
			 const struct kpm_row *row, const struct kpm_trend *trend, double *value)
{
	struct kpm_point points[KPM_SLOPE_POINTS];
	uint32_t count;

	(void)snap;
	if (!trend)
		return false;
	count = kpm_trend_points(trend, row->tag, rule->kind, rule->window_ns, points,
				 KPM_SLOPE_POINTS);
	if (count < KPM_ALERT_SAMPLES)
		return false;
	*value = kpm_sustained_slope(points, count);
	return true;
}

static bool measure_growth(const struct kpm_rule *rule, const struct kpm_snapshot *snap,
			   const struct kpm_row *row, const struct kpm_trend *trend, double *value)
{
	if (!measure_rate(rule, snap, row, trend, value))
		return false;
	*value *= rule->window_ns / 1e9;
	return true;
}

/* A slope of the median may be up to twice what the tag has gained: half of it is asked for. */
static double half_of_growth(const struct kpm_rule *rule)
{
	return rule->threshold / 2;
}

static double half_of_rate(const struct kpm_rule *rule)
{
	return rule->threshold * (rule->window_ns / 1e9) / 2;
}

/* An amount that comes down by a tenth has gone; a slope is noisier, and has to halve. */
const struct kpm_metric kpm_metrics[] = {
	{"bytes", NULL, &size_unit, 0.9, measure_bytes, NULL},
	{"diff", NULL, &objects_unit, 0.9, measure_diff, NULL},
	{"growth", "in", &size_unit, 0.5, measure_growth, half_of_growth},
	{"rate", "for", &rate_unit, 0.5, measure_rate, half_of_rate},
	{"share", NULL, &percent_unit, 0.9, measure_share, NULL},
	{"verdict", "for", &verdict_unit, 1, NULL, NULL},
};

const size_t kpm_metric_count = sizeof(kpm_metrics) / sizeof(*kpm_metrics);

const struct kpm_metric *kpm_metric_find(const char *name)
{
	for (size_t i = 0; i < kpm_metric_count; i++)
		if (!strcmp(kpm_metrics[i].name, name))
			return &kpm_metrics[i];
	return NULL;
}

char *kpm_metric_names(char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < kpm_metric_count && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s",
				 !i                          ? ""
				 : i + 1 == kpm_metric_count ? " or "
							     : ", ",
				 kpm_metrics[i].name);
	return buf;
}
