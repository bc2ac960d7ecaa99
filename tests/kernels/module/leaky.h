/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the cases of the leaky module share: the truth it keeps for each allocating function.
 *
 * A site is one function that allocates (or one function and one cache). It counts what it got
 * and what was given back, with the bytes the objects occupy: ksize() for kmalloc, while for
 * objects of a cache the guest multiplies with /sys/kernel/slab/CACHE/slab_size. Sites list
 * themselves at their first event, in any context. Counting allocates nothing.
 */
#ifndef KPM_LEAKY_H
#define KPM_LEAKY_H

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/version.h>

/*
 * An allocating function keeps its name and its return address: not inlined, cloned or folded
 * into its twin. Each counts after it allocated, so that the allocator is never tail-called.
 */
#define KPM_SITE_FN static noinline __attribute__((noipa))

/* A cache of ours must not be merged with others: the constructor does it before 6.5. */
#ifdef SLAB_NO_MERGE
#define KPM_NO_MERGE SLAB_NO_MERGE
#define KPM_CTOR     NULL
#else
#define KPM_NO_MERGE 0
#define KPM_CTOR     kpm_ctor
#endif

struct kpm_site {
	const char *kase;  /* the case it belongs to */
	const char *sym;   /* the function whose address is the call site; *: any */
	const char *owner; /* the function that is answerable for it, NULL if that is not asked */
	const char *cache; /* the cache's name, NULL for kmalloc */
	const char *path;  /* what the tracepoints do not show of it, NULL if they show all */
	bool paged;        /* cache: reclaimable */
	atomic_t listed;
	atomic64_t allocs, frees;
	atomic64_t bytes[2]; /* outstanding, kmalloc only: unreclaimable, reclaimable */
	atomic64_t unseen_frees, unseen_free_bytes;
	atomic64_t unseen_allocs, unseen_alloc_bytes;
};

struct kpm_case {
	const char *name;
	int (*run)(void); /* 0, -EOPNOTSUPP where this kernel lacks it, or -errno */
};

/* Each of these ends with an empty entry. */
extern const struct kpm_case kpm_kmalloc_cases[];
extern const struct kpm_case kpm_cache_cases[];
extern const struct kpm_case kpm_unseen_cases[];
extern const struct kpm_case kpm_context_cases[];
extern const struct kpm_case kpm_churn_cases[];
extern const struct kpm_case kpm_owner_cases[];

#define KPM_PTRS 4096
extern void *kpm_ptrs[KPM_PTRS]; /* room for the case that runs; one at a time */

/* Counts p (of kmalloc: cache NULL; else of the site's cache); returns p. NULL is no object. */
void *kpm_got(struct kpm_site *site, void *p, bool paged);
void *kpm_got_unseen(struct kpm_site *site, void *p, bool paged);
/* Counts p as given back, before that is done. */
void kpm_gone(struct kpm_site *site, const void *p, bool paged);
void kpm_gone_size(struct kpm_site *site, size_t size, bool paged);
void kpm_gone_unseen(struct kpm_site *site, const void *p, bool paged);

/* kfree() of a counted, unreclaimable object. */
void kpm_kfree(struct kpm_site *site, void *p);

void kpm_ctor(void *p);
/* An unmerged cache for the site, NULL if it cannot be made. */
struct kmem_cache *kpm_cache(const struct kpm_site *site, size_t size, slab_flags_t flags);

#endif
