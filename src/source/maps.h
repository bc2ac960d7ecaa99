/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps that user space makes before it loads the programs: arrays of one value, by size. */
#ifndef KPM_MAPS_H
#define KPM_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/abi.h>

/* The maps, and the numbers that the programs know as load-time constants. */
struct kpm_maps {
	/* file descriptors; 0: the programs use none */
	int objects, tags, counters, shards, recent;
	uint64_t blocks;                  /* of the object table */
	uint32_t tag_slots, shards_count; /* powers of two */
	uint32_t cpus;                    /* possible CPUs, rounded up to a power of two */
	uint64_t text_start, text_end;    /* the kernel's own code */
	bool alloc_again, again_is_last;  /* of the second copies, see load_constants.h */
};

/*
 * Makes the maps for the sizes in *maps; kpm_maps_close() closes them. 0, or -errno; then none is
 * left.
 */
int kpm_maps_make(struct kpm_maps *maps);
void kpm_maps_close(struct kpm_maps *maps);

/* Rounds a number of blocks up to one that can be made. */
uint64_t kpm_maps_blocks(uint64_t blocks);
/* Bytes of the table of tags, and of the tallies of one shard. */
uint64_t kpm_maps_tag_bytes(const struct kpm_maps *maps);

#endif
