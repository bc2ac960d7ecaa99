/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roll-ups: snapshots summed by module, slab cache, owner, process or cgroup, with a tagset of
 * their own. Of the last three the figures of a tag are divided by the shares of its samples, so
 * that they are estimates; their sums are those of the tags.
 */
#ifndef KPM_ROLLUP_H
#define KPM_ROLLUP_H

#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/who.h"

enum kpm_rollup_by {
	KPM_BY_TAG,
	KPM_BY_MODULE,
	KPM_BY_CACHE,
	KPM_BY_OWNER,
	KPM_BY_PROCESS,
	KPM_BY_CGROUP,
	KPM_ROLLUPS
};

/* `tag`, `module` ...: on the command line, and the column that has the group's name. */
const char *kpm_rollup_name(enum kpm_rollup_by by);

struct kpm_rollup;

/* `by` is not KPM_BY_TAG. NULL: out of memory. */
struct kpm_rollup *kpm_rollup_new(enum kpm_rollup_by by);
void kpm_rollup_free(struct kpm_rollup *rollup);

/*
 * Sums a snapshot; with `wanted`, [tag], only the tags for which it is true. 0 or -ENOMEM. Tags
 * whose module or cache is not known are a group of their own, and so are the kmalloc call sites
 * whose objects lie in several caches, and what has no sample. `who` may be NULL: then nothing has.
 */
int kpm_rollup_add(struct kpm_rollup *rollup, const struct kpm_snapshot *snap,
		   const struct kpm_tagset *tags, const struct kpm_who *who, const bool *wanted);

/* The groups, valid until the next add; a group's text is the name of its module or cache. */
const struct kpm_snapshot *kpm_rollup_snapshot(const struct kpm_rollup *rollup);
const struct kpm_tagset *kpm_rollup_tags(const struct kpm_rollup *rollup);
/* The party that each group is, with all of it; NULL for modules and caches. */
const struct kpm_who *kpm_rollup_who(const struct kpm_rollup *rollup);

#endif
