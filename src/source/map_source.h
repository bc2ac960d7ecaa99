/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the live and the pinned source, which both read the probes' maps. */
#ifndef KPM_MAP_SOURCE_H
#define KPM_MAP_SOURCE_H

#include <stdint.h>

#include "base/roots.h"
#include "model/snapshot.h"

/* Runs the program kpm_now, which returns the current second of the allocation clock. 0 or -errno.
 */
int kpm_allocation_clock(int fd, uint32_t *now);

/*
 * Fills the parts of a snapshot that are the machine's: the clocks, the names of host and kernel,
 * the memory.
 */
void kpm_snapshot_machine(struct kpm_snapshot *snap, const struct kpm_roots *roots);

#endif
