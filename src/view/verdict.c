// SPDX-License-Identifier: GPL-2.0-or-later
/* Evidence and verdict. The thresholds are explained in kpoolmon-alerts(5). */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/verdict.h"

#define SECOND 1000000000LL
/* Values that a window is looked at by. */
#define POINTS KPM_SLOPE_POINTS
/* A tag that appears in the course of a run is a newcomer for half the run, but no longer. */
#define NEWCOMER_NS (120 * SECOND)
/* Fewer steps than this say nothing. */
#define STEPS_LEAST 6

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

double kpm_median(double *values, size_t count)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double kpm_robust_slope(const struct kpm_point *p, size_t count)
{
	double slopes[POINTS * (POINTS - 1) / 2];
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			slopes[n++] = (p[j].bytes - p[i].bytes) / (p[j].at - p[i].at);
	return kpm_median(slopes, n);
}

static double median_bytes(const struct kpm_point *points, size_t count)
{
	double bytes[POINTS];

	for (size_t i = 0; i < count; i++)
		bytes[i] = points[i].bytes;
	return kpm_median(bytes, count);
}

double kpm_sustained_slope(const struct kpm_point *p, size_t count)
{
	const size_t third = count / 3;
	double slope = kpm_robust_slope(p, count), a, b, c, fair;

	if (!third)
		return 0;
	a = median_bytes(p, third);
	b = median_bytes(p + (count - third) / 2, third);
	c = median_bytes(p + count - third, third);
	/* what it would be from third to third if it went on evenly */
	fair = slope * (p[count - 1].at - p[0].at) / 3;
	return slope > 0 && (b - a < fair / 5 || c - b < fair / 5) ? 0 : slope;
}

static void look_at_run(struct kpm_evidence *e, const struct kpm_point *p, int count)
{
	const int third = count / 3, half = count / 2;
	double slope = kpm_robust_slope(p, count), first, second, offset;
	double distance[POINTS], jump = 0;

	e->grown = median_bytes(p + count - third, third) - median_bytes(p, third);
	first = kpm_robust_slope(p, half + 1);
	second = kpm_robust_slope(p + half, count - half);
	e->bend = first > 0 ? second / first : second > 0 ? INFINITY : 0;
	for (int i = 0; i < count; i++)
		distance[i] = p[i].bytes - slope * p[i].at;
	offset = kpm_median(distance, count);
	for (int i = 0; i < count; i++) {
		distance[i] = fabs(p[i].bytes - slope * p[i].at - offset);
		if (i && p[i].bytes - p[i - 1].bytes > jump)
			jump = p[i].bytes - p[i - 1].bytes;
	}
	e->noise = kpm_median(distance, count);
	e->jump = e->grown > 0 ? jump / e->grown : 0;
}

/*
 * What the kernel frees late on purpose: in less than twice that time it cannot be told from a
 * leak.
 */
static void look_at_design(struct kpm_evidence *e, const struct kpm_tag_name *name)
{
	static const struct {
		const char *symbol;
		uint32_t hold_s;
		const char *why;
	} table[] = {
		/* include/net/tcp.h: TCP_TIMEWAIT_LEN, and what such a socket keeps */
		{"inet_twsk_alloc", 60, "TIME_WAIT"},
		{"inet_bind_bucket_create", 60, "TIME_WAIT"},
		{"inet_bind2_bucket_create", 60, "TIME_WAIT"},
		{"__inet_hash_connect", 60, "TIME_WAIT"},
		/* mm/vmalloc.c: areas are purged when many have gathered */
		{"alloc_vmap_area", 600, "purged lazily"},
		/* mm/slub.c: an array for each slab, which grows with what others hold in slabs */
		{"alloc_slab_obj_exts", 0, "belongs to the slabs of others"},
		/* security/security.c: each inode's, and inodes are a cache */
		{"security_inode_alloc", 0, "belongs to inodes, which are reclaimable"},
	};

	for (size_t i = 0; name && name->symbol && i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(name->symbol, table[i].symbol))
			continue;
		e->hold_s = table[i].hold_s;
		e->hold_why = table[i].why;
	}
}

/* Are there ways of freeing that are not seen? */
static bool frees_unseen(const struct kpm_snapshot *snap)
{
	enum kpm_attach attach[KPM_HOOKS];

	for (int i = 0; i < KPM_HOOKS; i++)
		attach[i] = snap->hooks[i].attach;
	return snap->have & KPM_HAVE_HOOKS && kpm_hooks_unseen(attach);
}

void kpm_evidence_gather(const struct kpm_snapshot *snap, const struct kpm_row *row,
			 const struct kpm_tag_name *name, const struct kpm_trend *trend,
			 const struct kpm_objects *objects, struct kpm_evidence *e)
{
	static const int64_t windows[KPM_VERDICT_WINDOWS] = {10 * SECOND, 60 * SECOND, 900 * SECOND,
							     KPM_WINDOW_RUN};
	struct kpm_counts n = kpm_row_sum(row);
	struct kpm_point points[POINTS];

	*e = (struct kpm_evidence){
		.bytes = n.bytes,
		.diff = n.diff,
		.allocs = n.allocs,
		.frees = n.frees,
		.missed = kpm_missed(n),
		.estimated = row->estimated,
		.reclaimable = row->kind[KPM_PAGED].bytes > row->kind[KPM_NONP].bytes,
		.blind = frees_unseen(snap) && !(snap->have & KPM_HAVE_AUDIT),
		.steps = kpm_trend_steps(trend, row->tag),
		.bend = 1,
	};
	look_at_design(e, name);
	e->span_ns = e->steps.seen_ns;
	e->newcomer = e->span_ns * 2 < kpm_trend_span(trend) && e->span_ns < NEWCOMER_NS;
	for (int w = 0; w < KPM_VERDICT_WINDOWS; w++) {
		int64_t span = windows[w] == KPM_WINDOW_RUN ? e->span_ns : windows[w];
		int count;

		/* what it was before it was there is no part of how it goes */
		if (span <= 0 || span > e->span_ns)
			continue;
		count = kpm_trend_points(trend, row->tag, KPM_KINDS, span, points, POINTS);
		if (count < 3)
			continue;
		e->known[w] = true;
		e->slope[w] = kpm_robust_slope(points, count);
		if (w == KPM_RUN)
			look_at_run(e, points, count);
	}
	if (objects && objects->tag == row->tag && objects->all && objects->survive_s) {
		e->ages_known = true;
		e->old_s = objects->survive_s;
		e->old = (double)objects->survivors / objects->all;
	}
}

/* In every window that there is. */
static bool rises_everywhere(const struct kpm_evidence *e)
{
	int known = 0;

	for (int w = 0; w < KPM_VERDICT_WINDOWS; w++) {
		known += e->known[w];
		/* the shortest may be too short for a slow leak */
		if (e->known[w] && e->slope[w] <= 0 && (w != KPM_10S || e->slope[w] < 0))
			return false;
	}
	return known > 0;
}

static double freed_share(const struct kpm_evidence *e)
{
	return e->allocs ? (double)e->frees / e->allocs : 0;
}

enum kpm_verdict kpm_verdict_on(const struct kpm_evidence *e)
{
	double per_object = e->diff ? (double)e->bytes / e->diff : 0, freed = freed_share(e);
	bool much_freed = e->allocs >= 1000 && freed > 0.9;
	bool grows = e->grown >= 8 * per_object && e->grown > 0 && e->grown > 4 * e->noise;

	if (e->steps.steps < STEPS_LEAST || !e->known[KPM_RUN])
		return KPM_STEADY;
	if (!grows)
		return much_freed ? KPM_CHURN : KPM_STEADY;
	if (e->reclaimable)
		return KPM_CACHE;
	/* a step: it grew once and holds that, unless it goes on since */
	if (e->jump > 0.5)
		return rises_everywhere(e) && e->bend > 0.1 ? KPM_GROWING : KPM_STEADY;
	/* what it holds is turned over: it is busier, no more */
	if (e->ages_known && e->old < 0.1 && freed > 0.5)
		return KPM_CHURN;
	/* objects that were freed without our knowledge look as if they stayed */
	if (e->blind && (e->missed || freed > 0.5))
		return much_freed ? KPM_CHURN : KPM_GROWING;
	/* most of it comes and goes, and it rose a few times only: not enough to tell */
	if (freed > 0.5 && e->steps.grew * 4 < e->steps.steps)
		return KPM_GROWING;
	/* not for long enough, or in too few steps, to tell */
	if (e->newcomer || (e->hold_why && !e->hold_s) || e->span_ns < 2 * e->hold_s * SECOND ||
	    e->steps.grew < 4 || (e->ages_known && e->old < 0.1))
		return KPM_GROWING;
	/* a leak goes on: it neither flattens out nor falls back */
	if (!rises_everywhere(e) || e->bend < 0.3 || e->steps.fell * 3 > e->steps.grew)
		return KPM_GROWING;
	return KPM_LEAK;
}

const char *kpm_verdict_name(enum kpm_verdict verdict)
{
	static const char *const names[KPM_VERDICTS] = {
		[KPM_LEAK] = "leak?",  [KPM_GROWING] = "growing", [KPM_CHURN] = "churn",
		[KPM_CACHE] = "cache", [KPM_STEADY] = "steady",
	};

	return names[verdict];
}

static void add(char *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(char *buf, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + len, KPM_EVIDENCE_LEN - len, fmt, args);
	va_end(args);
}

char *kpm_evidence_words(const struct kpm_evidence *e, char *buf)
{
	double minute = e->slope[KPM_RUN] * 60;
	char size[KPM_SIZE_LEN], time[KPM_SIZE_LEN];

	*buf = '\0';
	if (e->steps.steps < STEPS_LEAST || !e->known[KPM_RUN]) {
		add(buf, "too few samples (%u)", e->steps.steps);
		return buf;
	}
	add(buf, "grew in %u of %u samples, %s%s/min", e->steps.grew, e->steps.steps,
	    minute < 0 ? "-" : "+", kpm_format_size(fabs(minute), size));
	if (e->bend >= 0.5 && e->bend <= 2)
		add(buf, " steady");
	else if (e->grown > 0)
		add(buf, e->bend < 0.5 ? " flattening" : " quickening");
	if (e->allocs)
		add(buf, ", %.1f%% freed", 100 * freed_share(e));
	if (e->ages_known)
		add(buf, ", %.0f%% of its objects older than %s", 100 * e->old,
		    kpm_format_duration(e->old_s * SECOND, time));
	if (e->hold_s)
		add(buf, ", held for %u s by design (%s)", e->hold_s, e->hold_why);
	else if (e->hold_why)
		add(buf, ", %s", e->hold_why);
	if (e->reclaimable)
		add(buf, ", reclaimable");
	if (e->missed)
		add(buf, ", %" PRIu64 " frees were missed", e->missed);
	else if (e->blind)
		add(buf, ", some frees are not seen here");
	if (e->estimated)
		add(buf, ", an estimate");
	return buf;
}

bool kpm_move_together(const struct kpm_trend *trend, uint32_t a, uint32_t b)
{
	struct kpm_point x[POINTS], y[POINTS];
	int count = kpm_trend_points(trend, a, KPM_KINDS, KPM_WINDOW_RUN, x, POINTS);
	int last = count - 1, part = count / 4;
	double ratio;

	if (count < 8 ||
	    (int)kpm_trend_points(trend, b, KPM_KINDS, KPM_WINDOW_RUN, y, POINTS) != count ||
	    x[last].bytes <= x[0].bytes || y[last].bytes <= y[0].bytes)
		return false;
	ratio = (y[last].bytes - y[0].bytes) / (x[last].bytes - x[0].bytes);
	/* each quarter of the way in the same proportion */
	for (int i = 0; i + part < count; i += part) {
		double dx = x[i + part].bytes - x[i].bytes, dy = y[i + part].bytes - y[i].bytes;

		if (dx <= 0 || dy <= 0 || fabs(dy / dx / ratio - 1) > 0.2)
			return false;
	}
	return true;
}
