/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attached programs by their file descriptors, whoever attached them: what they missed and
 * what they cost. Used by the live and the pinned source.
 */
#ifndef KPM_PROGRAMS_H
#define KPM_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

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

/* A program and the tracepoint that it is attached to. */
struct kpm_probe_info {
	const char *program; /* its name in bpf/kpoolmon.bpf.c */
	const char *event;
	bool rescue; /* the second copy of a free program */
	bool module; /* only where the kernel loads modules */
};

extern const struct kpm_probe_info kpm_probe_table[KPM_PROBES];

/* -1: not attached. */
struct kpm_programs {
	int event[KPM_PROBES];
	int hook[KPM_HOOKS][KPM_HOOK_LINKS];
};

/* Run-time statistics of all programs, since kernel.bpf_stats_enabled was set. */
struct kpm_cost {
	uint32_t programs;
	uint64_t runs;
	uint64_t ns;
};

/*
 * Fills the figures that the kernel keeps of the programs: skipped, lost_max, allocs. -errno if it
 * does not tell; then they are not known.
 */
int kpm_programs_losses(const struct kpm_programs *programs, struct kpm_loss *loss);
/* What they cost together, as far as the kernel took the time. 0 or -errno. */
int kpm_programs_cost(const struct kpm_programs *programs, struct kpm_cost *cost);

#endif
