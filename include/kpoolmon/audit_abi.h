/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of the audit (bpf/audit.bpf.c) and user space share. Both are of one process:
 * nothing of this outlives a version. All numbers are in host byte order.
 */
#ifndef KPOOLMON_AUDIT_ABI_H
#define KPOOLMON_AUDIT_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* Where an object was found to be free. */
enum kpm_audit_place {
	KPM_AUDIT_PAGE,     /* its page is no slab page any more, or that of another cache */
	KPM_AUDIT_SLAB,     /* on the freelist of its slab */
	KPM_AUDIT_CPU,      /* on the freelist of the CPU that owns the slab (before 7.0) */
	KPM_AUDIT_MAIN,     /* in a CPU's sheaves (6.18 and later) */
	KPM_AUDIT_SPARE,    /* the same */
	KPM_AUDIT_RCU_FREE, /* the same */
	KPM_AUDIT_BARN,     /* in a full sheaf of a node */
	KPM_AUDIT_PLACES
};

/* An entry of the object table whose object was found to be free; looked at again before it goes.
 */
struct kpm_candidate {
	__u64 w0, w1; /* the entry */
	__u64 cache;  /* struct kmem_cache * */
	__u64 sheaf;  /* struct slab_sheaf *, where it is in one */
	__u32 place;  /* enum kpm_audit_place */
	__u32 unit;   /* CPU or node of the place */
	__u32 index;  /* in the sheaf */
	__u32 pad;
};

/* The context of each program: blocks, CPUs or found entries to work on. */
struct kpm_audit_args {
	__u32 first, count;
};

/* In memory of the programs that user space has mapped. */
struct kpm_audit_state {
	/* settings */
	__u32 min_age;  /* seconds: younger entries are let alone */
	__u32 nodes;    /* NUMA nodes */
	__u64 map_base; /* struct page of address 0, modulo 2^64 */
	/* results */
	__u32 done;    /* blocks that were looked through, of `count` */
	__u32 records; /* records of found entries in use, or landmarks; user space sets it back */
	__u64 scanned; /* entries, or free objects, looked at */
	__u64 inconclusive; /* lists and slabs that were not as they should be: let alone */
	__u64 taken[KPM_AUDIT_PLACES]; /* entries taken off the books, by place */
};

/* A slab cache and what the books hold of it. */
struct kpm_counted {
	__u64 cache;   /* struct kmem_cache * */
	__u64 objects; /* on the books */
	__u64 sampled; /* entries that stand for more than one object */
	char name[48];
};

#define KPM_CANDIDATES_MAX 16384
#define KPM_LANDMARKS_MAX  256
#define KPM_CACHES_MAX     2048

#endif
