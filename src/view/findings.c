// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes findings of the groups of suspects. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view/causes.h"
#include "view/findings.h"

/* The unit is one of so many tags, and of one in so many of all, that grew by as many objects. */
#define UNIT_TAGS  2
#define UNIT_PARTS 10
#define UNIT_APART 0.05
/* The part of a finding's objects that one function has to be on the path of to be the owner. */
#define OWNER_SHARE 0.9
/* A lead with that part of the bytes gives the verdict. */
#define LEAD_SHARE 0.5

static void choose_lead(const struct kpm_causes *w, uint32_t *members, uint32_t count)
{
	uint32_t best = 0, lead;

	/* by bytes already */
	for (uint32_t i = 1; i < count; i++)
		if (kpm_cause_leads(w, members[i]) > kpm_cause_leads(w, members[best]))
			best = i;
	lead = members[best];
	memmove(members + 1, members, best * sizeof(*members));
	members[0] = lead;
}

static int by_bytes(const void *x, const void *y, void *arg)
{
	const struct kpm_causes *w = arg;
	uint64_t a = w->suspects[*(const uint32_t *)x].evidence.bytes,
		 b = w->suspects[*(const uint32_t *)y].evidence.bytes;

	return (a < b) - (a > b);
}

/*
 * The unit: what makes the members comes once, and so do several of them, as often as each other. What
 * is rarer than that is shared by several: a bitmap, a page of something.
 */
static void find_unit(const struct kpm_causes *w, struct kpm_finding *f, double all)
{
	double unit = INFINITY, rarest = INFINITY;

	f->unit = f->members[0];
	for (uint32_t i = 0; i < f->count; i++) {
		double n = kpm_cause_objects(w, f->members[i]);
		uint32_t as_many = 0;

		for (uint32_t k = 0; k < f->count; k++)
			as_many += fabs(kpm_cause_objects(w, f->members[k]) - n) <= UNIT_APART * n;
		/* a part of others may come once for several of them */
		if (!kpm_cause_leads(w, f->members[i]))
			continue;
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

static void sum_up(const struct kpm_causes *w, struct kpm_finding *f)
{
	double all = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct kpm_evidence *e = &w->suspects[f->members[i]].evidence;

		f->objects += e->diff;
		f->bytes += e->bytes;
		f->bytes_per_s += e->even_s ? (double)e->bytes / e->even_s : e->slope[KPM_RUN];
		all += kpm_cause_objects(w, f->members[i]);
	}
	find_unit(w, f, all);
}

/* Does all of it together use up the memory within minutes? */
static bool storms(const struct kpm_causes *w, const struct kpm_finding *f)
{
	const struct kpm_snapshot *snap = w->of->snap;

	return snap->have & KPM_HAVE_MEMORY &&
	       f->bytes_per_s * KPM_STORM_S >= snap->memory.available;
}

static enum kpm_verdict judge(const struct kpm_causes *w, const struct kpm_finding *f)
{
	const struct kpm_suspect *lead = &w->suspects[f->members[0]];
	enum kpm_verdict verdict = lead->verdict;

	if (lead->evidence.bytes >= LEAD_SHARE * f->bytes)
		return verdict == KPM_GROWING && storms(w, f) ? KPM_STORM : verdict;
	for (uint32_t i = 1; i < f->count; i++)
		if (kpm_cause_leads(w, f->members[i]) &&
		    w->suspects[f->members[i]].verdict < verdict)
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
static void find_parties(const struct kpm_causes *w, struct kpm_finding *f,
			 enum kpm_party_kind kind)
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
static void find_owner(const struct kpm_causes *w, struct kpm_finding *f)
{
	const struct kpm_path *path = NULL;
	double all = 0;

	if (f->count == 1 || (f->parties[KPM_OWNER] && f->party[KPM_OWNER][0].share >= OWNER_SHARE))
		return;
	for (uint32_t i = 0; i < f->count; i++) {
		const struct kpm_shape *shape = &w->shape[f->members[i]];

		if (!path && shape->path.count)
			path = &shape->path;
		if (shape->path.count)
			all += w->suspects[f->members[i]].evidence.diff;
	}
	for (uint32_t k = 0; path && k < path->count; k++) {
		const struct kpm_path only = {1, {path->step[k]}};
		double objects = 0;

		for (uint32_t i = 0; i < f->count; i++)
			if (kpm_paths_meet(&w->shape[f->members[i]].path, &only))
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
static void make_lead(const struct kpm_causes *w, struct kpm_finding *f, uint32_t *members,
		      uint32_t suspect)
{
	const struct kpm_party *owner = kpm_cause_party(w, suspect, KPM_OWNER);
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
static void find_holder(const struct kpm_causes *w, struct kpm_finding *f, uint32_t *members)
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

static void fill(struct kpm_causes *w, struct kpm_findings *out)
{
	uint32_t *members = out->members;

	for (uint32_t g = 0; g < w->groups; g++) {
		struct kpm_finding *f = &out->list[out->count++];

		f->members = members;
		for (uint32_t i = 0; i < w->count; i++)
			if (w->group[i] == g)
				members[f->count++] = i;
		qsort_r(members, f->count, sizeof(*members), by_bytes, w);
		choose_lead(w, members, f->count);
		/* it grows with what others hold, and is theirs */
		if (!kpm_cause_leads(w, members[0])) {
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
	struct kpm_causes causes;
	int ret = kpm_causes_make(of, suspects, count, &causes);

	kpm_findings_done(out);
	out->list = calloc(count + 1, sizeof(*out->list));
	out->members = calloc(count + 1, sizeof(*out->members));
	if (!out->list || !out->members)
		ret = -ENOMEM;
	if (!ret)
		fill(&causes, out);
	kpm_causes_done(&causes);
	return ret;
}

void kpm_findings_done(struct kpm_findings *f)
{
	free(f->list);
	free(f->members);
	*f = (struct kpm_findings){0};
}
