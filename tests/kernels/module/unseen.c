// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases whose frees or allocations pass the tracepoints by: kfree_rcu and its kin, bulk
 * allocation and bulk freeing, the variants without locks. The site counts what is not shown,
 * so that what tracepoints alone report can be bounded.
 *
 * An object handed to kfree_rcu counts as given back at that moment.
 */
#include <linux/rcupdate.h>

#include "leaky.h"

struct obj {
	u64 word[3];
	struct rcu_head rcu;
	char rest[];
};

/* Batches: one object, around a page of pointers (509-510), and more than any array holds. */
static const int batches[] = {1,   2,   3,   7,   15,  16,  17,   31,   32,  33,  63,
			      64,  65,  100, 127, 128, 129, 255,  256,  257, 500, 508,
			      509, 510, 511, 512, 513, 600, 1000, 1024, 2000};

#define SITE(name, how)                                                                            \
	static struct kpm_site s_##name = {.kase = #name, .sym = "kpm_" #name, .path = how}
#define CSITE(name, how, rcl)                                                                      \
	static struct kpm_site s_##name = {.kase = #name,                                          \
					   .sym = "kpm_" #name,                                    \
					   .path = how,                                            \
					   .cache = "kpm_c_" #name,                                \
					   .paged = rcl}

SITE(rcu_head, "kfree_rcu");
CSITE(rcu_cache, "kfree_rcu", false);
CSITE(rcu_cache_rcl, "kfree_rcu", true);
SITE(rcu_nohead, "kfree_rcu");
SITE(rcu_large, "kfree_rcu");
SITE(free_bulk, "free_bulk");
SITE(free_bulk_large, "free_bulk");
CSITE(cache_free_bulk, "free_bulk", false);
CSITE(alloc_bulk, "alloc_bulk", false);
CSITE(both_bulk, "alloc_bulk+free_bulk", true);
static struct kpm_site s_nolock_free __maybe_unused = {
	.kase = "nolock", .sym = "kpm_nolock_free", .path = "nolock"};
static struct kpm_site s_nolock_alloc __maybe_unused = {
	.kase = "nolock", .sym = "kpm_nolock_alloc", .path = "nolock"};

KPM_SITE_FN void *kpm_rcu_head(size_t n)
{
	return kpm_got(&s_rcu_head, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_rcu_cache(struct kmem_cache *s)
{
	return kpm_got(&s_rcu_cache, kmem_cache_alloc(s, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_rcu_cache_rcl(struct kmem_cache *s)
{
	return kpm_got(&s_rcu_cache_rcl, kmem_cache_alloc(s, GFP_KERNEL), true);
}

KPM_SITE_FN void *kpm_rcu_nohead(size_t n)
{
	return kpm_got(&s_rcu_nohead, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_rcu_large(size_t n)
{
	return kpm_got(&s_rcu_large, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_free_bulk(size_t n)
{
	return kpm_got(&s_free_bulk, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_free_bulk_large(size_t n)
{
	return kpm_got(&s_free_bulk_large, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_cache_free_bulk(struct kmem_cache *s)
{
	return kpm_got(&s_cache_free_bulk, kmem_cache_alloc(s, GFP_KERNEL), false);
}

KPM_SITE_FN int kpm_alloc_bulk(struct kmem_cache *s, int n, void **p)
{
	int i;

	/* Returns the number or, from 7.1 on, whether: all or nothing either way. */
	if (!kmem_cache_alloc_bulk(s, GFP_KERNEL, n, p))
		return -ENOMEM;
	for (i = 0; i < n; i++)
		kpm_got_unseen(&s_alloc_bulk, p[i], false);
	return 0;
}

KPM_SITE_FN int kpm_both_bulk(struct kmem_cache *s, int n, void **p)
{
	int i;

	if (!kmem_cache_alloc_bulk(s, GFP_KERNEL, n, p))
		return -ENOMEM;
	for (i = 0; i < n; i++)
		kpm_got_unseen(&s_both_bulk, p[i], true);
	return 0;
}

static int run_rcu_head(void)
{
	int b, i;

	for (b = 0; b < ARRAY_SIZE(batches); b++) {
		for (i = 0; i < batches[b]; i++) {
			kpm_ptrs[i] = kpm_rcu_head(sizeof(struct obj) + (i % 5) * 100);
			if (!kpm_ptrs[i])
				return -ENOMEM;
		}
		for (i = 0; i < batches[b]; i++) {
			struct obj *o = kpm_ptrs[i];

			kpm_gone_unseen(&s_rcu_head, o, false);
			kfree_rcu(o, rcu);
		}
	}
	for (i = 0; i < 6; i++)
		kpm_rcu_head(sizeof(struct obj));
	return 0;
}

static int rcu_in(struct kpm_site *site, void *(*get)(struct kmem_cache *), slab_flags_t flags,
		  int leak)
{
	struct kmem_cache *s = kpm_cache(site, sizeof(struct obj), flags);
	int b, i;

	if (!s)
		return -ENOMEM;
	for (b = 0; b < ARRAY_SIZE(batches); b++) {
		for (i = 0; i < batches[b]; i++) {
			kpm_ptrs[i] = get(s);
			if (!kpm_ptrs[i])
				return -ENOMEM;
		}
		for (i = 0; i < batches[b]; i++) {
			struct obj *o = kpm_ptrs[i];

			kpm_gone_unseen(site, o, site->paged);
			kfree_rcu(o, rcu);
		}
	}
	for (i = 0; i < leak; i++)
		get(s);
	return 0;
}

static int run_rcu_cache(void)
{
	return rcu_in(&s_rcu_cache, kpm_rcu_cache, 0, 12);
}

static int run_rcu_cache_rcl(void)
{
	return rcu_in(&s_rcu_cache_rcl, kpm_rcu_cache_rcl, SLAB_RECLAIM_ACCOUNT, 0);
}

static void nohead(void *p)
{
#ifdef kvfree_rcu_mightsleep
	kvfree_rcu_mightsleep(p);
#else
	kvfree_rcu(p);
#endif
}

static int run_rcu_nohead(void)
{
	int b, i;

	for (b = 0; b < ARRAY_SIZE(batches); b++) {
		for (i = 0; i < batches[b]; i++) {
			kpm_ptrs[i] = kpm_rcu_nohead(16 + (i % 7) * 60);
			if (!kpm_ptrs[i])
				return -ENOMEM;
		}
		for (i = 0; i < batches[b]; i++) {
			kpm_gone_unseen(&s_rcu_nohead, kpm_ptrs[i], false);
			nohead(kpm_ptrs[i]);
		}
	}
	for (i = 0; i < 5; i++)
		kpm_rcu_nohead(16);
	return 0;
}

static int run_rcu_large(void)
{
	int i;

	for (i = 0; i < 40; i++) {
		struct obj *o = kpm_rcu_large(9000 + i * 1000);

		if (!o)
			return -ENOMEM;
		if (i % 10 == 0)
			continue;
		kpm_gone_unseen(&s_rcu_large, o, false);
		if (i % 2)
			kfree_rcu(o, rcu);
		else
			nohead(o);
	}
	return 0;
}

static int run_free_bulk(void)
{
	int b, i;

	for (b = 0; b < ARRAY_SIZE(batches); b++) {
		for (i = 0; i < batches[b]; i++) {
			kpm_ptrs[i] = kpm_free_bulk(40 + (i % 4) * 90);
			if (!kpm_ptrs[i])
				return -ENOMEM;
		}
		for (i = 0; i < batches[b]; i++)
			kpm_gone_unseen(&s_free_bulk, kpm_ptrs[i], false);
		kfree_bulk(batches[b], kpm_ptrs);
	}
	for (i = 0; i < 8; i++)
		kpm_free_bulk(40);
	return 0;
}

/* Pages among the objects of one kfree_bulk. */
static int run_free_bulk_large(void)
{
	int i;

	for (i = 0; i < 60; i++) {
		kpm_ptrs[i] = kpm_free_bulk_large(i % 3 ? 100 : 20000);
		if (!kpm_ptrs[i])
			return -ENOMEM;
	}
	for (i = 0; i < 50; i++)
		kpm_gone_unseen(&s_free_bulk_large, kpm_ptrs[i], false);
	kfree_bulk(50, kpm_ptrs);
	return 0;
}

static int run_cache_free_bulk(void)
{
	struct kmem_cache *s = kpm_cache(&s_cache_free_bulk, 56, 0);
	int b, i;

	if (!s)
		return -ENOMEM;
	for (b = 0; b < ARRAY_SIZE(batches); b++) {
		for (i = 0; i < batches[b]; i++) {
			kpm_ptrs[i] = kpm_cache_free_bulk(s);
			if (!kpm_ptrs[i])
				return -ENOMEM;
		}
		for (i = 0; i < batches[b]; i++)
			kpm_gone_unseen(&s_cache_free_bulk, kpm_ptrs[i], false);
		kmem_cache_free_bulk(s, batches[b], kpm_ptrs);
	}
	for (i = 0; i < 15; i++)
		kpm_cache_free_bulk(s);
	return 0;
}

static int run_alloc_bulk(void)
{
	struct kmem_cache *s = kpm_cache(&s_alloc_bulk, 152, 0);
	int b, i;

	if (!s)
		return -ENOMEM;
	for (b = 0; b < ARRAY_SIZE(batches); b++) {
		if (kpm_alloc_bulk(s, batches[b], kpm_ptrs))
			return -ENOMEM;
		for (i = 0; i < batches[b]; i++) {
			if (b == 8 && i < 10) /* ten of a batch of 32 stay */
				continue;
			kpm_gone(&s_alloc_bulk, kpm_ptrs[i], false);
			kmem_cache_free(s, kpm_ptrs[i]);
		}
	}
	return 0;
}

static int run_both_bulk(void)
{
	struct kmem_cache *s = kpm_cache(&s_both_bulk, 80, SLAB_RECLAIM_ACCOUNT);
	int b, i, n;

	if (!s)
		return -ENOMEM;
	for (b = 0; b < ARRAY_SIZE(batches); b++) {
		if (kpm_both_bulk(s, batches[b], kpm_ptrs))
			return -ENOMEM;
		n = batches[b] - (b == 13 ? 22 : 0); /* of a batch of 100 */
		for (i = 0; i < n; i++)
			kpm_gone_unseen(&s_both_bulk, kpm_ptrs[i], true);
		kmem_cache_free_bulk(s, n, kpm_ptrs);
	}
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
KPM_SITE_FN void *kpm_nolock_free(size_t n)
{
	return kpm_got(&s_nolock_free, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_nolock_alloc(size_t n)
{
	return kpm_got_unseen(&s_nolock_alloc, kmalloc_nolock(n, 0, NUMA_NO_NODE), false);
}

/* Mixed on purpose: the slab allocator itself gives kmalloc's objects to kfree_nolock. */
static int run_nolock(void)
{
	int i;

	for (i = 0; i < 200; i++) {
		void *p = kpm_nolock_free(100);

		if (p && i % 20) {
			kpm_gone_unseen(&s_nolock_free, p, false);
			kfree_nolock(p);
		}
		p = kpm_nolock_alloc(200);
		if (p && i % 25) {
			kpm_gone_unseen(&s_nolock_alloc, p, false);
			kfree_nolock(p);
		}
	}
	return 0;
}
#else
static int run_nolock(void)
{
	return -EOPNOTSUPP;
}
#endif

const struct kpm_case kpm_unseen_cases[] = {{"rcu_head", run_rcu_head},
					    {"rcu_cache", run_rcu_cache},
					    {"rcu_cache_rcl", run_rcu_cache_rcl},
					    {"rcu_nohead", run_rcu_nohead},
					    {"rcu_large", run_rcu_large},
					    {"free_bulk", run_free_bulk},
					    {"free_bulk_large", run_free_bulk_large},
					    {"cache_free_bulk", run_cache_free_bulk},
					    {"alloc_bulk", run_alloc_bulk},
					    {"both_bulk", run_both_bulk},
					    {"nolock", run_nolock},
					    {}};
