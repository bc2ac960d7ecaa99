// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of who is answerable, where the call site is in a helper: of the kernel, of the module
 * itself, known by its name or by its callers; and in a softirq, where no process is.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "leaky.h"

#define LEAKS 200

/* What alloc_skb() and dev_alloc_skb() call: trees made from source lack parts of linux/skbuff.h. */
struct net_device;
struct sk_buff *__alloc_skb(unsigned int size, gfp_t gfp, int flags, int node);
struct sk_buff *__netdev_alloc_skb(struct net_device *dev, unsigned int size, gfp_t gfp);

/* The call site may be in the kernel: the owner tells whose it is. */
#define IN_KERNEL(name)                                                                            \
	static struct kpm_site s_##name = {.kase = #name, .sym = "*", .owner = "kpm_" #name}

IN_KERNEL(owner_kvmalloc);
IN_KERNEL(owner_worker);
static struct kpm_site s_tidy_kvmalloc = {.kase = "owner_kvmalloc", .sym = "kpm_tidy_kvmalloc"};
static struct kpm_site s_owner_kmemdup = {
	.kase = "owner_kmemdup", .sym = "kpm_owner_kmemdup", .owner = "kpm_owner_kmemdup"};
IN_KERNEL(owner_mempool);
static struct kpm_site s_owner_mempool_slab = {
	.kase = "owner_mempool", .sym = "*", .owner = "kpm_owner_mempool_slab"};
static struct kpm_site s_owner_devm = {
	.kase = "owner_devm", .sym = "devm_zalloc_kpm", .owner = "kpm_owner_devm"};
static struct kpm_site s_owner_wrapper = {
	.kase = "owner_wrapper", .sym = "kpm_new_message", .owner = "kpm_owner_wrapper"};
static struct kpm_site s_owner_skb = {
	.kase = "owner_skb", .sym = "*", .path = "skb_cache", .owner = "kpm_owner_skb"};
static struct kpm_site s_owner_rx_skb = {
	.kase = "owner_skb", .sym = "*", .owner = "kpm_owner_rx_skb"};

/* Of a size that few others want of it. */
KPM_SITE_FN void *kpm_owner_kvmalloc(void)
{
	return kpm_got(&s_owner_kvmalloc, kvmalloc(2500, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_tidy_kvmalloc(void)
{
	return kpm_got(&s_tidy_kvmalloc, kvmalloc(2500, GFP_KERNEL), false);
}

static int run_owner_kvmalloc(void)
{
	int i;

	for (i = 0; i < LEAKS; i++) {
		void *p = kpm_tidy_kvmalloc();

		if (!p || !kpm_owner_kvmalloc())
			return -ENOMEM;
		kpm_gone(&s_tidy_kvmalloc, p, false);
		kvfree(p);
	}
	return 0;
}

static DECLARE_COMPLETION(worked);

KPM_SITE_FN void kpm_owner_worker(struct work_struct *work)
{
	int i;

	for (i = 0; i < LEAKS; i++)
		kpm_got(&s_owner_worker, kvmalloc(1800, GFP_KERNEL), false);
	complete(&worked);
}

static DECLARE_WORK(kpm_work, kpm_owner_worker);

static int run_owner_worker(void)
{
	schedule_work(&kpm_work);
	wait_for_completion(&worked);
	return 0;
}

KPM_SITE_FN void *kpm_owner_kmemdup(void)
{
	return kpm_got(&s_owner_kmemdup, kmemdup(kpm_ptrs, 700, GFP_KERNEL), false);
}

static int run_owner_kmemdup(void)
{
	int i;

	for (i = 0; i < 2 * LEAKS; i++) {
		void *p = kpm_owner_kmemdup();

		if (!p)
			return -ENOMEM;
		if (i % 2)
			kpm_kfree(&s_owner_kmemdup, p);
	}
	return 0;
}

KPM_SITE_FN void *kpm_owner_mempool(mempool_t *pool)
{
	return kpm_got(&s_owner_mempool, mempool_alloc(pool, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_owner_mempool_slab(mempool_t *pool)
{
	return kpm_got(&s_owner_mempool_slab, mempool_alloc(pool, GFP_KERNEL), false);
}

/* The one element in the reserve of each pool is this function's. */
static int run_owner_mempool(void)
{
	struct kmem_cache *s =
		kmem_cache_create("kpm_c_owner_pool", 312, 0, KPM_NO_MERGE, KPM_CTOR);
	mempool_t *a = mempool_create_kmalloc_pool(1, 1500);
	mempool_t *b = s ? mempool_create_slab_pool(1, s) : NULL;
	int i;

	if (!a || !b)
		return -ENOMEM;
	for (i = 0; i < LEAKS; i++)
		if (!kpm_owner_mempool(a) || !kpm_owner_mempool_slab(b))
			return -ENOMEM;
	return 0;
}

/* Memory that would go with its device, which here never does. */
static LIST_HEAD(resources);

KPM_SITE_FN void *devm_zalloc_kpm(size_t n)
{
	struct list_head *p = kpm_got(&s_owner_devm, kzalloc(sizeof(*p) + n, GFP_KERNEL), false);

	if (p)
		list_add(p, &resources);
	return p ? p + 1 : NULL;
}

KPM_SITE_FN bool kpm_owner_devm(size_t n)
{
	return devm_zalloc_kpm(n) != NULL;
}

static int run_owner_devm(void)
{
	int i;

	for (i = 0; i < LEAKS; i++)
		if (!kpm_owner_devm(900))
			return -ENOMEM;
	return 0;
}

/* A helper that no list has: many call it. */
KPM_SITE_FN void *kpm_new_message(size_t n)
{
	return kpm_got(&s_owner_wrapper, kmalloc(n, GFP_KERNEL), false);
}

#define SENDER(name)                                                                               \
	KPM_SITE_FN bool name(bool forget)                                                         \
	{                                                                                          \
		void *p = kpm_new_message(450);                                                    \
                                                                                                   \
		if (!forget)                                                                       \
			kpm_kfree(&s_owner_wrapper, p);                                            \
		return p != NULL;                                                                  \
	}

SENDER(kpm_owner_wrapper)
SENDER(kpm_tidy_sender)
SENDER(kpm_tidy_answerer)
SENDER(kpm_tidy_timekeeper)
SENDER(kpm_tidy_watchdog)

static int run_owner_wrapper(void)
{
	int i;

	for (i = 0; i < LEAKS; i++)
		if (!kpm_owner_wrapper(true) || !kpm_tidy_sender(false) ||
		    !kpm_tidy_answerer(false) || !kpm_tidy_timekeeper(false) ||
		    !kpm_tidy_watchdog(false))
			return -ENOMEM;
	return 0;
}

static struct timer_list tx, rx;
static DECLARE_COMPLETION(ticked);
static int tx_ticks, rx_ticks;

static void next_tick(struct timer_list *t, int *ticks)
{
	if (++*ticks < 20)
		mod_timer(t, jiffies + 1);
	else
		complete(&ticked);
}

/*
 * An skb and its data: two objects. (The bytes are not right, and not asked for.) Since 6.19 the skb
 * may be one that a CPU kept of those it freed, without an event ("net: use napi_skb_cache even in
 * process context").
 */
KPM_SITE_FN void kpm_owner_skb(struct timer_list *t)
{
	int i;

	for (i = 0; i < LEAKS / 20; i++) {
		void *skb = __alloc_skb(1500, GFP_ATOMIC, 0, NUMA_NO_NODE);

		kpm_got_unseen(&s_owner_skb, skb, false);
		kpm_got(&s_owner_skb, skb, false);
	}
	next_tick(t, &tx_ticks);
}

/* An skb, whose data is a part of a page. */
KPM_SITE_FN void kpm_owner_rx_skb(struct timer_list *t)
{
	int i;

	for (i = 0; i < LEAKS / 20; i++)
		kpm_got(&s_owner_rx_skb, __netdev_alloc_skb(NULL, 1600, GFP_ATOMIC), false);
	next_tick(t, &rx_ticks);
}

static int run_owner_skb(void)
{
	timer_setup(&tx, kpm_owner_skb, 0);
	mod_timer(&tx, jiffies + 1);
	wait_for_completion(&ticked);
	timer_setup(&rx, kpm_owner_rx_skb, 0);
	mod_timer(&rx, jiffies + 1);
	wait_for_completion(&ticked);
	return 0;
}

const struct kpm_case kpm_owner_cases[] = {
	{"owner_kvmalloc", run_owner_kvmalloc}, {"owner_kmemdup", run_owner_kmemdup},
	{"owner_mempool", run_owner_mempool},   {"owner_devm", run_owner_devm},
	{"owner_wrapper", run_owner_wrapper},   {"owner_skb", run_owner_skb},
	{"owner_worker", run_owner_worker},     {}};
