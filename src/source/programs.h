/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attached programs by their file descriptors: the kernel's figures of missed runs and of cost.
 * Used by the live and the pinned source, which attach or open them.
 */
#ifndef KPM_PROGRAMS_H
#define KPM_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/abi.h>

#include "model/snapshot.h"

/* Programs of one hook, at most. */
#define KPM_HOOK_LINKS 4

/*
 * The programs on events, in the order in which they are attached. The free side first, so that no
 * object is entered whose free could not be seen; the copies of a program in their order:
 * tracepoints run them in this order.
 */
enum kpm_event {
	KPM_EVENT_KFREE,
	KPM_EVENT_KFREE_AGAIN,
	KPM_EVENT_KFREE_CLASSIC,
	KPM_EVENT_CACHE_FREE,
	KPM_EVENT_CACHE_FREE_AGAIN,
	KPM_EVENT_CACHE_FREE_CLASSIC,
	KPM_EVENT_KMALLOC,
	KPM_EVENT_KMALLOC_AGAIN,
	KPM_EVENT_KMALLOC_CLASSIC,
	KPM_EVENT_CACHE_ALLOC,
	KPM_EVENT_CACHE_ALLOC_AGAIN,
	KPM_EVENT_CACHE_ALLOC_CLASSIC,
	KPM_EVENT_MODULE_LOAD,
	KPM_EVENT_MODULE_FREE,
	KPM_EVENTS
};

enum kpm_event_role {
	KPM_ROLE_FIRST,
	KPM_ROLE_FREE_AGAIN,  /* the second copy of a free program */
	KPM_ROLE_ALLOC_AGAIN, /* the second copy of an alloc program, where programs are preempted */
	KPM_ROLE_CLASSIC,     /* the third, on the classic tracepoint: there as well */
	KPM_ROLE_MODULE,      /* only where the kernel loads modules */
};

/* A program and the tracepoint that it is attached to. */
struct kpm_event_info {
	const char *program; /* its name in bpf/kpoolmon.bpf.c, bpf/second.bpf.h */
	const char *event;
	enum kpm_event_role role;
};

extern const struct kpm_event_info kpm_event_table[KPM_EVENTS];

/* File descriptors of the programs; -1: not attached. */
struct kpm_programs {
	int event[KPM_EVENTS];
	int hook[KPM_HOOKS][KPM_HOOK_LINKS];
	/* of those by kprobe: the links, which count what the kprobe itself has missed */
	int kprobe[KPM_HOOKS][KPM_HOOK_LINKS];
	/* of each hook: programs 0 and 1, 2 and 3 are copies; else the two ends of a call */
	bool copies[KPM_HOOKS];
};

/* Run-time statistics of all programs, since kernel.bpf_stats_enabled was set. */
struct kpm_cost {
	uint32_t programs;
	uint64_t events; /* runs of first copies */
	uint64_t ns;
};

/*
 * Fills the figures that the kernel keeps of the programs: skipped, lost_max, allocs; with what the
 * second copies had caught before. -errno if it does not report them.
 */
int kpm_programs_losses(const struct kpm_programs *programs, const uint64_t rescued[KPM_RESCUES],
			struct kpm_loss *loss);
/* Their cost together, of the runs that the kernel has timed. 0 or -errno. */
int kpm_programs_cost(const struct kpm_programs *programs, struct kpm_cost *cost);

#endif
