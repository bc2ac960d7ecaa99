// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of slab caches of our own, with objects allocated and freed one by one: kinds, node
 * variant, RCU type-safe, mempool, a cache that is destroyed and made again.
 */
#include <linux/mempool.h>

#include "leaky.h"

#define SITE(name, fn, rcl)                                                                        \
	static struct kpm_site s_##name = {                                                        \
		.kase = #name, .sym = "kpm_" #fn, .cache = "kpm_c_" #name, .paged = rcl}

SITE(cache, cache_plain, false);
SITE(cache_rcl, cache_rcl, true);
SITE(cache_node, cache_node, false);
SITE(typesafe, typesafe, false);
SITE(odd, odd, false);

/* One function that serves two caches: two tags. */
static struct kpm_site s_shared_a = {
	.kase = "shared_site", .sym = "kpm_shared", .cache = "kpm_c_shared_a"};
static struct kpm_site s_shared_b = {
	.kase = "shared_site", .sym = "kpm_shared", .cache = "kpm_c_shared_b", .paged = true};
/* One function, a cache that is destroyed, and another one in the place of its descriptor. */
static struct kpm_site s_recreate_a = {
	.kase = "recreate", .sym = "kpm_recreate", .cache = "kpm_c_recreate_a"};
static struct kpm_site s_recreate_b = {
	.kase = "recreate", .sym = "kpm_recreate", .cache = "kpm_c_recreate_b", .paged = true};
/* The same name and size again. */
static struct kpm_site s_again = {.kase = "again", .sym = "kpm_again", .cache = "kpm_c_again"};
/* The call site is in the kernel (mempool_alloc_slab or its caller): the cache tells it apart. */
static struct kpm_site s_pool = {.kase = "mempool", .sym = "*", .cache = "kpm_c_pool"};
static struct kpm_site s_pool_fn = {.kase = "mempool", .sym = "kpm_pool_alloc"};

KPM_SITE_FN void *kpm_cache_plain(struct kmem_cache *s)
{
	return kpm_got(&s_cache, kmem_cache_alloc(s, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_cache_rcl(struct kmem_cache *s)
{
	return kpm_got(&s_cache_rcl, kmem_cache_alloc(s, GFP_KERNEL), true);
}

KPM_SITE_FN void *kpm_cache_node(struct kmem_cache *s)
{
	return kpm_got(&s_cache_node, kmem_cache_alloc_node(s, GFP_KERNEL, 0), false);
}

KPM_SITE_FN void *kpm_typesafe(struct kmem_cache *s)
{
	return kpm_got(&s_typesafe, kmem_cache_alloc(s, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_odd(struct kmem_cache *s)
{
	return kpm_got(&s_odd, kmem_cache_alloc(s, GFP_ATOMIC), false);
}

KPM_SITE_FN void *kpm_shared(struct kpm_site *site, struct kmem_cache *s)
{
	return kpm_got(site, kmem_cache_alloc(s, GFP_KERNEL), site->paged);
}

KPM_SITE_FN void *kpm_recreate(struct kpm_site *site, struct kmem_cache *s)
{
	return kpm_got(site, kmem_cache_alloc(s, GFP_KERNEL), site->paged);
}

KPM_SITE_FN void *kpm_again(struct kmem_cache *s)
{
	return kpm_got(&s_again, kmem_cache_alloc(s, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_pool_alloc(gfp_t gfp, void *data)
{
	return kpm_got(&s_pool_fn, kmalloc(*(size_t *)data, gfp), false);
}

static void kpm_pool_free(void *p, void *data)
{
	kpm_kfree(&s_pool_fn, p);
}

static void put(struct kpm_site *site, struct kmem_cache *s, void *p)
{
	kpm_gone(site, p, site->paged);
	kmem_cache_free(s, p);
}

static int leave(struct kpm_site *site, void *(*get)(struct kmem_cache *), size_t size,
		 slab_flags_t flags, int n, int leak)
{
	struct kmem_cache *s = kpm_cache(site, size, flags);
	int i;

	if (!s)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		kpm_ptrs[i] = get(s);
		if (!kpm_ptrs[i])
			return -ENOMEM;
	}
	for (i = 0; i < n - leak; i++)
		put(site, s, kpm_ptrs[i]);
	return 0;
}

static int run_cache(void)
{
	return leave(&s_cache, kpm_cache_plain, 120, 0, 1500, 40);
}

static int run_cache_rcl(void)
{
	return leave(&s_cache_rcl, kpm_cache_rcl, 200, SLAB_RECLAIM_ACCOUNT, 900, 31);
}

static int run_cache_node(void)
{
	return leave(&s_cache_node, kpm_cache_node, 72, 0, 700, 13);
}

static int run_typesafe(void)
{
	return leave(&s_typesafe, kpm_typesafe, 96, SLAB_TYPESAFE_BY_RCU, 800, 24);
}

/* An aligned size that no one would guess: 1 KiB and a bit, on cache lines. */
static int run_odd(void)
{
	return leave(&s_odd, kpm_odd, 1025, SLAB_HWCACHE_ALIGN, 200, 14);
}

static int run_shared_site(void)
{
	struct kmem_cache *a = kpm_cache(&s_shared_a, 88, 0);
	struct kmem_cache *b = kpm_cache(&s_shared_b, 352, SLAB_RECLAIM_ACCOUNT);
	void *p;
	int i;

	if (!a || !b)
		return -ENOMEM;
	for (i = 0; i < 200; i++) {
		p = kpm_shared(&s_shared_a, a);
		if (p && i % 10)
			put(&s_shared_a, a, p);
		p = kpm_shared(&s_shared_b, b);
		if (p && i % 8)
			put(&s_shared_b, b, p);
	}
	return 0;
}

static int run_recreate(void)
{
	struct kmem_cache *a, *b;
	int i, round;

	for (round = 0; round < 3; round++) {
		a = kpm_cache(&s_recreate_a, 100, 0);
		if (!a)
			return -ENOMEM;
		for (i = 0; i < 150; i++)
			kpm_ptrs[i] = kpm_recreate(&s_recreate_a, a);
		for (i = 0; i < 150; i++)
			put(&s_recreate_a, a, kpm_ptrs[i]);
		kmem_cache_destroy(a);
	}
	b = kpm_cache(&s_recreate_b, 300, SLAB_RECLAIM_ACCOUNT);
	if (!b)
		return -ENOMEM;
	pr_info("kpm: recreate: %s descriptor\n", a == b ? "the same" : "another");
	for (i = 0; i < 200; i++) {
		void *p = kpm_recreate(&s_recreate_b, b);

		if (p && i % 10)
			put(&s_recreate_b, b, p);
	}
	return 0;
}

static int run_again(void)
{
	struct kmem_cache *s = NULL;
	int i, round;

	for (round = 0; round < 4; round++) {
		s = kpm_cache(&s_again, 136, 0);
		if (!s)
			return -ENOMEM;
		for (i = 0; i < 90; i++)
			kpm_ptrs[i] = kpm_again(s);
		for (i = 0; i < (round < 3 ? 90 : 73); i++)
			put(&s_again, s, kpm_ptrs[i]);
		if (round < 3)
			kmem_cache_destroy(s);
	}
	return 0;
}

/* Elements in the reserve are outstanding: the pool took them and keeps them. */
static int run_mempool(void)
{
	static size_t size = 600;
	struct kmem_cache *s = kpm_cache(&s_pool, 264, 0);
	mempool_t *a, *b;
	int i;

	if (!s)
		return -ENOMEM;
	a = mempool_create_slab_pool(16, s);
	b = mempool_create(8, kpm_pool_alloc, kpm_pool_free, &size);
	if (!a || !b)
		return -ENOMEM;
	for (i = 0; i < 16; i++)
		kpm_got(&s_pool, s, false);
	for (i = 0; i < 100; i++) {
		kpm_ptrs[i] = mempool_alloc(a, GFP_KERNEL);
		kpm_got(&s_pool, kpm_ptrs[i], false);
		kpm_ptrs[100 + i] = mempool_alloc(b, GFP_KERNEL);
	}
	for (i = 0; i < 94; i++) {
		kpm_gone(&s_pool, kpm_ptrs[i], false);
		mempool_free(kpm_ptrs[i], a);
		mempool_free(kpm_ptrs[100 + i], b);
	}
	return 0;
}

const struct kpm_case kpm_cache_cases[] = {{"cache", run_cache},
					   {"cache_rcl", run_cache_rcl},
					   {"cache_node", run_cache_node},
					   {"typesafe", run_typesafe},
					   {"odd", run_odd},
					   {"shared_site", run_shared_site},
					   {"recreate", run_recreate},
					   {"again", run_again},
					   {"mempool", run_mempool},
					   {}};
