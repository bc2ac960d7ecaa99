// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups suspects by cause. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view/findings.h"

#define POINTS KPM_SLOPE_POINTS

/*
 * Two tags move together if in each of so many parts of the run one grew by what the other did, times
 * a constant, but for this share of it and for so many objects of each: those of a step are not all
 * seen by the same sample.
 */
#define PARTS         6
#define APART_SHARE   0.2
#define APART_OBJECTS 2
/* Alike beyond chance: uneven growth that is correlated so closely, */
#define UNEVEN     0.2
#define CORRELATED 0.95
/* or so many objects at least of one to each, or to each few, of the other, but for this share. */
#define RATIO_OBJECTS 30
#define RATIO_MOST    4
#define RATIO_APART   0.005
/* The unit is one of so many tags, and of one in so many of all, that grew by as many objects. */
#define UNIT_TAGS  2
#define UNIT_PARTS 10
#define UNIT_APART 0.05
/* The part of a finding's objects that one function has to be on the path of to be the owner. */
#define OWNER_SHARE 0.9
/* A lead with that part of the bytes gives the verdict. */
#define LEAD_SHARE 0.5

/* How a suspect grew. */
struct shape {
	uint32_t points;
	double part[PARTS]; /* bytes */
	double grown;       /* bytes, over all parts */
	double object;      /* bytes */
	struct kpm_path path;
};

struct work {
	const struct kpm_findings_of *of;
	const struct kpm_suspect *suspects;
	struct shape *shape;
	uint32_t *group; /* of each suspect; NONE */
	uint32_t *order; /* suspects by growth */
	uint32_t count;
};

#define NONE UINT32_MAX

static void make_shape(const struct kpm_findings_of *of, const struct kpm_suspect *s,
		       struct shape *shape)
{
	struct kpm_point p[POINTS];
	uint32_t last;

	*shape = (struct shape){
		.points = kpm_trend_points(of->trend, s->tag, KPM_KINDS, KPM_WINDOW_RUN, p, POINTS),
		.object = s->evidence.diff ? (double)s->evidence.bytes / s->evidence.diff : 1,
	};
	if (of->path)
		of->path(of->arg, s->tag, &shape->path);
	if (shape->points <= PARTS)
		return;
	last = shape->points - 1;
	for (uint32_t i = 0; i < PARTS; i++)
		shape->part[i] = p[last * (i + 1) / PARTS].bytes - p[last * i / PARTS].bytes;
	shape->grown = p[last].bytes - p[0].bytes;
}

static bool move_together(const struct shape *a, const struct shape *b)
{
	double ratio, apart;

	if (a->points <= PARTS || a->points != b->points || a->grown <= 0 || b->grown <= 0)
		return false;
	ratio = b->grown / a->grown;
	apart = APART_OBJECTS * (b->object + ratio * a->object);
	for (uint32_t i = 0; i < PARTS; i++) {
		double want = ratio * a->part[i];

		if (fabs(b->part[i] - want) > APART_SHARE * fabs(want) + apart)
			return false;
	}
	return true;
}

/* The correlation of what two tags grew by in the parts; 0 where both grow evenly. */
static double correlation(const struct shape *a, const struct shape *b)
{
	double x = a->grown / PARTS, y = b->grown / PARTS, xx = 0, yy = 0, xy = 0;

	for (uint32_t i = 0; i < PARTS; i++) {
		xx += (a->part[i] - x) * (a->part[i] - x);
		yy += (b->part[i] - y) * (b->part[i] - y);
		xy += (a->part[i] - x) * (b->part[i] - y);
	}
	if (sqrt(xx / PARTS) < UNEVEN * x || sqrt(yy / PARTS) < UNEVEN * y)
		return 0;
	return xy / sqrt(xx * yy);
}

static bool small_ratio(const struct shape *a, const struct shape *b)
{
	double x = a->grown / a->object, y = b->grown / b->object;
	double most = x > y ? x : y, least = x > y ? y : x, ratio = round(most / least);

	return least >= RATIO_OBJECTS && ratio <= RATIO_MOST &&
	       fabs(most - ratio * least) <= RATIO_APART * most + APART_OBJECTS * ratio;
}

static const struct kpm_party *first_party(const struct work *w, uint32_t suspect,
					   enum kpm_party_kind kind)
{
	const struct kpm_share *first =
		w->of->who ? kpm_who_first(w->of->who, w->suspects[suspect].tag, kind) : NULL;

	return first ? kpm_who_get(w->of->who, first->party) : NULL;
}

static bool shares_path(const struct kpm_path *a, const struct kpm_path *b)
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

/*
 * Nothing is named after an allocator's array, an inode's part (0), or a helper (1), if there is
 * more (2).
 */
static int leads(const struct work *w, uint32_t suspect)
{
	const struct kpm_suspect *s = &w->suspects[suspect];
	const char *symbol = kpm_tagset_get(w->of->tags, s->tag)->symbol;

	if (s->evidence.hold_why && !s->evidence.hold_s)
		return 0;
	return symbol && w->of->helper && w->of->helper(w->of->arg, symbol) ? 1 : 2;
}

static double objects_grown(const struct work *w, uint32_t suspect)
{
	return w->shape[suspect].grown / w->shape[suspect].object;
}

/*
 * Nodes and tables of a container grow with what is in it, but in steps of their own, and are fewer: of
 * such a helper it is enough that the process and a function on the path are the same.
 */
static bool contains(const struct work *w, uint32_t helper, uint32_t other)
{
	const struct kpm_party *p = first_party(w, helper, KPM_PROCESS);

	return leads(w, helper) == 1 && leads(w, other) == 2 && objects_grown(w, helper) > 0 &&
	       objects_grown(w, helper) <= objects_grown(w, other) && p &&
	       p == first_party(w, other, KPM_PROCESS) && works_for_itself(p) &&
	       shares_path(&w->shape[helper].path, &w->shape[other].path);
}

static bool one_cause(const struct work *w, uint32_t i, uint32_t k)
{
	const struct shape *a = &w->shape[i], *b = &w->shape[k];
	const struct kpm_party *p = first_party(w, i, KPM_PROCESS),
			       *q = first_party(w, k, KPM_PROCESS), *owner;

	if (contains(w, i, k) || contains(w, k, i))
		return true;
	if (!move_together(a, b))
		return false;
	/* interrupts hit anybody, and a process may be told for one of the two only */
	if (p && q && p->pid && q->pid && p != q)
		return false;
	owner = first_party(w, i, KPM_OWNER);
	if ((owner && owner == first_party(w, k, KPM_OWNER)) || shares_path(&a->path, &b->path))
		return true;
	if (p && p == q && works_for_itself(p))
		return true;
	return small_ratio(a, b) || correlation(a, b) > CORRELATED;
}

static int by_growth(const void *x, const void *y, void *arg)
{
	const struct work *w = arg;
	double a = w->shape[*(const uint32_t *)x].grown, b = w->shape[*(const uint32_t *)y].grown;

	return (a < b) - (a > b);
}

/* The largest of each group, in `first`, speaks for it: groups do not grow by chains. */
static uint32_t find_groups(struct work *w, uint32_t *first)
{
	uint32_t groups = 0;

	for (uint32_t n = 0; n < w->count; n++) {
		uint32_t i = w->order[n];

		w->group[i] = NONE;
		if (w->suspects[i].verdict == KPM_STEADY)
			continue;
		for (uint32_t g = 0; g < groups && w->group[i] == NONE; g++)
			if (one_cause(w, first[g], i))
				w->group[i] = g;
		if (w->group[i] == NONE) {
			w->group[i] = groups;
			first[groups++] = i;
		}
	}
	return groups;
}

static void choose_lead(const struct work *w, uint32_t *members, uint32_t count)
{
	uint32_t best = 0, lead;

	/* by bytes already */
	for (uint32_t i = 1; i < count; i++)
		if (leads(w, members[i]) > leads(w, members[best]))
			best = i;
	lead = members[best];
	memmove(members + 1, members, best * sizeof(*members));
	members[0] = lead;
}

static int by_bytes(const void *x, const void *y, void *arg)
{
	const struct work *w = arg;
	uint64_t a = w->suspects[*(const uint32_t *)x].evidence.bytes,
		 b = w->suspects[*(const uint32_t *)y].evidence.bytes;

	return (a < b) - (a > b);
}

/*
 * The unit: what makes the members comes once, and so do several of them, as often as each other. What
 * is rarer than that is shared by several: a bitmap, a page of something.
 */
static void find_unit(const struct work *w, struct kpm_finding *f, double all)
{
	double unit = INFINITY, rarest = INFINITY;

	f->unit = f->members[0];
	for (uint32_t i = 0; i < f->count; i++) {
		double n = objects_grown(w, f->members[i]);
		uint32_t as_many = 0;

		for (uint32_t k = 0; k < f->count; k++)
			as_many += fabs(objects_grown(w, f->members[k]) - n) <= UNIT_APART * n;
		if (n >= 1 && n < unit && as_many >= UNIT_TAGS &&
		    as_many * UNIT_PARTS >= f->count) {
			unit = n;
			f->unit = f->members[i];
		}
		if (n >= 1 && n < rarest) {
			rarest = n;
			if (unit == INFINITY)
				f->unit = f->members[i];
		}
	}
	unit = unit < INFINITY ? unit : rarest;
	f->per_unit = unit < INFINITY ? all / unit : 0;
}

static void sum_up(const struct work *w, struct kpm_finding *f)
{
	double all = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct kpm_evidence *e = &w->suspects[f->members[i]].evidence;

		f->objects += e->diff;
		f->bytes += e->bytes;
		f->bytes_per_s += e->slope[KPM_RUN];
		all += objects_grown(w, f->members[i]);
	}
	find_unit(w, f, all);
}

/* Does all of it together use up the memory within minutes? */
static bool storms(const struct work *w, const struct kpm_finding *f)
{
	const struct kpm_snapshot *snap = w->of->snap;

	return snap->have & KPM_HAVE_MEMORY &&
	       f->bytes_per_s * KPM_STORM_S >= snap->memory.available;
}

static enum kpm_verdict judge(const struct work *w, const struct kpm_finding *f)
{
	const struct kpm_suspect *lead = &w->suspects[f->members[0]];
	enum kpm_verdict verdict = lead->verdict;

	if (lead->evidence.bytes >= LEAD_SHARE * f->bytes)
		return verdict == KPM_GROWING && storms(w, f) ? KPM_STORM : verdict;
	for (uint32_t i = 1; i < f->count; i++)
		if (leads(w, f->members[i]) && w->suspects[f->members[i]].verdict < verdict)
			verdict = w->suspects[f->members[i]].verdict;
	return verdict == KPM_GROWING && storms(w, f) ? KPM_STORM : verdict;
}

/* Parties of a finding that are told apart: the first that come up. */
#define PARTIES_MAX 256

struct parties {
	struct kpm_finding_party list[PARTIES_MAX];
	uint32_t count;
};

static void add_party(struct parties *p, const struct kpm_party *party, double objects)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (p->list[i].name == party->name) {
			p->list[i].share += objects;
			return;
		}
	if (p->count < PARTIES_MAX)
		p->list[p->count++] =
			(struct kpm_finding_party){party->name, party->module, party->pid, objects};
}

static int by_share(const void *x, const void *y)
{
	double a = ((const struct kpm_finding_party *)x)->share,
	       b = ((const struct kpm_finding_party *)y)->share;

	return (a < b) - (a > b);
}

/* The parties of one kind behind the members, by what each has of their objects; the largest are kept. */
static void find_parties(const struct work *w, struct kpm_finding *f, enum kpm_party_kind kind)
{
	struct parties found = {.count = 0};
	double all = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct kpm_suspect *s = &w->suspects[f->members[i]];
		uint32_t count;
		const struct kpm_share *shares = kpm_who_shares(w->of->who, s->tag, kind, &count);

		if (count)
			all += s->evidence.diff;
		count = kpm_who_shown(shares, count);
		for (uint32_t k = 0; k < count; k++)
			add_party(&found, kpm_who_get(w->of->who, shares[k].party),
				  shares[k].share * s->evidence.diff);
	}
	if (found.count)
		qsort(found.list, found.count, sizeof(*found.list), by_share);
	while (f->parties[kind] < found.count && f->parties[kind] < KPM_FINDING_PARTIES) {
		struct kpm_finding_party *to = &f->party[kind][f->parties[kind]];

		*to = found.list[f->parties[kind]++];
		to->share /= all;
	}
}

/* The function next to the lead's allocation that nearly all of the members come through. */
static void find_owner(const struct work *w, struct kpm_finding *f)
{
	const struct kpm_path *path = NULL;
	double all = 0;

	if (f->count == 1 || (f->parties[KPM_OWNER] && f->party[KPM_OWNER][0].share >= OWNER_SHARE))
		return;
	for (uint32_t i = 0; i < f->count; i++) {
		const struct shape *shape = &w->shape[f->members[i]];

		if (!path && shape->path.count)
			path = &shape->path;
		if (shape->path.count)
			all += w->suspects[f->members[i]].evidence.diff;
	}
	for (uint32_t k = 0; path && k < path->count; k++) {
		const struct kpm_path only = {1, {path->step[k]}};
		double objects = 0;

		for (uint32_t i = 0; i < f->count; i++)
			if (shares_path(&w->shape[f->members[i]].path, &only))
				objects += w->suspects[f->members[i]].evidence.diff;
		if (objects < OWNER_SHARE * all)
			continue;
		f->parties[KPM_OWNER] = 1;
		f->party[KPM_OWNER][0] = (struct kpm_finding_party){
			only.step[0].name, only.step[0].module, 0, objects / all};
		return;
	}
}

/* A finding is about that one of its members. */
static void make_lead(const struct work *w, struct kpm_finding *f, uint32_t *members,
		      uint32_t suspect)
{
	const struct kpm_party *owner = first_party(w, suspect, KPM_OWNER);
	struct kpm_finding_party *list = f->party[KPM_OWNER], first;
	uint32_t at = 0;

	while (members[at] != suspect)
		at++;
	memmove(members + 1, members, at * sizeof(*members));
	members[0] = suspect;
	for (uint32_t i = 0; owner && i < f->parties[KPM_OWNER]; i++) {
		if (list[i].name != owner->name)
			continue;
		first = list[i];
		memmove(list + 1, list, i * sizeof(*list));
		list[0] = first;
	}
}

/*
 * What can be seen and taken away is no leak; a storm stays one. Caches are reclaimed, but not what
 * somebody holds in them: the inodes of watched files.
 */
static void find_holder(const struct work *w, struct kpm_finding *f, uint32_t *members)
{
	const struct kpm_holders_of of = {w->of->readings, w->of->reading_count, w->of->tags,
					  w->suspects};
	bool cache = f->verdict == KPM_CACHE;

	if (f->verdict > KPM_GROWING && !cache)
		return;
	f->has_holder = kpm_holder_find(&of, f, &f->holder);
	if (cache && f->has_holder)
		make_lead(w, f, members, f->holder.member);
	if (f->has_holder && f->verdict != KPM_STORM)
		f->verdict = kpm_visible_of_process(f->holder.what) ? KPM_HELD : KPM_KEPT;
}

static int by_rank(const void *x, const void *y)
{
	const struct kpm_finding *a = x, *b = y;

	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	return (a->bytes_per_s < b->bytes_per_s) - (a->bytes_per_s > b->bytes_per_s);
}

static void fill(struct work *w, uint32_t groups, struct kpm_findings *out)
{
	uint32_t *members = out->members;

	for (uint32_t g = 0; g < groups; g++) {
		struct kpm_finding *f = &out->list[out->count++];

		f->members = members;
		for (uint32_t i = 0; i < w->count; i++)
			if (w->group[i] == g)
				members[f->count++] = i;
		qsort_r(members, f->count, sizeof(*members), by_bytes, w);
		choose_lead(w, members, f->count);
		/* it grows with what others hold, and is theirs */
		if (!leads(w, members[0])) {
			*f = (struct kpm_finding){0};
			out->count--;
			continue;
		}
		sum_up(w, f);
		f->verdict = judge(w, f);
		for (int kind = 0; w->of->who && kind < KPM_PARTY_KINDS; kind++)
			find_parties(w, f, kind);
		find_owner(w, f);
		find_holder(w, f, members);
		members += f->count;
	}
	if (out->count)
		qsort(out->list, out->count, sizeof(*out->list), by_rank);
}

int kpm_findings_make(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
		      uint32_t count, struct kpm_findings *out)
{
	struct work w = {of,
			 suspects,
			 calloc(count + 1, sizeof(*w.shape)),
			 calloc(count + 1, sizeof(*w.group)),
			 calloc(count + 1, sizeof(*w.order)),
			 count};
	uint32_t *first = calloc(count + 1, sizeof(*first));
	int ret = -ENOMEM;

	kpm_findings_done(out);
	out->list = calloc(count + 1, sizeof(*out->list));
	out->members = calloc(count + 1, sizeof(*out->members));
	if (w.shape && w.group && w.order && first && out->list && out->members) {
		for (uint32_t i = 0; i < count; i++) {
			make_shape(of, &suspects[i], &w.shape[i]);
			w.order[i] = i;
		}
		qsort_r(w.order, count, sizeof(*w.order), by_growth, &w);
		fill(&w, find_groups(&w, first), out);
		ret = 0;
	}
	free(w.shape);
	free(w.group);
	free(w.order);
	free(first);
	return ret;
}

void kpm_findings_done(struct kpm_findings *f)
{
	free(f->list);
	free(f->members);
	*f = (struct kpm_findings){0};
}
