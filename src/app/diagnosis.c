// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/diagnosis.h"
#include "base/array.h"
#include "resolve/helpers.h"
#include "resolve/paths.h"
#include "source/visible_counts.h"
#include "view/alerts.h"

static bool ages_of(void *arg, uint32_t tag, uint32_t survive_s, struct kpm_objects *objects)
{
	struct kpm_source *source = arg;

	return source->ops->objects && !source->ops->objects(source, tag, survive_s, objects);
}

static void path_of(void *arg, uint32_t tag, struct kpm_path *path)
{
	struct kpm_diagnosis *d = arg;

	kpm_paths_find(d->sampler->owners, &d->sampler->samples, tag, path);
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

/* Processes that are looked at, those of what grew most; objects by which a tag has grown. */
#define LOOKED_AT   64
#define GROWN_LEAST 8

struct growing_process {
	struct kpm_visible_process process;
	double bytes;
};

static int by_bytes(const void *x, const void *y)
{
	const struct growing_process *a = x, *b = y;

	return (a->bytes < b->bytes) - (a->bytes > b->bytes);
}

/* The processes behind most of each tag that grew, and what grew of them; *count. To be freed. */
static struct growing_process *find_growing(const struct kpm_sampler *s,
					    const struct kpm_trend *trend, uint32_t *count)
{
	struct growing_process *list = NULL;
	uint32_t capacity = 0;

	*count = 0;
	for (uint32_t i = 0; s->who && i < s->snap.count; i++) {
		struct kpm_counts n = kpm_row_sum(&s->snap.rows[i]);
		const struct kpm_share *first = kpm_who_first(s->who, i, KPM_PROCESS);
		const struct kpm_party *p = first ? kpm_who_get(s->who, first->party) : NULL;
		int64_t grown, over;
		uint32_t at = 0;

		if (!p || !p->pid || !n.diff ||
		    !kpm_trend_growth(trend, i, KPM_KINDS, KPM_WINDOW_RUN, &grown, &over) ||
		    grown < GROWN_LEAST * (double)n.bytes / n.diff)
			continue;
		while (at < *count && (list[at].process.pid != p->pid ||
				       list[at].process.started_ns != p->started_ns))
			at++;
		if (at == *count) {
			if (kpm_array_reserve(list, capacity, *count + 1))
				break;
			list[(*count)++] = (struct growing_process){{p->pid, p->started_ns}, 0};
		}
		list[at].bytes += grown;
	}
	if (*count)
		qsort(list, *count, sizeof(*list), by_bytes);
	if (*count > LOOKED_AT)
		*count = LOOKED_AT;
	return list;
}

static void forget_reading(struct kpm_visible_reading *r)
{
	free(r->list);
	free(r->objects);
	free(r->bytes);
	*r = (struct kpm_visible_reading){0};
}

/* Makes room: every second one goes, but for the first, and from then on they are as far apart. */
static void thin_readings(struct kpm_diagnosis *d)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < d->reading_count; i++) {
		if (i % 2)
			forget_reading(&d->readings[i]);
		else
			d->readings[kept++] = d->readings[i];
	}
	memset(d->readings + kept, 0, (d->reading_count - kept) * sizeof(*d->readings));
	d->reading_count = kept;
	d->read_every_ns *= 2;
}

int kpm_diagnosis_look(struct kpm_diagnosis *d, struct kpm_sampler *s,
		       const struct kpm_trend *trend, int64_t every_ns)
{
	struct kpm_visible_process processes[LOOKED_AT];
	struct kpm_visible_reading *r;
	struct growing_process *growing;
	uint32_t count;
	int ret;

	if (s->recording || !s->source || kpm_trend_span(trend) <= 0)
		return 0;
	if (d->read_every_ns < every_ns)
		d->read_every_ns = every_ns;
	if (d->reading_count && s->snap.mono_ns - d->read_ns < d->read_every_ns)
		return 0;
	if (d->reading_count == KPM_DIAGNOSIS_READINGS)
		thin_readings(d);
	growing = find_growing(s, trend, &count);
	for (uint32_t i = 0; i < count; i++)
		processes[i] = growing[i].process;
	free(growing);
	r = &d->readings[d->reading_count];
	r->tags = s->snap.count;
	r->objects = calloc(r->tags + 1, sizeof(*r->objects));
	r->bytes = calloc(r->tags + 1, sizeof(*r->bytes));
	ret = r->objects && r->bytes
		      ? kpm_visible_read(&s->options->live.roots, processes, count, r)
		      : -ENOMEM;
	if (ret) {
		forget_reading(r);
		return ret;
	}
	for (uint32_t i = 0; i < r->tags; i++) {
		struct kpm_counts n = kpm_row_sum(&s->snap.rows[i]);

		r->objects[i] = n.diff;
		r->bytes[i] = n.bytes;
	}
	d->read_ns = s->snap.mono_ns;
	d->reading_count++;
	return 0;
}

int kpm_diagnose(struct kpm_diagnosis *d, struct kpm_sampler *s, const struct kpm_trend *trend,
		 const struct kpm_labels *labels, bool ages, uint32_t most)
{
	int ret;

	d->sampler = s;
	d->labels = labels;
	d->ages.scan = ages_of;
	d->ages.arg = s->source;
	d->suspect_count = kpm_suspects_rank(&s->snap, s->tags, trend, s->who,
					     ages && s->source ? &d->ages : NULL, d->suspects,
					     KPM_DIAGNOSIS_SUSPECTS);
	d->of = (struct kpm_findings_of){
		.snap = &s->snap,
		.tags = s->tags,
		.trend = trend,
		.who = s->who,
		.path = s->owners ? path_of : NULL,
		.helper = is_helper,
		.arg = d,
		.readings = d->readings,
		.reading_count = d->reading_count,
	};
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
	for (uint32_t i = 0; i < d->reading_count; i++)
		forget_reading(&d->readings[i]);
	d->reading_count = 0;
}
