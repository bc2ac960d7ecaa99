// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums samples by module or cache. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/rollup.h"

struct kpm_rollup {
	enum kpm_rollup_by by;
	struct kpm_tagset *groups;
	struct kpm_snapshot snap;
	uint32_t *group; /* [count] of each tag */
	uint32_t count, capacity;
};

struct kpm_rollup *kpm_rollup_new(enum kpm_rollup_by by)
{
	struct kpm_rollup *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->by = by;
	r->groups = kpm_tagset_new();
	kpm_snapshot_init(&r->snap);
	if (r->groups)
		return r;
	free(r);
	return NULL;
}

void kpm_rollup_free(struct kpm_rollup *r)
{
	if (!r)
		return;
	kpm_snapshot_done(&r->snap);
	kpm_tagset_free(r->groups);
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

int kpm_rollup_add(struct kpm_rollup *r, const struct kpm_snapshot *snap,
		   const struct kpm_tagset *tags)
{
	if (assign_groups(r, tags, snap->count) ||
	    kpm_snapshot_reset(&r->snap, kpm_tagset_count(r->groups)))
		return -ENOMEM;
	copy_head(&r->snap, snap);
	for (uint32_t i = 0; i < snap->count; i++) {
		struct kpm_row *sum = &r->snap.rows[r->group[i]];

		sum->estimated |= snap->rows[i].estimated;
		for (int k = 0; k < KPM_KINDS; k++)
			kpm_counts_add(&sum->kind[k], &snap->rows[i].kind[k]);
	}
	return 0;
}

const struct kpm_snapshot *kpm_rollup_snapshot(const struct kpm_rollup *r)
{
	return &r->snap;
}

const struct kpm_tagset *kpm_rollup_tags(const struct kpm_rollup *r)
{
	return r->groups;
}
