/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine of the alerts: evaluates the rules on each sample. A pure function of samples and
 * their clocks. A rule fires once for a tag, ends when the value has come down far enough (see
 * view/metrics.h), and can fire again then.
 */
#ifndef KPM_ALERTS_H
#define KPM_ALERTS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/trend.h"
#include "view/rules.h"

struct kpm_alert {
	const struct kpm_rule *rule;
	uint32_t tag;
	bool firing; /* false: it has ended */
	double value;
	int64_t wall_ns;  /* of the sample */
	int64_t since_ns; /* wall clock of the sample in which it began to fire */
};

struct kpm_alerts;

/* `rules` are borrowed. NULL: out of memory. */
struct kpm_alerts *kpm_alerts_new(const struct kpm_rules *rules);
void kpm_alerts_free(struct kpm_alerts *alerts);

/*
 * Evaluates the rules on the latest sample. `who`, which may be NULL, is that of the sample. `trend` must have it, too; NULL: rules with a window
 * are passed over. `tell` is called for each alert that begins or ends. 0 or -ENOMEM.
 */
int kpm_alerts_step(struct kpm_alerts *alerts, const struct kpm_snapshot *snap,
		    const struct kpm_tagset *tags, const struct kpm_who *who,
		    const struct kpm_trend *trend,
		    void (*tell)(const struct kpm_alert *alert, void *arg), void *arg);

/* What a finding that is called a leak makes of a tag: the value of the metric `verdict`. */
#define KPM_LEAK_LEAD  1.0
#define KPM_LEAK_OTHER 0.5
#define KPM_LEAK_STORM 2.0 /* of a storm the same: nobody has time to wait */

/*
 * The verdicts of the sample that is evaluated next, by tag: KPM_LEAK_STORM, KPM_LEAK_LEAD,
 * KPM_LEAK_OTHER or 0; of tags
 * behind `count` they are not known. Borrowed until kpm_alerts_step() returns. A rule fires for the lead of
 * a finding that the trend has had for the rule's window, for that of a storm at once, and ends with the
 * finding.
 */
void kpm_alerts_verdicts(struct kpm_alerts *alerts, const float *leak, uint32_t count);

/* Makes an alert fire, as it did in an earlier run. 0 or -ENOMEM. */
int kpm_alerts_restore(struct kpm_alerts *alerts, size_t rule, uint32_t tag, int64_t since_ns);

/* The alerts that fire now, those of a tag (KPM_ANY_TAG: of all); writes `most` at most. */
#define KPM_ANY_TAG UINT32_MAX
uint32_t kpm_alerts_list(const struct kpm_alerts *alerts, uint32_t tag, struct kpm_alert *list,
			 uint32_t most);

#endif
