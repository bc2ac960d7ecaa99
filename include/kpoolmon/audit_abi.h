/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the programs of the audit (bpf/audit.bpf.c) and user space. Both are of one process:
 * nothing of this outlives a version. All numbers are in host byte order.
 */
#ifndef KPM_AUDIT_ABI_H
#define KPM_AUDIT_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* How an object is free: where it was found. */
enum kpm_audit_free_kind {
	KPM_AUDIT_PAGE,     /* its page is no slab page any more, or that of another cache */
	KPM_AUDIT_SLAB,     /* on the freelist of its slab */
	KPM_AUDIT_CPU,      /* on the freelist of the CPU that owns the slab (before 7.0) */
	KPM_AUDIT_MAIN,     /* in a CPU's sheaves (6.18 and later) */
	KPM_AUDIT_SPARE,    /* the same */
	KPM_AUDIT_RCU_FREE, /* the same */
	KPM_AUDIT_BARN,     /* in a full sheaf of a node */
	KPM_AUDIT_FREE_KINDS
};

/* An entry of the object table whose object was free in the first pass. */
struct kpm_candidate {
	__u64 w0, w1;    /* the entry */
	__u64 cache;     /* struct kmem_cache * */
	__u64 sheaf;     /* struct slab_sheaf *, where it is in one */
	__u32 free_kind; /* enum kpm_audit_free_kind */
	__u32 unit;      /* CPU or node where it was found */
	__u32 index;     /* in the sheaf */
	__u32 pad;
};

/* The context of each program: blocks, CPUs or candidates to work on. */
struct kpm_audit_args {
	__u32 first, count;
};

/* In memory of the programs that user space has mapped. */
struct kpm_audit_state {
	/* settings */
	__u32 min_age;  /* seconds: younger entries are skipped */
	__u32 nodes;    /* NUMA nodes */
	__u64 map_base; /* struct page of address 0, modulo 2^64 */
	/* results */
	__u32 done;         /* blocks scanned, of `count` */
	__u32 records;      /* candidates, landmarks or caches written; user space resets it */
	__u64 scanned;      /* entries or free objects scanned */
	__u64 inconclusive; /* lists and slabs that changed while they were followed: skipped */
	__u64 taken[KPM_AUDIT_FREE_KINDS]; /* entries taken out, by free kind */
	__u32 groups;                      /* groups written; user space resets it */
	__u32 charges_unknown; /* 1: of this kernel it is not known where charges are kept */
	__u64 charges_lost;    /* objects that there was no room for */
};

/* A slab cache and its tracked objects. */
struct kpm_counted {
	__u64 cache;   /* struct kmem_cache * */
	__u64 objects; /* tracked */
	__u64 young;   /* of these, those younger than min_age */
	__u64 sampled; /* entries that stand for more than one object */
	char name[48];
};

/* Whom objects are charged to: an obj_cgroup of the kernel. */
struct kpm_group {
	__u64 objcg;     /* struct obj_cgroup * */
	__u64 id;        /* of its cgroup */
	__u32 hierarchy; /* of that; 0: cgroup2 */
	__u32 inherited; /* it was that of a cgroup that was removed: the id is an ancestor's */
};

/* Keys of `charges`: a tag's number in the upper half, in the lower one of these or 1 + a group. */
#define KPM_NOT_CHARGED 0
#define KPM_NO_GROUP    0xffffffffU /* charged, and there was no room for the group */
#define KPM_GROUPS_MAX  16384
#define KPM_CHARGES_MAX 131072

#define KPM_CANDIDATES_MAX 16384
#define KPM_LANDMARKS_MAX  256
#define KPM_CACHES_MAX     2048

#endif
