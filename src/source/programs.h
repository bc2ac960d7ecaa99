/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attached programs by their file descriptors: the kernel's figures of missed runs and of cost.
 * Used by the live and the pinned source, which attach or open them.
 */
#ifndef KPM_PROGRAMS_H
#define KPM_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

/* Programs of one hook, at most. */
#define KPM_HOOK_LINKS 4

/*
 * The programs on events, in the order in which they are attached. The free side first, so that no
 * object is entered whose free could not be seen; the first copy of a free program before the
 * second: tracepoints run them in this order.
 */
enum kpm_event {
	KPM_EVENT_KFREE,
	KPM_EVENT_KFREE_AGAIN,
	KPM_EVENT_CACHE_FREE,
	KPM_EVENT_CACHE_FREE_AGAIN,
	KPM_EVENT_KMALLOC,
	KPM_EVENT_CACHE_ALLOC,
	KPM_EVENT_MODULE_LOAD,
	KPM_EVENT_MODULE_FREE,
	KPM_EVENTS
};

/* A program and the tracepoint that it is attached to. */
struct kpm_event_info {
	const char *program; /* its name in bpf/kpoolmon.bpf.c */
	const char *event;
	bool rescue; /* the second copy of a free program */
	bool module; /* only where the kernel loads modules */
};

extern const struct kpm_event_info kpm_event_table[KPM_EVENTS];

/* File descriptors of the programs; -1: not attached. */
struct kpm_programs {
	int event[KPM_EVENTS];
	int hook[KPM_HOOKS][KPM_HOOK_LINKS];
};

/* Run-time statistics of all programs, since kernel.bpf_stats_enabled was set. */
struct kpm_cost {
	uint32_t programs;
	uint64_t runs;
	uint64_t ns;
};

/*
 * Fills the figures that the kernel keeps of the programs: skipped, lost_max, allocs. -errno if
 * it does not report them.
 */
int kpm_programs_losses(const struct kpm_programs *programs, struct kpm_loss *loss);
/* Their cost together, of the runs that the kernel has timed. 0 or -errno. */
int kpm_programs_cost(const struct kpm_programs *programs, struct kpm_cost *cost);

#endif
