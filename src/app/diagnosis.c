// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <unistd.h>

#include "app/diagnosis.h"
#include "base/clock.h"
#include "resolve/helpers.h"
#include "view/alerts.h"

static bool ages_of(void *arg, uint32_t tag, uint32_t survive_s, struct kpm_objects *objects)
{
	struct kpm_source *source = arg;

	return source->ops->objects && !source->ops->objects(source, tag, survive_s, objects);
}

static void path_of(void *arg, uint32_t tag, struct kpm_path *path)
{
	struct kpm_diagnosis *d = arg;

	kpm_sampler_path(d->sampler, tag, path);
}

static bool is_helper(void *arg, const char *symbol)
{
	struct kpm_diagnosis *d = arg;

	return kpm_function_role_by(d->labels, symbol) == KPM_FUNCTION_HELPER;
}

void kpm_diagnosis_half(struct kpm_diagnosis *d, struct kpm_sampler *s,
			const struct kpm_trend *trend)
{
	d->ages.scan = ages_of;
	d->ages.arg = s->source;
	kpm_cohorts_note(&s->snap, s->tags, trend, &d->ages);
}

/*
 * Of tables that have been tracked for ten times as long as this run and more: when what is there was
 * allocated.
 */
#define TRACKED_RUNS 10

static void read_births(struct kpm_diagnosis *d, struct kpm_sampler *s,
			const struct kpm_trend *trend)
{
	int64_t tracked = s->snap.mono_ns - s->snap.started_ns;

	free(d->ages.births.parts);
	d->ages.births = (struct kpm_births){0};
	if (!s->source || !s->source->ops->births ||
	    tracked < TRACKED_RUNS * kpm_trend_span(trend) ||
	    s->source->ops->births(s->source, tracked / KPM_SECOND, &d->ages.births))
		d->ages.births.since_s = 0;
}

int kpm_diagnose(struct kpm_diagnosis *d, struct kpm_sampler *s, const struct kpm_trend *trend,
		 const struct kpm_labels *labels, bool ages, uint32_t most)
{
	int ret;

	d->sampler = s;
	d->labels = labels;
	d->ages.scan = ages_of;
	d->ages.arg = s->source;
	if (ages)
		read_births(d, s, trend);
	d->suspect_count = kpm_suspects_rank(&s->snap, s->tags, trend, s->who,
					     ages && s->source ? &d->ages : NULL, d->suspects,
					     KPM_DIAGNOSIS_SUSPECTS);
	d->of = (struct kpm_findings_of){
		.snap = &s->snap,
		.tags = s->tags,
		.trend = trend,
		.who = s->who,
		.path = path_of,
		.helper = is_helper,
		.arg = d,
		.readings = d->looks.readings,
		.reading_count = d->looks.count,
	};
	kpm_untracked_judge(&d->untracked, sysconf(_SC_NPROCESSORS_ONLN));
	ret = kpm_findings_make(&d->of, d->suspects, d->suspect_count, &d->findings);
	if (most && d->findings.count > most)
		d->findings.count = most;
	return ret;
}

float *kpm_diagnosis_leaks(const struct kpm_diagnosis *d, uint32_t *count)
{
	float *leak = calloc(d->of.snap->count + 1, sizeof(*leak));

	*count = leak ? d->of.snap->count : 0;
	for (uint32_t i = 0; leak && i < d->findings.count; i++) {
		const struct kpm_finding *f = &d->findings.list[i];

		for (uint32_t k = 0; f->verdict <= KPM_STORM && k < f->count; k++)
			leak[d->suspects[f->members[k]].tag] = k ? KPM_LEAK_OTHER
							       : f->verdict == KPM_LEAK
								       ? KPM_LEAK_LEAD
								       : KPM_LEAK_STORM;
	}
	return leak;
}

const struct kpm_finding *kpm_diagnosis_of(const struct kpm_diagnosis *d, uint32_t tag)
{
	for (uint32_t i = 0; i < d->findings.count; i++)
		for (uint32_t k = 0; k < d->findings.list[i].count; k++)
			if (d->suspects[d->findings.list[i].members[k]].tag == tag)
				return &d->findings.list[i];
	return NULL;
}

void kpm_diagnosis_done(struct kpm_diagnosis *d)
{
	kpm_findings_done(&d->findings);
	kpm_looks_done(&d->looks);
	kpm_untracked_done(&d->untracked);
	free(d->ages.births.parts);
	d->ages.births = (struct kpm_births){0};
}
