// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums snapshots by what tags have in common, or by who is behind them. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/map64.h"
#include "model/rollup.h"

struct kpm_rollup {
	enum kpm_rollup_by by;
	struct kpm_tagset *groups;
	struct kpm_snapshot snap;
	uint32_t *group; /* [count] of each tag; not of parties */
	uint32_t count, capacity;
	struct kpm_who *who;       /* of parties: the group's own, with all of it */
	struct kpm_map64 by_party; /* group by number of the party */
	struct kpm_party *parties; /* [group], borrowed strings; no name: there is none */
	uint32_t party_capacity;
};

const char *kpm_rollup_name(enum kpm_rollup_by by)
{
	static const char *const names[KPM_ROLLUPS] = {"tag",   "module",  "cache",
						       "owner", "process", "cgroup"};

	return names[by];
}

static bool is_by_party(const struct kpm_rollup *r)
{
	return r->by >= KPM_BY_OWNER;
}

struct kpm_rollup *kpm_rollup_new(enum kpm_rollup_by by)
{
	struct kpm_rollup *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->by = by;
	r->groups = kpm_tagset_new();
	kpm_snapshot_init(&r->snap);
	if (is_by_party(r))
		r->who = kpm_who_new();
	if (r->groups && (r->who || !is_by_party(r)))
		return r;
	kpm_rollup_free(r);
	return NULL;
}

void kpm_rollup_free(struct kpm_rollup *r)
{
	if (!r)
		return;
	kpm_snapshot_done(&r->snap);
	kpm_tagset_free(r->groups);
	kpm_who_free(r->who);
	kpm_map64_done(&r->by_party);
	free(r->parties);
	free(r->group);
	free(r);
}

/* The name of a tag's group. The share of each of several kmalloc caches is not known. */
static const char *group_of(const struct kpm_rollup *r, const struct kpm_tag_name *name)
{
	const char *of = r->by == KPM_BY_MODULE ? name->module : name->cache;

	if (r->by == KPM_BY_CACHE && of && !name->by_cache && strchr(of, '+'))
		return "(several kmalloc caches)";
	return of ? of : "(not known)";
}

static int assign_groups(struct kpm_rollup *r, const struct kpm_tagset *tags, uint32_t count)
{
	int ret = kpm_array_reserve(r->group, r->capacity, count);

	if (ret)
		return ret;
	for (uint32_t i = 0; i < count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(tags, i);
		int64_t group;

		/*
		 * the group of a known tag changes only when a kmalloc call site gets a cache more
		 */
		if (i < r->count && (name->by_cache || r->by == KPM_BY_MODULE))
			continue;
		group = kpm_tagset_enter(r->groups, 0, group_of(r, name), NULL, false);
		if (group < 0)
			return -ENOMEM;
		r->group[i] = group;
	}
	r->count = count;
	for (uint32_t i = 0; r->by == KPM_BY_CACHE && i < kpm_tagset_merged_count(tags); i++) {
		const struct kpm_merged_cache *m = kpm_tagset_merged(tags, i);

		if (kpm_tagset_merge(r->groups, m->name, m->aliases))
			return -ENOMEM;
	}
	return 0;
}

/* Everything of a sample but its rows. */
static void copy_head(struct kpm_snapshot *to, const struct kpm_snapshot *from)
{
	struct kpm_row *rows = to->rows;
	uint32_t count = to->count, capacity = to->rows_capacity;

	*to = *from;
	to->rows = rows;
	to->count = count;
	to->rows_capacity = capacity;
}

/* Of parties. */

static const char *party_text(const struct kpm_party *p, char *buf, size_t size)
{
	if (p->kind == KPM_OWNER && strcmp(p->module, "kernel"))
		snprintf(buf, size, "%s [%s]", p->name, p->module);
	else if (p->kind == KPM_PROCESS && p->pid)
		snprintf(buf, size, "%s (%" PRIu32 ")", p->name, p->pid);
	else
		snprintf(buf, size, "%s", p->name);
	return buf;
}

/* The group of a text, and of a party if it is one. */
static int64_t enter_group(struct kpm_rollup *r, const char *text, const struct kpm_party *party)
{
	int64_t group = kpm_tagset_enter(r->groups, 0, text, NULL, false);

	if (group < 0 || kpm_array_reserve(r->parties, r->party_capacity, group + 1))
		return -ENOMEM;
	r->parties[group] = party ? *party : (struct kpm_party){0};
	return group;
}

static int64_t group_of_party(struct kpm_rollup *r, const struct kpm_who *who, uint32_t party)
{
	const uint32_t *known = kpm_map64_get(&r->by_party, party);
	const struct kpm_party *p = kpm_who_get(who, party);
	char text[4200];
	int64_t group;

	if (known)
		return *known;
	group = enter_group(r, party_text(p, text, sizeof(text)), p);
	return group < 0 || !kpm_map64_put(&r->by_party, party, group) ? -ENOMEM : group;
}

static uint64_t part_of(uint64_t n, double share)
{
	return n * share + 0.5;
}

/*
 * Adds a part of a tag's counts to a group, and takes it from what is left of them: the last part is
 * all that is left, so that the sums are those of the tags.
 */
static void add_part(struct kpm_row *to, struct kpm_row *left, const struct kpm_row *all,
		     const struct kpm_share *share, bool last)
{
	for (int k = 0; k < KPM_KINDS; k++) {
		struct kpm_counts part = left->kind[k];

		for (int f = 0; !last && f < (int)KPM_COUNTERS; f++) {
			size_t at = kpm_counters[f].offset;
			uint64_t *have = (uint64_t *)((char *)&left->kind[k] + at);
			uint64_t n = part_of(*(const uint64_t *)((const char *)&all->kind[k] + at),
					     share->share);

			n = n < *have ? n : *have;
			*have -= n;
			*(uint64_t *)((char *)&part + at) = n;
		}
		kpm_counts_add(&to->kind[k], &part);
	}
	if (share && share->share < 1 && !share->exact)
		to->estimated = true;
	if (share)
		to->error += pow(share->error * kpm_row_sum(all).diff, 2);
}

/* Enters the groups of all parties first: rows are made for as many. */
static int enter_groups(struct kpm_rollup *r, const struct kpm_snapshot *snap,
			const struct kpm_who *who, const bool *wanted, uint32_t *rest)
{
	enum kpm_party_kind kind = r->by - KPM_BY_OWNER;
	int64_t group = enter_group(r, "(not sampled)", NULL);

	*rest = group;
	kpm_map64_clear(&r->by_party);
	for (uint32_t i = 0; group >= 0 && who && i < snap->count; i++) {
		uint32_t count;
		const struct kpm_share *shares = kpm_who_shares(who, i, kind, &count);

		for (uint32_t n = 0; group >= 0 && n < count && (!wanted || wanted[i]); n++)
			group = group_of_party(r, who, shares[n].party);
	}
	return group < 0 ? -ENOMEM : 0;
}

static int tell_parties(struct kpm_rollup *r)
{
	uint32_t count = kpm_tagset_count(r->groups);

	if (kpm_who_begin(r->who, count))
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct kpm_share all = {.share = 1};
		int64_t party;

		if (!r->parties[i].name)
			continue;
		party = kpm_who_party(r->who, &r->parties[i]);
		all.party = party;
		if (party < 0 || kpm_who_set(r->who, i, &all))
			return -ENOMEM;
	}
	return kpm_who_end(r->who);
}

static int add_by_party(struct kpm_rollup *r, const struct kpm_snapshot *snap,
			const struct kpm_who *who, const bool *wanted)
{
	enum kpm_party_kind kind = r->by - KPM_BY_OWNER;
	uint32_t rest;

	for (uint32_t i = 0; i < kpm_tagset_count(r->groups); i++)
		r->parties[i] = (struct kpm_party){0};
	if (enter_groups(r, snap, who, wanted, &rest) || tell_parties(r) ||
	    kpm_snapshot_reset(&r->snap, kpm_tagset_count(r->groups)))
		return -ENOMEM;
	for (uint32_t i = 0; i < snap->count; i++) {
		const struct kpm_row *row = &snap->rows[i];
		struct kpm_row left = *row;
		const struct kpm_share *shares = NULL;
		uint32_t count = 0;
		double sum = 0;

		if (wanted && !wanted[i])
			continue;
		if (who)
			shares = kpm_who_shares(who, i, kind, &count);
		for (uint32_t n = 0; n < count; n++)
			sum += shares[n].share;
		for (uint32_t n = 0; n < count; n++) {
			int64_t group = group_of_party(r, who, shares[n].party);

			add_part(&r->snap.rows[group], &left, row, &shares[n],
				 n + 1 == count && sum > 1 - 1e-6);
			r->snap.rows[group].estimated |= row->estimated;
		}
		if (sum <= 1 - 1e-6)
			add_part(&r->snap.rows[rest], &left, row, NULL, true);
	}
	for (uint32_t i = 0; i < r->snap.count; i++)
		r->snap.rows[i].error = sqrt(r->snap.rows[i].error);
	return 0;
}

int kpm_rollup_add(struct kpm_rollup *r, const struct kpm_snapshot *snap,
		   const struct kpm_tagset *tags, const struct kpm_who *who, const bool *wanted)
{
	if (is_by_party(r)) {
		int ret = add_by_party(r, snap, who, wanted);

		copy_head(&r->snap, snap);
		return ret;
	}
	if (assign_groups(r, tags, snap->count) ||
	    kpm_snapshot_reset(&r->snap, kpm_tagset_count(r->groups)))
		return -ENOMEM;
	copy_head(&r->snap, snap);
	for (uint32_t i = 0; i < snap->count; i++) {
		struct kpm_row *sum = &r->snap.rows[r->group[i]];

		if (wanted && !wanted[i])
			continue;
		sum->estimated |= snap->rows[i].estimated;
		for (int k = 0; k < KPM_KINDS; k++)
			kpm_counts_add(&sum->kind[k], &snap->rows[i].kind[k]);
	}
	return 0;
}

const struct kpm_who *kpm_rollup_who(const struct kpm_rollup *r)
{
	return r->who;
}

const struct kpm_snapshot *kpm_rollup_snapshot(const struct kpm_rollup *r)
{
	return &r->snap;
}

const struct kpm_tagset *kpm_rollup_tags(const struct kpm_rollup *r)
{
	return r->groups;
}
