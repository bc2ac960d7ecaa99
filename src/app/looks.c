// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/looks.h"
#include "base/array.h"
#include "source/visible_counts.h"

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

static void forget(struct kpm_visible_reading *r)
{
	free(r->list);
	free(r->objects);
	free(r->bytes);
	*r = (struct kpm_visible_reading){0};
}

/* Makes room: every second one goes, but for the first. */
static void thin(struct kpm_looks *l)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < l->count; i++) {
		if (i % 2)
			forget(&l->readings[i]);
		else
			l->readings[kept++] = l->readings[i];
	}
	memset(l->readings + kept, 0, (l->count - kept) * sizeof(*l->readings));
	l->count = kept;
	l->every_ns *= 2;
}

static int look(struct kpm_sampler *s, const struct kpm_trend *trend, struct kpm_visible_reading *r)
{
	struct kpm_visible_process processes[LOOKED_AT];
	struct growing_process *growing;
	uint32_t count;

	growing = find_growing(s, trend, &count);
	for (uint32_t i = 0; i < count; i++)
		processes[i] = growing[i].process;
	free(growing);
	return kpm_visible_read(&s->options->live.roots, processes, count, r);
}

static int copy(const struct kpm_visible_reading *from, struct kpm_visible_reading *to)
{
	if (kpm_array_reserve(to->list, to->capacity, from->count))
		return -ENOMEM;
	memcpy(to->list, from->list, from->count * sizeof(*to->list));
	to->count = from->count;
	return 0;
}

/* What is outstanding at the time of a look. */
static int add_objects(const struct kpm_snapshot *snap, struct kpm_visible_reading *r)
{
	r->tags = snap->count;
	r->objects = calloc(r->tags + 1, sizeof(*r->objects));
	r->bytes = calloc(r->tags + 1, sizeof(*r->bytes));
	if (!r->objects || !r->bytes)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->tags; i++) {
		struct kpm_counts n = kpm_row_sum(&snap->rows[i]);

		r->objects[i] = n.diff;
		r->bytes[i] = n.bytes;
	}
	return 0;
}

int kpm_looks_take(struct kpm_looks *l, struct kpm_sampler *s, const struct kpm_trend *trend,
		   int64_t every_ns)
{
	const struct kpm_visible_reading *seen =
		s->recording ? kpm_recording_seen(s->recording) : NULL;
	struct kpm_visible_reading *r;
	int ret;

	/* what grew is not known before the second sample */
	if (s->recording ? !seen : !s->source || kpm_trend_span(trend) <= 0)
		return 0;
	/* gone back in a recording: those looks are yet to come */
	if (l->count && s->snap.mono_ns < l->last_ns)
		kpm_looks_done(l);
	if (l->every_ns < every_ns)
		l->every_ns = every_ns;
	if (l->count && s->snap.mono_ns - l->last_ns < l->every_ns)
		return 0;
	if (l->count == KPM_LOOKS_MAX)
		thin(l);
	r = &l->readings[l->count];
	ret = seen ? copy(seen, r) : look(s, trend, r);
	if (!ret)
		ret = add_objects(&s->snap, r);
	if (ret) {
		forget(r);
		return ret;
	}
	l->last_ns = s->snap.mono_ns;
	l->count++;
	return 1;
}

void kpm_looks_done(struct kpm_looks *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		forget(&l->readings[i]);
	l->count = 0;
}
