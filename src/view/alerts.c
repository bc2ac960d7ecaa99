// SPDX-License-Identifier: GPL-2.0-or-later
/* Evaluates rules on samples. The state of each rule and tag is kept. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "view/alerts.h"

struct state {
	bool firing;
	int64_t since_ns, wall_ns;
	double value;
};

struct kpm_alerts {
	const struct kpm_rules *rules;
	struct state **state; /* [rule][tag] */
	uint32_t tags, capacity;
	const float *leak; /* [leak_count] */
	uint32_t leak_count;
};

struct kpm_alerts *kpm_alerts_new(const struct kpm_rules *rules)
{
	struct kpm_alerts *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->rules = rules;
	a->state = calloc(kpm_rules_count(rules) + 1, sizeof(*a->state));
	if (a->state)
		return a;
	free(a);
	return NULL;
}

void kpm_alerts_free(struct kpm_alerts *a)
{
	if (!a)
		return;
	for (size_t r = 0; r < kpm_rules_count(a->rules); r++)
		free(a->state[r]);
	free(a->state);
	free(a);
}

/* Makes the states of more tags; those of all rules have one capacity. */
static int reserve(struct kpm_alerts *a, uint32_t tags)
{
	uint32_t had = a->capacity, capacity = had;

	for (size_t r = 0; tags > had && r < kpm_rules_count(a->rules); r++) {
		capacity = had;
		if (kpm_array_reserve(a->state[r], capacity, tags))
			return -ENOMEM;
		memset(a->state[r] + had, 0, (capacity - had) * sizeof(**a->state));
	}
	a->capacity = capacity;
	if (tags > a->tags)
		a->tags = tags;
	return 0;
}

static bool can_fire(const struct kpm_rule *rule, const struct kpm_row *row)
{
	return !rule->metric->least_bytes ||
	       kpm_row_sum(row).bytes >= rule->metric->least_bytes(rule);
}

void kpm_alerts_verdicts(struct kpm_alerts *a, const float *leak, uint32_t count)
{
	a->leak = leak;
	a->leak_count = count;
}

static bool measure(const struct kpm_alerts *a, const struct kpm_rule *rule,
		    const struct kpm_snapshot *snap, const struct kpm_row *row,
		    const struct kpm_trend *trend, double *value)
{
	if (rule->metric->measure)
		return rule->metric->measure(rule, snap, row, trend, value);
	if (!trend || row->tag >= a->leak_count)
		return false;
	*value = a->leak[row->tag];
	/* not for long enough yet: it is not over, and does not begin */
	if (*value == KPM_LEAK_LEAD && kpm_trend_steps(trend, row->tag).seen_ns < rule->window_ns)
		*value = KPM_LEAK_OTHER;
	return true;
}

static struct kpm_alert alert_of(const struct kpm_alerts *a, size_t rule, uint32_t tag)
{
	const struct state *s = &a->state[rule][tag];

	return (struct kpm_alert){
		.rule = kpm_rules_get(a->rules, rule),
		.tag = tag,
		.firing = s->firing,
		.value = s->value,
		.wall_ns = s->wall_ns,
		.since_ns = s->since_ns,
	};
}

int kpm_alerts_step(struct kpm_alerts *a, const struct kpm_snapshot *snap,
		    const struct kpm_tagset *tags, const struct kpm_who *who,
		    const struct kpm_trend *trend,
		    void (*tell)(const struct kpm_alert *alert, void *arg), void *arg)
{
	if (reserve(a, snap->count))
		return -ENOMEM;
	for (size_t r = 0; r < kpm_rules_count(a->rules); r++) {
		const struct kpm_rule *rule = kpm_rules_get(a->rules, r);

		for (uint32_t i = 0; i < snap->count; i++) {
			const struct kpm_row *row = &snap->rows[i];
			struct state *s = &a->state[r][i];
			struct kpm_alert alert;
			double value;

			if (!s->firing &&
			    (!can_fire(rule, row) ||
			     !kpm_rule_selects(rule, kpm_tagset_get(tags, i), who, i)))
				continue;
			if (!measure(a, rule, snap, row, trend, &value))
				continue;
			s->value = value;
			s->wall_ns = snap->wall_ns;
			if (s->firing ? value >= rule->clear : value <= rule->threshold)
				continue;
			s->firing = !s->firing;
			if (s->firing)
				s->since_ns = snap->wall_ns;
			alert = alert_of(a, r, i);
			tell(&alert, arg);
		}
	}
	kpm_alerts_verdicts(a, NULL, 0);
	return 0;
}

int kpm_alerts_restore(struct kpm_alerts *a, size_t rule, uint32_t tag, int64_t since_ns)
{
	if (reserve(a, tag + 1))
		return -ENOMEM;
	a->state[rule][tag].firing = true;
	a->state[rule][tag].since_ns = since_ns;
	return 0;
}

uint32_t kpm_alerts_list(const struct kpm_alerts *a, uint32_t tag, struct kpm_alert *list,
			 uint32_t most)
{
	uint32_t from = tag == KPM_ANY_TAG ? 0 : tag, count = 0;
	uint32_t to = tag == KPM_ANY_TAG || tag >= a->tags ? a->tags : tag + 1;

	for (size_t r = 0; r < kpm_rules_count(a->rules); r++)
		for (uint32_t i = from; i < to && count < most; i++)
			if (a->state[r][i].firing)
				list[count++] = alert_of(a, r, i);
	return count;
}
