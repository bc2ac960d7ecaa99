// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranks tags: by the ends of their trends first, then by the evidence about those that grew. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "view/suspects.h"

/* Tags whose evidence is gathered (50 us each). */
#define CLOSE_MAX 256

struct grown {
	uint32_t tag;
	int64_t bytes;
};

static int by_growth(const void *x, const void *y)
{
	const struct grown *a = x, *b = y;

	return (a->bytes < b->bytes) - (a->bytes > b->bytes);
}

static int by_rank(const void *x, const void *y)
{
	const struct kpm_suspect *a = x, *b = y;
	double p = a->evidence.slope[KPM_RUN], q = b->evidence.slope[KPM_RUN];

	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	return (p < q) - (p > q);
}

/* How much of a cohort is there? `now_s` of a scan just before. */
static void ask_cohort(const struct kpm_ages *ages, uint32_t now_s, struct kpm_suspect *s)
{
	const struct kpm_cohort *c = NULL;
	struct kpm_objects objects;

	for (uint32_t i = 0; i < ages->cohort_count && !c; i++)
		if (ages->cohorts[i].tag == s->tag)
			c = &ages->cohorts[i];
	/* the second may change between the two scans, and then it does not again */
	for (int i = 0; c && c->objects && i < 2; i++, now_s = objects.now_s) {
		if (!ages->scan(ages->arg, s->tag, now_s - c->born_s, &objects))
			return;
		if (objects.now_s != now_s)
			continue;
		s->evidence.cohort = c->objects;
		s->evidence.stayed =
			objects.survivors < c->objects ? (double)objects.survivors / c->objects : 1;
		return;
	}
}

static bool may_leak(enum kpm_verdict verdict)
{
	return verdict == KPM_LEAK || verdict == KPM_STORM || verdict == KPM_GROWING;
}

/* Ages can turn a verdict only for what would otherwise be a leak. */
static void ask_ages(const struct kpm_snapshot *snap, const struct kpm_tagset *tags,
		     const struct kpm_trend *trend, const struct kpm_who *who,
		     const struct kpm_ages *ages, struct kpm_suspect *list, uint32_t count)
{
	uint32_t half = kpm_trend_span(trend) / 2 / KPM_SECOND, asked = 0;

	for (uint32_t i = 0; ages && half && i < count && asked < KPM_COHORTS_MAX; i++) {
		struct kpm_suspect *s = &list[i];
		struct kpm_objects objects;

		if (!may_leak(s->verdict) || !ages->scan(ages->arg, s->tag, half, &objects))
			continue;
		asked++;
		kpm_evidence_gather(snap, &snap->rows[s->tag], kpm_tagset_get(tags, s->tag), trend,
				    &objects, &s->evidence);
		ask_cohort(ages, objects.now_s, s);
		kpm_evidence_who(&s->evidence, who, s->tag);
		kpm_evidence_births(&s->evidence, &ages->births, s->tag);
		s->verdict = kpm_verdict_on(&s->evidence);
	}
}

uint32_t kpm_suspects_rank(const struct kpm_snapshot *snap, const struct kpm_tagset *tags,
			   const struct kpm_trend *trend, const struct kpm_who *who,
			   const struct kpm_ages *ages, struct kpm_suspect *list, uint32_t most)
{
	struct grown *grown = calloc(snap->count + 1, sizeof(*grown));
	struct kpm_suspect *close = calloc(CLOSE_MAX, sizeof(*close));
	uint32_t found = 0, count = 0;

	for (uint32_t i = 0; grown && close && i < snap->count; i++) {
		struct kpm_evidence e = {0};
		int64_t over;

		kpm_evidence_births(&e, ages ? &ages->births : NULL, i);
		if (!kpm_trend_growth(trend, i, KPM_KINDS, KPM_WINDOW_RUN, &grown[found].bytes,
				      &over))
			continue;
		if (e.even_s)
			grown[found].bytes += kpm_row_sum(&snap->rows[i]).bytes;
		if (grown[found].bytes > 0)
			grown[found++].tag = i;
	}
	if (found)
		qsort(grown, found, sizeof(*grown), by_growth);
	for (uint32_t i = 0; i < found && count < CLOSE_MAX; i++) {
		struct kpm_suspect *s = &close[count++];

		s->tag = grown[i].tag;
		kpm_evidence_gather(snap, &snap->rows[s->tag], kpm_tagset_get(tags, s->tag), trend,
				    NULL, &s->evidence);
		kpm_evidence_who(&s->evidence, who, s->tag);
		kpm_evidence_births(&s->evidence, ages ? &ages->births : NULL, s->tag);
		s->verdict = kpm_verdict_on(&s->evidence);
	}
	if (count)
		qsort(close, count, sizeof(*close), by_rank);
	ask_ages(snap, tags, trend, who, ages, close, count);
	if (count)
		qsort(close, count, sizeof(*close), by_rank);
	count = count < most ? count : most;
	if (count)
		memcpy(list, close, count * sizeof(*list));
	free(grown);
	free(close);
	return count;
}

void kpm_cohorts_note(const struct kpm_snapshot *snap, const struct kpm_tagset *tags,
		      const struct kpm_trend *trend, struct kpm_ages *ages)
{
	struct kpm_suspect *list = calloc(CLOSE_MAX, sizeof(*list));
	uint32_t quarter = kpm_trend_span(trend) / 2 / KPM_SECOND;
	uint32_t count =
		list ? kpm_suspects_rank(snap, tags, trend, NULL, NULL, list, CLOSE_MAX) : 0;

	ages->cohort_count = 0;
	for (uint32_t i = 0; quarter && i < count && ages->cohort_count < KPM_COHORTS_MAX; i++) {
		struct kpm_objects objects;

		if (!may_leak(list[i].verdict) ||
		    !ages->scan(ages->arg, list[i].tag, quarter, &objects))
			continue;
		ages->cohorts[ages->cohort_count++] = (struct kpm_cohort){
			list[i].tag, objects.now_s - quarter, objects.survivors};
	}
	free(list);
}

int64_t kpm_time_to_exhaustion(const struct kpm_snapshot *snap, const struct kpm_evidence *e)
{
	double slope = e->slope[KPM_RUN], seconds;

	if (slope <= 0 || !(snap->have & KPM_HAVE_MEMORY))
		return 0;
	seconds = snap->memory.available / slope;
	return seconds < 9e9 ? seconds * 1e9 : 0;
}
