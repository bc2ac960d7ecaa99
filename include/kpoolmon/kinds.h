/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the whole program and the probes (bpf/): kinds of memory, the hooks, and the limits of
 * tags and names. The layout of the maps, which builds on this, is in
 * kpoolmon/abi.h; a change here changes it too, and must raise KPM_ABI_VERSION.
 */
#ifndef KPM_KINDS_H
#define KPM_KINDS_H

/*
 * Kinds of slab memory: unreclaimable and reclaimable. Users read of the same thing as `pool` on
 * the command line and in JSON (nonp, paged, both; poolmon's word) and as `type` in columns and
 * alert rules (Nonp, Paged, Mixed). Those names are part of the interface and stay.
 */
enum kpm_kind { KPM_NONP, KPM_PAGED, KPM_KINDS };

/* Functions that allocate or free without an event; the probes on them are called hooks. */
enum kpm_hook {
	KPM_HOOK_KFREE_RCU,        /* kvfree_call_rcu */
	KPM_HOOK_KFREE_RCU_NOLOCK, /* kfree_call_rcu_nolock */
	KPM_HOOK_FREE_BULK,        /* kmem_cache_free_bulk, which carries kfree_bulk */
	KPM_HOOK_KFREE_NOLOCK,     /* kfree_nolock */
	KPM_HOOK_SHEAF,            /* rcu_free_sheaf, rcu_free_sheaf_nobarn */
	KPM_HOOK_ALLOC_BULK,       /* kmem_cache_alloc_bulk */
	KPM_HOOK_KMALLOC_NOLOCK,   /* kmalloc_nolock */
	KPM_HOOKS
};

/* Tags that the kernel side can number. */
#define KPM_TAGS_MAX 65536

/* Bytes of a call site's name and of a slab cache's, each with its NUL. */
#define KPM_SYMBOL_LEN     120
#define KPM_CACHE_NAME_LEN 40

#endif
