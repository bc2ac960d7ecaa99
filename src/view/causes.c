// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view/causes.h"

#define POINTS KPM_SLOPE_POINTS

/*
 * Two tags move together if in each of so many parts of the run one grew by what the other did, times
 * a constant, but for this share of it and for so many objects of each: those of a step are not all
 * seen by the same sample.
 */
#define APART_SHARE   0.2
#define APART_OBJECTS 2
/* Alike beyond chance: uneven growth that is correlated so closely, */
#define UNEVEN     0.2
#define CORRELATED 0.95
/* or so many objects at least of one to each, or to each few, of the other, but for this share. */
#define RATIO_OBJECTS 30
#define RATIO_MOST    4
#define RATIO_APART   0.005

static void make_shape(const struct kpm_findings_of *of, const struct kpm_suspect *s,
		       struct kpm_shape *shape)
{
	struct kpm_point p[POINTS];
	uint32_t last;

	*shape = (struct kpm_shape){
		.points = kpm_trend_points(of->trend, s->tag, KPM_KINDS, KPM_WINDOW_RUN, p, POINTS),
		.object = s->evidence.diff ? (double)s->evidence.bytes / s->evidence.diff : 1,
	};
	if (of->path)
		of->path(of->arg, s->tag, &shape->path);
	if (shape->points <= KPM_SHAPE_PARTS)
		return;
	last = shape->points - 1;
	for (uint32_t i = 0; i < KPM_SHAPE_PARTS; i++)
		shape->part[i] = p[last * (i + 1) / KPM_SHAPE_PARTS].bytes -
				 p[last * i / KPM_SHAPE_PARTS].bytes;
	shape->grown = p[last].bytes - p[0].bytes;
}

static bool move_together(const struct kpm_shape *a, const struct kpm_shape *b)
{
	double ratio, apart;

	if (a->points <= KPM_SHAPE_PARTS || a->points != b->points || a->grown <= 0 ||
	    b->grown <= 0)
		return false;
	ratio = b->grown / a->grown;
	apart = APART_OBJECTS * (b->object + ratio * a->object);
	for (uint32_t i = 0; i < KPM_SHAPE_PARTS; i++) {
		double want = ratio * a->part[i];

		if (fabs(b->part[i] - want) > APART_SHARE * fabs(want) + apart)
			return false;
	}
	return true;
}

/* The correlation of what two tags grew by in the parts; 0 where both grow evenly. */
static double correlation(const struct kpm_shape *a, const struct kpm_shape *b)
{
	double x = a->grown / KPM_SHAPE_PARTS, y = b->grown / KPM_SHAPE_PARTS, xx = 0, yy = 0,
	       xy = 0;

	for (uint32_t i = 0; i < KPM_SHAPE_PARTS; i++) {
		xx += (a->part[i] - x) * (a->part[i] - x);
		yy += (b->part[i] - y) * (b->part[i] - y);
		xy += (a->part[i] - x) * (b->part[i] - y);
	}
	if (sqrt(xx / KPM_SHAPE_PARTS) < UNEVEN * x || sqrt(yy / KPM_SHAPE_PARTS) < UNEVEN * y)
		return 0;
	return xy / sqrt(xx * yy);
}

static bool small_ratio(const struct kpm_shape *a, const struct kpm_shape *b)
{
	double x = a->grown / a->object, y = b->grown / b->object;
	double most = x > y ? x : y, least = x > y ? y : x, ratio = round(most / least);

	return least >= RATIO_OBJECTS && ratio <= RATIO_MOST &&
	       fabs(most - ratio * least) <= RATIO_APART * most + APART_OBJECTS * ratio;
}

const struct kpm_party *kpm_cause_party(const struct kpm_causes *w, uint32_t suspect,
					enum kpm_party_kind kind)
{
	const struct kpm_share *first =
		w->of->who ? kpm_who_first(w->of->who, w->suspects[suspect].tag, kind) : NULL;

	return first ? kpm_who_get(w->of->who, first->party) : NULL;
}

bool kpm_paths_meet(const struct kpm_path *a, const struct kpm_path *b)
{
	for (uint32_t i = 0; i < a->count; i++)
		for (uint32_t k = 0; k < b->count; k++)
			if (a->step[i].name == b->step[k].name)
				return true;
	return false;
}

/* Workers of the kernel do what anybody asks for: what one of them does has not one cause. */
static bool works_for_itself(const struct kpm_party *process)
{
	return process->pid && strncmp(process->name, "kworker/", 8) &&
	       strncmp(process->name, "ksoftirqd/", 10);
}

int kpm_cause_leads(const struct kpm_causes *w, uint32_t suspect)
{
	const struct kpm_suspect *s = &w->suspects[suspect];
	const char *symbol = kpm_tagset_get(w->of->tags, s->tag)->symbol;

	if (s->evidence.of_others)
		return 0;
	return symbol && w->of->helper && w->of->helper(w->of->arg, symbol) ? 1 : 2;
}

double kpm_cause_objects(const struct kpm_causes *w, uint32_t suspect)
{
	return w->shape[suspect].grown / w->shape[suspect].object;
}

/*
 * Nodes and tables of a container grow with what is in it, but in steps of their own, and are fewer: of
 * such a helper it is enough that the process and a function on the path are the same.
 */
static bool contains(const struct kpm_causes *w, uint32_t helper, uint32_t other)
{
	const struct kpm_party *p = kpm_cause_party(w, helper, KPM_PROCESS);

	return kpm_cause_leads(w, helper) == 1 && kpm_cause_leads(w, other) == 2 &&
	       kpm_cause_objects(w, helper) > 0 &&
	       kpm_cause_objects(w, helper) <= kpm_cause_objects(w, other) && p &&
	       p == kpm_cause_party(w, other, KPM_PROCESS) && works_for_itself(p) &&
	       kpm_paths_meet(&w->shape[helper].path, &w->shape[other].path);
}

static bool one_cause(const struct kpm_causes *w, uint32_t i, uint32_t k)
{
	const struct kpm_shape *a = &w->shape[i], *b = &w->shape[k];
	const struct kpm_party *p = kpm_cause_party(w, i, KPM_PROCESS),
			       *q = kpm_cause_party(w, k, KPM_PROCESS), *owner;

	if (contains(w, i, k) || contains(w, k, i))
		return true;
	if (!move_together(a, b))
		return false;
	/* interrupts hit anybody, and a process may be told for one of the two only */
	if (p && q && p->pid && q->pid && p != q)
		return false;
	owner = kpm_cause_party(w, i, KPM_OWNER);
	if ((owner && owner == kpm_cause_party(w, k, KPM_OWNER)) ||
	    kpm_paths_meet(&a->path, &b->path))
		return true;
	if (p && p == q && works_for_itself(p))
		return true;
	return small_ratio(a, b) || correlation(a, b) > CORRELATED;
}

static int by_growth(const void *x, const void *y, void *arg)
{
	const struct kpm_causes *w = arg;
	double a = w->shape[*(const uint32_t *)x].grown, b = w->shape[*(const uint32_t *)y].grown;

	return (a < b) - (a > b);
}

/* The largest of each group, in `first`, speaks for it: groups do not grow by chains. */
static void find_groups(struct kpm_causes *w, const uint32_t *order, uint32_t *first)
{
	w->groups = 0;
	for (uint32_t n = 0; n < w->count; n++) {
		uint32_t i = order[n];

		w->group[i] = KPM_NO_CAUSE;
		if (w->suspects[i].verdict == KPM_STEADY)
			continue;
		for (uint32_t g = 0; g < w->groups && w->group[i] == KPM_NO_CAUSE; g++)
			if (one_cause(w, first[g], i))
				w->group[i] = g;
		if (w->group[i] == KPM_NO_CAUSE) {
			w->group[i] = w->groups;
			first[w->groups++] = i;
		}
	}
}

int kpm_causes_make(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
		    uint32_t count, struct kpm_causes *w)
{
	uint32_t *order = calloc(count + 1, sizeof(*order)),
		 *first = calloc(count + 1, sizeof(*first));
	int ret = -ENOMEM;

	*w = (struct kpm_causes){
		.of = of,
		.suspects = suspects,
		.count = count,
		.shape = calloc(count + 1, sizeof(*w->shape)),
		.group = calloc(count + 1, sizeof(*w->group)),
	};
	if (order && first && w->shape && w->group) {
		for (uint32_t i = 0; i < count; i++) {
			make_shape(of, &suspects[i], &w->shape[i]);
			order[i] = i;
		}
		qsort_r(order, count, sizeof(*order), by_growth, w);
		find_groups(w, order, first);
		ret = 0;
	}
	free(order);
	free(first);
	return ret;
}

void kpm_causes_done(struct kpm_causes *w)
{
	free(w->shape);
	free(w->group);
}
