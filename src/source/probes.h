/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes of bpf/kpoolmon.bpf.c, in the order in which they are attached. */
#ifndef KPM_PROBES_H
#define KPM_PROBES_H

#include <stdbool.h>

/*
 * The free side first, so that no object is entered whose free could not be seen; the first copy
 * of a free program before the second: tracepoints run them in this order.
 */
enum kpm_probe {
	KPM_PROBE_KFREE,
	KPM_PROBE_KFREE_AGAIN,
	KPM_PROBE_CACHE_FREE,
	KPM_PROBE_CACHE_FREE_AGAIN,
	KPM_PROBE_KMALLOC,
	KPM_PROBE_CACHE_ALLOC,
	KPM_PROBES
};

struct kpm_probe_info {
	const char *event; /* tracepoint of the kmem group */
	bool rescue;	   /* the second copy */
};

static const struct kpm_probe_info kpm_probes[KPM_PROBES] = {
	[KPM_PROBE_KFREE] = {"kfree", false},
	[KPM_PROBE_KFREE_AGAIN] = {"kfree", true},
	[KPM_PROBE_CACHE_FREE] = {"kmem_cache_free", false},
	[KPM_PROBE_CACHE_FREE_AGAIN] = {"kmem_cache_free", true},
	[KPM_PROBE_KMALLOC] = {"kmalloc", false},
	[KPM_PROBE_CACHE_ALLOC] = {"kmem_cache_alloc", false},
};

/* Functions of the kernel that allocate or free without an event. */
#define KPM_UNHOOKED "kfree_rcu free_bulk alloc_bulk"

#endif
