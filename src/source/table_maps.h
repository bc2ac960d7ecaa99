/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by tables.c, sample_tables.c and tag_objects.c: the maps as they lie in our memory. */
#ifndef KPM_TABLE_MAPS_H
#define KPM_TABLE_MAPS_H

#include "source/tables.h"

struct kpm_mapping {
	void *data;
	size_t size;
	uint32_t entries;
};

struct kpm_tables {
	struct kpm_mapping objects, tags, taginfo, taglist, counters, shards, control;
	struct kpm_mapping samples, stacks, sampled, gone, credits;
	uint32_t tag_slots;
	uint32_t shard_count;
	uint32_t listed;     /* entries of taglist turned into tags */
	uint32_t *kernel;    /* [listed] number of the kernel's tag */
	uint32_t *ours;      /* [listed] number in the tagset */
	uint32_t *of;        /* [tag_slots] the same by number of the kernel's tag, plus one */
	uint64_t bytes;      /* of all maps */
	uint64_t runs_bytes; /* of `runs`, which is not read */
	bool any_sampled;
};

static inline uint64_t kpm_load(const __u64 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

#endif
