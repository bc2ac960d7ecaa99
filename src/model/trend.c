// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Three levels of samples of all tags: the latest, one in 15 seconds, and the whole run, which is
 * thinned out by half whenever it is full. Work and memory grow with the tags, not with the time;
 * once there are no new tags a push allocates nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "model/trend.h"

#define SAMPLES 64

enum { LATEST, QUARTERS, RUN, LEVELS };

/* Outstanding bytes of a tag, by kind. */
struct held {
	uint64_t bytes[KPM_KINDS];
};

struct sample {
	int64_t at; /* CLOCK_MONOTONIC, ns */
	uint32_t count;
	uint32_t capacity;
	struct held *held; /* [count] by tag */
};

struct level {
	int64_t step;                  /* least distance of two samples */
	struct sample sample[SAMPLES]; /* oldest first */
	uint32_t count;
};

/* Facts about a tag from all samples, kept ones and others. */
struct seen {
	int64_t at; /* when it appeared */
	uint64_t bytes;
	struct kpm_steps steps;
};

struct kpm_trend {
	struct level level[LEVELS];
	int64_t first, last; /* clocks of the first and the latest sample */
	struct seen *seen;   /* [seen_count] of each tag */
	uint32_t seen_count, seen_capacity;
};

struct kpm_trend *kpm_trend_new(void)
{
	struct kpm_trend *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->level[QUARTERS].step = 15 * KPM_SECOND;
	t->level[RUN].step = 30 * KPM_SECOND;
	return t;
}

void kpm_trend_free(struct kpm_trend *t)
{
	if (!t)
		return;
	for (int l = 0; l < LEVELS; l++)
		for (int i = 0; i < SAMPLES; i++)
			free(t->level[l].sample[i].held);
	free(t->seen);
	free(t);
}

/* Makes room for one more sample behind the others. */
static void make_room(struct level *level, bool thin)
{
	struct sample oldest;

	if (level->count < SAMPLES)
		return;
	if (!thin) {
		oldest = level->sample[0];
		memmove(level->sample, level->sample + 1, (SAMPLES - 1) * sizeof(*level->sample));
		level->sample[SAMPLES - 1] = oldest;
		level->count--;
		return;
	}
	/* keeps the first and every other one; the buffers of the rest go behind them */
	for (uint32_t i = 1; 2 * i < SAMPLES; i++) {
		oldest = level->sample[i];
		level->sample[i] = level->sample[2 * i];
		level->sample[2 * i] = oldest;
	}
	level->count = SAMPLES / 2;
	level->step *= 2;
}

static int fill(struct sample *s, const struct kpm_snapshot *snap)
{
	int ret = kpm_array_reserve(s->held, s->capacity, snap->count);

	if (ret)
		return ret;
	for (uint32_t i = 0; i < snap->count; i++)
		for (int k = 0; k < KPM_KINDS; k++)
			s->held[i].bytes[k] = snap->rows[i].kind[k].bytes;
	s->count = snap->count;
	s->at = snap->mono_ns;
	return 0;
}

static int note_steps(struct kpm_trend *t, const struct kpm_snapshot *snap)
{
	int ret = kpm_array_reserve(t->seen, t->seen_capacity, snap->count);

	if (ret)
		return ret;
	for (uint32_t i = 0; i < snap->count; i++) {
		uint64_t bytes = kpm_row_sum(&snap->rows[i]).bytes;
		struct seen *seen = &t->seen[i];

		if (i >= t->seen_count) {
			*seen = (struct seen){.at = snap->mono_ns, .bytes = bytes};
			continue;
		}
		seen->steps.steps++;
		seen->steps.grew += bytes > seen->bytes;
		seen->steps.fell += bytes < seen->bytes;
		seen->bytes = bytes;
	}
	if (snap->count > t->seen_count)
		t->seen_count = snap->count;
	return 0;
}

struct kpm_steps kpm_trend_steps(const struct kpm_trend *t, uint32_t tag)
{
	struct kpm_steps steps = {0};

	if (tag < t->seen_count) {
		steps = t->seen[tag].steps;
		steps.seen_ns = t->last - t->seen[tag].at;
	}
	return steps;
}

int kpm_trend_push(struct kpm_trend *t, const struct kpm_snapshot *snap)
{
	if (!t->level[LATEST].count)
		t->first = snap->mono_ns;
	if (note_steps(t, snap))
		return -ENOMEM;
	for (int l = 0; l < LEVELS; l++) {
		struct level *level = &t->level[l];

		if (level->count &&
		    snap->mono_ns - level->sample[level->count - 1].at < level->step)
			continue;
		make_room(level, l == RUN);
		if (fill(&level->sample[level->count], snap))
			return -ENOMEM;
		level->count++;
	}
	t->last = snap->mono_ns;
	return 0;
}

/* The latest sample of a level not after `at`, NULL if there is none. */
static const struct sample *in_level(const struct level *level, int64_t at)
{
	for (uint32_t i = level->count; i-- > 0;)
		if (level->sample[i].at <= at)
			return &level->sample[i];
	return NULL;
}

/* The same over all levels: the finest one that reaches back so far is the most exact. */
static const struct sample *sample_at(const struct kpm_trend *t, int64_t at)
{
	for (int l = 0; l < LEVELS; l++) {
		const struct sample *s = in_level(&t->level[l], at);

		if (s)
			return s;
	}
	return NULL;
}

static uint64_t held(const struct sample *s, uint32_t tag, unsigned int kind)
{
	if (tag >= s->count)
		return 0;
	if (kind != KPM_KINDS)
		return s->held[tag].bytes[kind];
	return s->held[tag].bytes[KPM_NONP] + s->held[tag].bytes[KPM_PAGED];
}

bool kpm_trend_growth(const struct kpm_trend *t, uint32_t tag, unsigned int kind, int64_t window_ns,
		      int64_t *bytes, int64_t *over_ns)
{
	const struct sample *now = sample_at(t, t->last), *then;

	if (!now || t->last == t->first)
		return false;
	then = sample_at(t, window_ns == KPM_WINDOW_RUN ? t->first : t->last - window_ns);
	if (!then)
		return false;
	*bytes = held(now, tag, kind) - held(then, tag, kind);
	*over_ns = now->at - then->at;
	return true;
}

uint32_t kpm_trend_series(const struct kpm_trend *t, uint32_t tag, unsigned int kind,
			  int64_t span_ns, uint64_t *values, uint32_t count)
{
	uint32_t there = 0;

	if (span_ns == KPM_WINDOW_RUN)
		span_ns = t->last - t->first;
	for (uint32_t i = 0; i < count; i++) {
		int64_t back = count > 1 ? span_ns / (count - 1) * (count - 1 - i) : 0;
		const struct sample *s = sample_at(t, t->last - back);

		values[i] = s ? held(s, tag, kind) : 0;
		there += s != NULL;
	}
	return there;
}

uint32_t kpm_trend_points(const struct kpm_trend *t, uint32_t tag, unsigned int kind,
			  int64_t span_ns, struct kpm_point *points, uint32_t count)
{
	const struct sample *before = NULL;
	uint32_t n = 0;

	if (span_ns == KPM_WINDOW_RUN)
		span_ns = t->last - t->first;
	for (uint32_t i = 0; i < count; i++) {
		int64_t back = count > 1 ? span_ns / (count - 1) * (count - 1 - i) : 0;
		const struct sample *s = sample_at(t, t->last - back);

		if (!s)
			return 0;
		/* levels hold copies of one sample */
		if (before && before->at == s->at)
			continue;
		before = s;
		points[n].at = (s->at - t->last) / 1e9;
		points[n++].bytes = held(s, tag, kind);
	}
	return n;
}

int64_t kpm_trend_span(const struct kpm_trend *t)
{
	return t->last - t->first;
}

bool kpm_trend_is_new(const struct kpm_trend *t, uint32_t tag, int64_t window_ns)
{
	return tag < t->seen_count && t->seen[tag].at > t->first &&
	       t->last - t->seen[tag].at < window_ns;
}
