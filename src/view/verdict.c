// SPDX-License-Identifier: GPL-2.0-or-later
/* Gathers the evidence about a tag and judges it. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "view/verdict.h"

/* Values by which a window is judged. */
#define POINTS KPM_SLOPE_POINTS

/*
 * The thresholds of the verdicts; kpoolmon-alerts(5) has them in words. They were chosen on the
 * scenes of tests/unit/verdict_test.c, which hold them: leaks of all slopes, caches that fill,
 * churn, steps, waves.
 */
/* A tag that appears in the course of a run is a newcomer for half the run, but no longer. */
#define NEWCOMER_NS (120 * KPM_SECOND)
/* Fewer steps than this say nothing: each third of the run has two. */
#define STEPS_LEAST 6
/* Growth of fewer objects, or of less than this many times the noise, is none. */
#define GROWN_OBJECTS 8
#define GROWN_NOISES  4
/* Churn: so many allocations, of which more than this share was freed. */
#define CHURN_ALLOCS 1000
#define CHURN_FREED  0.9
/* A share of the growth that came at once makes it a step; it goes on if the bend is more. */
#define STEP_JUMP 0.5
#define STEP_BEND 0.1
/*
 * Turned over: less than this share of the objects is old; or old ones go. What leaks never goes, and
 * what comes and goes beside it does not become old: of the objects that had lived for a quarter of the
 * run by half time, so many of them at least, nearly all are there at the end. Where these are not
 * known, of all that was there at half time most is: once more has leaked than comes and goes.
 * Where more than MUCH_FREED was freed, no verdict is a leak's without either.
 */
#define OLD_LEAST      0.1
#define COHORT_LEAST   8
#define STAYED_LEAST   0.9
#define SURVIVED_LEAST 0.5
#define MUCH_FREED     0.5
/* A tag of which much is freed has to grow in one of so many steps. */
#define BUSY_STEPS 4
/* A leak grows in so many steps at least, for each step that falls in more than so many, and in the
 * second half of the run at this part of the first half's slope. */
#define LEAK_STEPS 4
#define LEAK_FALLS 3
#define LEAK_BEND  0.3
/* Levelled off: from the begin of the last third to its end, of each the median of some points, it has
 * gained no more than this part of all. */
#define LATE_LEAST  0.1
#define LATE_POINTS 3
/*
 * A storm: in the last seconds (of which two samples are enough) nothing was given back, so much of the
 * available memory was taken, and at that pace the rest lasts no longer than that. One of a kind that the
 * kernel can take back is none.
 */
#define STORM_NS   (10 * KPM_SECOND)
#define STORM_PART 0.01
/*
 * Allocated evenly: so many objects at least (eight of each part of the time), of each part of the time this
 * part of an even share, and of the first third as many as of the last, but for this part: what lives for
 * a time and goes is scarce among the old.
 */
#define EVEN_OBJECTS 96
#define EVEN_PART    0.4
#define EVEN_LIVES   0.7
/* A slope is sustained if the middle and the last third each gain this part of an even share. */
#define SUSTAINED_SHARE 5

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
	/* the gain of a third if growth were even */
	fair = slope * (p[count - 1].at - p[0].at) / 3;
	return slope > 0 && (b - a < fair / SUSTAINED_SHARE || c - b < fair / SUSTAINED_SHARE)
		       ? 0
		       : slope;
}

static void judge_run(struct kpm_evidence *e, const struct kpm_point *p, int count)
{
	const int third = count / 3, half = count / 2,
		  few = third < LATE_POINTS ? third : LATE_POINTS;
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
		/* what came before the middle of the first third, or after that of the last, is no
		 * part of what has grown between the two */
		if (i > third / 2 && i < count - third / 2 && p[i].bytes - p[i - 1].bytes > jump)
			jump = p[i].bytes - p[i - 1].bytes;
	}
	e->noise = kpm_median(distance, count);
	e->jump = e->grown > 0 ? jump / e->grown : 0;
	e->late = e->grown > 0 ? (median_bytes(p + count - few, few) -
				  median_bytes(p + count - third - 1, few)) /
					 e->grown
			       : 0;
	for (int i = count - 1; i > 0; i--) {
		bool moves = p[i].bytes != p[i - 1].bytes;

		e->late_moves += moves && i > count - third;
		if (moves && !e->still_s)
			e->still_s = -p[i].at;
	}
}

double kpm_storm(const struct kpm_snapshot *snap, const struct kpm_trend *trend, uint32_t tag)
{
	int64_t window = kpm_trend_span(trend) < STORM_NS ? KPM_WINDOW_RUN : STORM_NS, grown, over;
	double available = snap->memory.available;
	struct kpm_point p[POINTS];
	int count;

	/* hardly any tag gets beyond this */
	if (!(snap->have & KPM_HAVE_MEMORY) ||
	    !kpm_trend_growth(trend, tag, KPM_KINDS, window, &grown, &over) ||
	    grown < STORM_PART * available)
		return 0;
	count = kpm_trend_points(trend, tag, KPM_KINDS, window, p, POINTS);
	/* since when? */
	for (int i = count - 2; i >= 0 && p[i].bytes <= p[i + 1].bytes; i--) {
		double taken = p[count - 1].bytes - p[i].bytes;
		double pace = taken / (p[count - 1].at - p[i].at);

		/* a burst that is over is none */
		if (p[count - 1].bytes - p[count - 2].bytes < pace * -p[count - 2].at / 2)
			break;
		if (taken >= STORM_PART * available && pace * KPM_STORM_S >= available)
			return pace;
	}
	return 0;
}

/*
 * What the kernel frees late on purpose: in less than twice that time it cannot be told from a
 * leak.
 */
static void note_design(struct kpm_evidence *e, const char *symbol)
{
	static const struct {
		const char *symbol;
		uint32_t hold_s;
		bool of_others;
		const char *why;
	} table[] = {
		/* include/net/tcp.h: TCP_TIMEWAIT_LEN, and what such a socket keeps */
		{"inet_twsk_alloc", 60, false, "TIME_WAIT"},
		{"inet_bind_bucket_create", 60, false, "TIME_WAIT"},
		{"inet_bind2_bucket_create", 60, false, "TIME_WAIT"},
		{"__inet_hash_connect", 60, false, "TIME_WAIT"},
		/* mm/vmalloc.c: areas are purged when many have gathered */
		{"alloc_vmap_area", 600, false, "purged lazily"},
		/* mm/slub.c: an array for each slab, which grows with what others hold in slabs */
		{"alloc_slab_obj_exts", 0, true, "belongs to the slabs of others"},
		/* security/security.c: each inode's, and inodes are a cache */
		{"security_inode_alloc", 0, true, "belongs to inodes, which are reclaimable"},
		/* mm/percpu.c: chunks, which hold the per-CPU memory of others */
		{"pcpu_create_chunk", 0, false, "holds per-CPU memory of others"},
		{"pcpu_get_vm_areas", 0, false, "holds per-CPU memory of others"},
	};

	for (size_t i = 0; symbol && i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(symbol, table[i].symbol))
			continue;
		e->hold_s = table[i].hold_s;
		e->hold_why = table[i].why;
		e->of_others = table[i].of_others;
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

/* Of what was outstanding old_s ago, the share that still is. */
static double survived(const struct kpm_evidence *e, const struct kpm_trend *trend, uint32_t tag)
{
	struct kpm_point p[POINTS];
	int count = kpm_trend_points(trend, tag, KPM_KINDS, KPM_WINDOW_RUN, p, POINTS);
	double then = 0;

	/* old_s is in whole seconds, samples are not */
	for (int i = 0; i < count && p[i].at <= 0.5 - e->old_s; i++)
		then = p[i].bytes;
	return then > 0 ? fmin(e->old * e->bytes / then, 1) : -1;
}

void kpm_evidence_gather(const struct kpm_snapshot *snap, const struct kpm_row *row,
			 const struct kpm_tag_name *name, const struct kpm_trend *trend,
			 const struct kpm_objects *objects, struct kpm_evidence *e)
{
	static const int64_t windows[KPM_VERDICT_WINDOWS] = {10 * KPM_SECOND, 60 * KPM_SECOND,
							     900 * KPM_SECOND, KPM_WINDOW_RUN};
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
		.survived = -1,
	};
	note_design(e, name ? name->symbol : NULL);
	e->span_ns = e->steps.seen_ns;
	e->newcomer = e->span_ns * 2 < kpm_trend_span(trend) && e->span_ns < NEWCOMER_NS;
	for (int w = 0; w < KPM_VERDICT_WINDOWS; w++) {
		int64_t span = windows[w] == KPM_WINDOW_RUN ? e->span_ns : windows[w];
		int count;

		/* before the tag appeared there is nothing to judge */
		if (span <= 0 || span > e->span_ns)
			continue;
		count = kpm_trend_points(trend, row->tag, KPM_KINDS, span, points, POINTS);
		if (count < 3)
			continue;
		e->known[w] = true;
		e->slope[w] = kpm_robust_slope(points, count);
		if (w == KPM_RUN)
			judge_run(e, points, count);
	}
	if (!e->reclaimable)
		e->storm = kpm_storm(snap, trend, row->tag);
	if (objects && objects->tag == row->tag && objects->all && objects->survive_s) {
		e->ages_known = true;
		e->old_s = objects->survive_s;
		e->old = (double)objects->survivors / objects->all;
		e->survived = survived(e, trend, row->tag);
	}
}

void kpm_evidence_who(struct kpm_evidence *e, const struct kpm_who *who, uint32_t tag)
{
	const struct kpm_share *owner = who ? kpm_who_first(who, tag, KPM_OWNER) : NULL;
	struct kpm_stay stay = who ? kpm_who_stay(who, tag) : (struct kpm_stay){0};

	if (owner && !e->hold_why)
		note_design(e, kpm_who_get(who, owner->party)->name);
	if (e->cohort || !stay.samples)
		return;
	e->cohort = stay.samples;
	e->stayed = fmin(stay.share, 1);
}

void kpm_evidence_births(struct kpm_evidence *e, const struct kpm_births *births, uint32_t tag)
{
	const uint64_t *part;
	uint64_t all = 0, early = 0, late = 0;

	if (!births || !births->since_s || tag >= births->tags)
		return;
	part = births->parts[tag];
	for (int i = 0; i < KPM_BIRTH_PARTS; i++) {
		all += part[i];
		early += i < KPM_BIRTH_PARTS / 3 ? part[i] : 0;
		late += i >= KPM_BIRTH_PARTS - KPM_BIRTH_PARTS / 3 ? part[i] : 0;
	}
	if (all < EVEN_OBJECTS || early < EVEN_LIVES * late || late < EVEN_LIVES * early)
		return;
	for (int i = 0; i < KPM_BIRTH_PARTS; i++)
		if (part[i] * KPM_BIRTH_PARTS < EVEN_PART * all)
			return;
	e->even_s = births->since_s;
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

static bool is_turned_over(const struct kpm_evidence *e)
{
	if (e->cohort >= COHORT_LEAST)
		return e->stayed < STAYED_LEAST;
	return e->ages_known &&
	       (e->old < OLD_LEAST || (e->survived >= 0 && e->survived < SURVIVED_LEAST));
}

/* What grows without being a leak, as far as one can tell, goes on or has levelled off. */
static enum kpm_verdict growing(const struct kpm_evidence *e)
{
	if (e->late >= LATE_LEAST)
		return KPM_GROWING;
	return e->late_moves ? KPM_BOUNDED : KPM_STOPPED;
}

static enum kpm_verdict judge(const struct kpm_evidence *e)
{
	double per_object = e->diff ? (double)e->bytes / e->diff : 0, freed = freed_share(e);
	bool churns = e->allocs >= CHURN_ALLOCS && freed > CHURN_FREED;
	bool grows = e->grown >= GROWN_OBJECTS * per_object && e->grown > 0 &&
		     e->grown > GROWN_NOISES * e->noise;
	bool turned_over = is_turned_over(e);

	/* older evidence than that of this run; objects whose frees were missed look the same */
	if (e->even_s && !e->reclaimable && !e->hold_why && !turned_over &&
	    !(e->blind && (e->missed || freed > MUCH_FREED)))
		return KPM_LEAK;
	if (e->steps.steps < STEPS_LEAST || !e->known[KPM_RUN])
		return KPM_STEADY;
	if (!grows)
		return churns ? KPM_CHURN : KPM_STEADY;
	if (e->reclaimable)
		return KPM_CACHE;
	/* a step: it grew once and holds that, unless it goes on since */
	if (e->jump > STEP_JUMP)
		return rises_everywhere(e) && e->bend > STEP_BEND ? KPM_GROWING : KPM_STEADY;
	/* its objects are turned over: it is busier, no more */
	if (turned_over && freed > MUCH_FREED)
		return KPM_CHURN;
	/* objects that were freed without our knowledge look as if they stayed */
	if (e->blind && (e->missed || freed > MUCH_FREED))
		return churns ? KPM_CHURN : growing(e);
	/* most of it comes and goes, and it rose a few times only, or nobody knows what survives: not
	 * enough to tell */
	if (freed > MUCH_FREED && (e->steps.grew * BUSY_STEPS < e->steps.steps ||
				   (e->survived < 0 && e->cohort < COHORT_LEAST)))
		return growing(e);
	/* not for long enough, or in too few steps, to tell */
	if (e->newcomer || (e->hold_why && !e->hold_s) || e->span_ns < 2 * e->hold_s * KPM_SECOND ||
	    e->steps.grew < LEAK_STEPS || turned_over)
		return growing(e);
	/* a leak goes on: it neither flattens out nor falls back */
	if (!rises_everywhere(e) || e->bend < LEAK_BEND ||
	    e->steps.fell * LEAK_FALLS > e->steps.grew)
		return growing(e);
	return KPM_LEAK;
}

enum kpm_verdict kpm_verdict_on(const struct kpm_evidence *e)
{
	enum kpm_verdict verdict = judge(e);

	return e->storm > 0 && verdict > KPM_STORM ? KPM_STORM : verdict;
}

const char *kpm_verdict_name(enum kpm_verdict verdict)
{
	static const char *const names[KPM_VERDICTS] = {
		[KPM_LEAK] = "leak?",      [KPM_STORM] = "storm",     [KPM_HELD] = "held",
		[KPM_KEPT] = "kept",       [KPM_GROWING] = "growing", [KPM_STOPPED] = "stopped",
		[KPM_BOUNDED] = "bounded", [KPM_CACHE] = "cache",     [KPM_CHURN] = "churn",
		[KPM_STEADY] = "steady",
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
	if (e->storm > 0)
		add(buf, "takes %s/s now, ", kpm_format_size(e->storm, size));
	if (e->even_s)
		add(buf, "of each twelfth of the %s since tracking began as many are still there, ",
		    kpm_format_duration(e->even_s * KPM_SECOND, time));
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
	if (e->grown > 0 && e->late < LATE_LEAST && !e->late_moves)
		add(buf, ", unchanged for %s", kpm_format_duration(e->still_s * KPM_SECOND, time));
	if (e->allocs)
		add(buf, ", %.1f%% freed", 100 * freed_share(e));
	if (e->ages_known)
		add(buf, ", %.0f%% of its objects older than %s", 100 * e->old,
		    kpm_format_duration(e->old_s * KPM_SECOND, time));
	if (e->cohort)
		add(buf, ", of %" PRIu64 " old ones %.0f%% stayed", e->cohort, 100 * e->stayed);
	else if (e->survived >= 0)
		add(buf, ", %.0f%% of what was there then still is", 100 * e->survived);
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
