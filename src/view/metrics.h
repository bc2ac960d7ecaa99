/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics of alert rules: one row each in metrics.c, from which rules are parsed and shown and
 * values measured.
 */
#ifndef KPM_METRICS_H
#define KPM_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/snapshot.h"
#include "model/trend.h"

/* Samples that a window must have at least: fewer say nothing about how a tag develops. */
#define KPM_ALERT_SAMPLES 8

struct kpm_rule; /* view/rules.h */

/* How a metric's values are written. */
struct kpm_metric_unit {
	const char *expected; /* `a size such as 512M` */
	/* Reads a word; false if it is not of that form. */
	bool (*parse)(const char *word, double *value);
	/* Writes a value into buf of KPM_SIZE_LEN. */
	void (*show)(double value, char *buf);
};

struct kpm_metric {
	const char *name;
	const char *window; /* the word before a duration in the rule; NULL: it has no window */
	const struct kpm_metric_unit *unit;
	double clear; /* the alert ends below this part of the threshold */
	/* The value of a tag's row; false if it is not known yet. `trend` may be NULL. NULL: the metric is a
	 * verdict, which is said by a word, without a > before it (view/alerts.h). */
	bool (*measure)(const struct kpm_rule *rule, const struct kpm_snapshot *snap,
			const struct kpm_row *row, const struct kpm_trend *trend, double *value);
	/*
	 * Bytes that a tag must hold for the rule to fire, which spares most tags the search of
	 * their trend; NULL: none.
	 */
	double (*least_bytes)(const struct kpm_rule *rule);
};

extern const struct kpm_metric kpm_metrics[];
extern const size_t kpm_metric_count;

/* NULL: no metric of that name. */
const struct kpm_metric *kpm_metric_find(const char *name);
/* `bytes, diff, ... or share`. Returns buf. */
char *kpm_metric_names(char *buf, size_t size);

#endif
