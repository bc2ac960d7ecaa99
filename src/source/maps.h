/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the maps of one value and fills the operands of the programs in (kpoolmon/operands.h).
 * Used where programs are loaded: for the probes and the audit.
 */
#ifndef KPM_MAPS_H
#define KPM_MAPS_H

#include <stdint.h>

#include <bpf/libbpf.h>

#include <kpoolmon/operands.h>

/* Maps and numbers that the operands stand for. */
struct kpm_maps {
	/* file descriptors; 0: the programs use none */
	int objects, tags, counters, shards, recent;
	uint64_t blocks;                  /* of the object table */
	uint32_t tag_slots, shards_count; /* powers of two */
	uint32_t cpus;                    /* that there can be, rounded up to one */
	uint64_t text_start, text_end;
};

/*
 * Makes the maps for the sizes in *maps, for kpm_maps_close(). 0, or -errno; then none is left.
 */
int kpm_maps_make(struct kpm_maps *maps);
void kpm_maps_close(struct kpm_maps *maps);

/* Blocks of an object table of so many as can be made: those or a few more. */
uint64_t kpm_maps_blocks(uint64_t blocks);

/*
 * Opens the object of a skeleton that was made but not opened, with the operands filled in. The
 * maps must be open until it is loaded. 0 or -errno.
 */
int kpm_maps_open(const struct kpm_maps *maps, struct bpf_object_skeleton *skeleton,
		  const struct bpf_object_open_opts *opts);

#endif
