/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roll-ups: samples summed by module or by slab cache, with a tagset of their own. */
#ifndef KPM_ROLLUP_H
#define KPM_ROLLUP_H

#include "model/snapshot.h"
#include "model/tagset.h"

enum kpm_rollup_by { KPM_BY_TAG, KPM_BY_MODULE, KPM_BY_CACHE, KPM_ROLLUPS };

struct kpm_rollup;

/* `by` is module or cache. NULL: out of memory. */
struct kpm_rollup *kpm_rollup_new(enum kpm_rollup_by by);
void kpm_rollup_free(struct kpm_rollup *rollup);

/*
 * Sums a sample. 0 or -ENOMEM. Tags whose module or cache is not known are a group of their own,
 * and so are the kmalloc call sites whose objects lie in several caches.
 */
int kpm_rollup_add(struct kpm_rollup *rollup, const struct kpm_snapshot *snap,
		   const struct kpm_tagset *tags);

/* The groups, valid until the next add; a group's text is the name of its module or cache. */
const struct kpm_snapshot *kpm_rollup_snapshot(const struct kpm_rollup *rollup);
const struct kpm_tagset *kpm_rollup_tags(const struct kpm_rollup *rollup);

#endif
