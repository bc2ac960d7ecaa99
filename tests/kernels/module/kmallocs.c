// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of kmalloc and its relatives that are freed one by one, by kfree or krealloc.
 */
#include <linux/gcd.h>
#include <linux/string.h>

#include "leaky.h"

static const size_t sizes[] = {8,   13,  16,  33,   64,   90,   96,   150,
			       192, 250, 500, 1000, 2040, 4096, 5000, 8192};
static const size_t large_sizes[] = {8193,  12288,  16384,  20000,  40000,
				     65536, 100000, 300000, 1048576};

#define SITE(name, fn) static struct kpm_site s_##name = {.kase = #name, .sym = "kpm_" #fn}

SITE(before, before);
SITE(plain, plain);
SITE(plain_zero, plain_zero);
SITE(plain_const, plain_const);
SITE(calloc, calloc);
SITE(account, account);
SITE(kmemdup, kmemdup);
SITE(kstrdup, kstrdup);
SITE(large_const, large_const);
SITE(large_var, large_var);
SITE(kmalloc_rcl, kmalloc_rcl);
SITE(large_rcl, large_rcl);
SITE(dma_rcl, dma_rcl);
SITE(mixed, mixed);
SITE(kmalloc_node, kmalloc_node);
SITE(krealloc, krealloc);
SITE(reuse, reuse);

KPM_SITE_FN void *kpm_before(size_t n)
{
	return kpm_got(&s_before, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_plain(size_t n)
{
	return kpm_got(&s_plain, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_plain_zero(size_t n)
{
	return kpm_got(&s_plain_zero, kzalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_plain_const(size_t n)
{
	return kpm_got(&s_plain_const, kmalloc(160, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_calloc(size_t n)
{
	return kpm_got(&s_calloc, kcalloc(n / 8 + 1, 8, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_account(size_t n)
{
	return kpm_got(&s_account, kmalloc(n, GFP_KERNEL_ACCOUNT), false);
}

KPM_SITE_FN void *kpm_kmemdup(size_t n)
{
	return kpm_got(&s_kmemdup, kmemdup(kpm_ptrs, n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_kstrdup(size_t n)
{
	return kpm_got(&s_kstrdup, kstrdup("a string to be leaked" + n % 20, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_large_const(size_t n)
{
	return kpm_got(&s_large_const, kmalloc(20000, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_large_var(size_t n)
{
	return kpm_got(&s_large_var, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_kmalloc_rcl(size_t n)
{
	return kpm_got(&s_kmalloc_rcl, kmalloc(n, GFP_KERNEL | __GFP_RECLAIMABLE), true);
}

/* Large kmalloc is pages, and those count as unreclaimable whatever was asked for. */
KPM_SITE_FN void *kpm_large_rcl(size_t n)
{
	return kpm_got(&s_large_rcl, kmalloc(n, GFP_KERNEL | __GFP_RECLAIMABLE), false);
}

/* __GFP_DMA wins over __GFP_RECLAIMABLE, where there is a DMA zone at all. */
KPM_SITE_FN void *kpm_dma_rcl(size_t n)
{
	return kpm_got(&s_dma_rcl, kmalloc(n, GFP_KERNEL | GFP_DMA | __GFP_RECLAIMABLE),
		       !IS_ENABLED(CONFIG_ZONE_DMA));
}

/* One call site, both kinds. */
KPM_SITE_FN void *kpm_mixed(size_t n, bool paged)
{
	return kpm_got(&s_mixed, kmalloc(n, GFP_KERNEL | (paged ? __GFP_RECLAIMABLE : 0)), paged);
}

KPM_SITE_FN void *kpm_kmalloc_node(size_t n)
{
	return kpm_got(&s_kmalloc_node, kmalloc_node(n, GFP_KERNEL, 0), false);
}

KPM_SITE_FN void *kpm_krealloc(void *old, size_t n)
{
	size_t was = old ? ksize(old) : 0;
	void *p = krealloc(old, n, GFP_KERNEL);

	/* In place is no event; else it is an allocation here and a kfree of the old one. */
	if (p && p != old) {
		kpm_got(&s_krealloc, p, false);
		if (old)
			kpm_gone_size(&s_krealloc, was, false);
	}
	return p;
}

KPM_SITE_FN void *kpm_reuse(size_t n)
{
	return kpm_got(&s_reuse, kmalloc(n, GFP_KERNEL), false);
}

/* Allocates n objects of all sizes, then frees all but the last `leak`, in another order. */
static int leave(struct kpm_site *site, void *(*get)(size_t), const size_t *size, int nsize, int n,
		 int leak, bool paged)
{
	int i, step = 7, at;

	for (i = 0; i < n; i++) {
		kpm_ptrs[i] = get(size[i % nsize]);
		if (!kpm_ptrs[i])
			return -ENOMEM;
	}
	n -= leak;
	while (gcd(n, step) > 1)
		step++;
	for (i = 0, at = 0; i < n; i++, at = (at + step) % n) {
		kpm_gone(site, kpm_ptrs[at], paged);
		kfree(kpm_ptrs[at]);
	}
	return 0;
}

#define SMALL sizes, ARRAY_SIZE(sizes)
#define LARGE large_sizes, ARRAY_SIZE(large_sizes)
#define RUN(name, ...)                                                                             \
	static int run_##name(void)                                                                \
	{                                                                                          \
		return leave(&s_##name, kpm_##name, __VA_ARGS__);                                  \
	}

RUN(plain, SMALL, 1000, 50, false)
RUN(plain_zero, SMALL, 1000, 0, false)
RUN(plain_const, SMALL, 300, 17, false)
RUN(calloc, SMALL, 300, 9, false)
RUN(account, SMALL, 300, 11, false)
RUN(kmemdup, SMALL, 300, 21, false)
RUN(kstrdup, SMALL, 300, 33, false)
RUN(large_const, LARGE, 20, 3, false)
RUN(large_var, LARGE, 36, 9, false)
RUN(kmalloc_rcl, SMALL, 400, 48, true)
RUN(large_rcl, LARGE, 18, 2, false)
RUN(dma_rcl, SMALL, 32, 8, !IS_ENABLED(CONFIG_ZONE_DMA))
RUN(kmalloc_node, SMALL, 300, 19, false)

static int run_mixed(void)
{
	int i;

	for (i = 0; i < 120; i++) {
		kpm_ptrs[i] = kpm_mixed(sizes[i % ARRAY_SIZE(sizes)], i % 3 == 0);
		if (!kpm_ptrs[i])
			return -ENOMEM;
	}
	for (i = 0; i < 70; i++) {
		kpm_gone(&s_mixed, kpm_ptrs[i], i % 3 == 0);
		kfree(kpm_ptrs[i]);
	}
	return 0;
}

/* Up through every class into pages, down again, up; every third ends freed by krealloc. */
static int run_krealloc(void)
{
	static const size_t way[] = {20,   30,   33,    100,   97,   200, 1000, 500, 3000,
				     5000, 9000, 30000, 70000, 9000, 100, 10,   4000};
	int i, j;

	for (i = 0; i < 30; i++) {
		void *p = NULL;

		for (j = 0; j < ARRAY_SIZE(way) - i % 5; j++) {
			p = kpm_krealloc(p, way[j]);
			if (!p)
				return -ENOMEM;
		}
		if (i % 3 == 0) {
			kpm_gone(&s_krealloc, p, false);
			p = krealloc(p, 0, GFP_KERNEL);
		}
	}
	return 0;
}

static int run_reuse(void)
{
	int i;

	for (i = 0; i < 20000; i++)
		kpm_kfree(&s_reuse, kpm_reuse(300));
	kpm_reuse(300);
	return 0;
}

static void *early[100];

/* Objects from before tracking began are freed while it runs; only the later four count. */
static int run_before(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		early[i] = kpm_before(700);
		if (!early[i])
			return -ENOMEM;
	}
	return 0;
}

static int run_before_free(void)
{
	int i;

	for (i = 0; i < 100; i++)
		kpm_kfree(&s_before, early[i]);
	for (i = 0; i < 4; i++)
		kpm_before(700);
	return 0;
}

/* For the test of the verdict: each call leaks one small object, or fifty larger ones. */
static struct kpm_site s_drip = {.kase = "drip", .sym = "kpm_drip"};
static struct kpm_site s_flood = {.kase = "flood", .sym = "kpm_flood"};

KPM_SITE_FN void *kpm_drip(size_t n)
{
	return kpm_got(&s_drip, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_flood(size_t n)
{
	return kpm_got(&s_flood, kmalloc(n, GFP_KERNEL), false);
}

static int run_drip(void)
{
	return kpm_drip(100) ? 0 : -ENOMEM;
}

static int run_flood(void)
{
	int i;

	for (i = 0; i < 50; i++)
		if (!kpm_flood(500))
			return -ENOMEM;
	return 0;
}

const struct kpm_case kpm_kmalloc_cases[] = {{"drip", run_drip},
					     {"flood", run_flood},
					     {"before", run_before},
					     {"before_free", run_before_free},
					     {"plain", run_plain},
					     {"plain_zero", run_plain_zero},
					     {"plain_const", run_plain_const},
					     {"calloc", run_calloc},
					     {"account", run_account},
					     {"kmemdup", run_kmemdup},
					     {"kstrdup", run_kstrdup},
					     {"large_const", run_large_const},
					     {"large_var", run_large_var},
					     {"kmalloc_rcl", run_kmalloc_rcl},
					     {"large_rcl", run_large_rcl},
					     {"dma_rcl", run_dma_rcl},
					     {"mixed", run_mixed},
					     {"kmalloc_node", run_kmalloc_node},
					     {"krealloc", run_krealloc},
					     {"reuse", run_reuse},
					     {}};
