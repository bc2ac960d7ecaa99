/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attached programs by their file descriptors, whoever attached them: what they missed and
 * what they cost. Used by the live and the pinned source.
 */
#ifndef KPM_PROGRAMS_H
#define KPM_PROGRAMS_H

#include "model/snapshot.h"
#include "source/pins.h"

#define KPM_HOOK_LINKS 4

/*
 * In the order in which they are attached. The free side first, so that no object is entered
 * whose free could not be seen; the first copy of a free program before the second: tracepoints
 * run them in this order.
 */
enum kpm_probe {
	KPM_PROBE_KFREE,
	KPM_PROBE_KFREE_AGAIN,
	KPM_PROBE_CACHE_FREE,
	KPM_PROBE_CACHE_FREE_AGAIN,
	KPM_PROBE_KMALLOC,
	KPM_PROBE_CACHE_ALLOC,
	KPM_PROBE_MODULE_LOAD,
	KPM_PROBE_MODULE_FREE,
	KPM_PROBES
};

/* The name of a probe's program. */
const char *kpm_probe_name(enum kpm_probe probe);

/* -1: not attached. */
struct kpm_programs {
	int event[KPM_PROBES];
	int hook[KPM_HOOKS][KPM_HOOK_LINKS];
};

/*
 * Fills the figures that the kernel keeps of the programs: skipped, lost_max, allocs. -errno if it
 * does not tell; then they are not known.
 */
int kpm_programs_losses(const struct kpm_programs *programs, struct kpm_loss *loss);
/* What they cost together, as far as the kernel took the time. 0 or -errno. */
int kpm_programs_cost(const struct kpm_programs *programs, struct kpm_cost *cost);

/* libbpf's own words are for its developers: only with KPOOLMON_DEBUG_BPF in the environment. */
void kpm_quiet_libbpf(void);
/* Turns the kernel's jiffies into seconds, times 2^32. */
uint64_t kpm_jiffies_scale(void);
/* Runs the program that tells the present second of the clock of births. 0 or -errno. */
int kpm_birth_clock(int fd, uint32_t *now);

/*
 * Fills the parts of a snapshot that are the machine's: the clocks, the names of host and kernel,
 * the memory.
 */
void kpm_snapshot_machine(struct kpm_snapshot *snap, const struct kpm_roots *roots);

#endif
