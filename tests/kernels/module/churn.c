// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A long churn on all CPUs: what a probe loses now and then only, because the kernel does not run
 * it while it is running already, shows in numbers. The same work for each name: the guest runs it
 * alone and beside several kinds of load (guest/truth), and the truth of each is its own.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "leaky.h"

struct obj {
	u64 word[3];
	struct rcu_head rcu;
};

#define ROUNDS 3000
#define PAIRS  12 /* of each kind in a round */
#define BATCH  16

/* The functions and the truth of one name. */
struct churn {
	struct kpm_site kmalloc, cache, rcu, bulk;
	void *(*get)(size_t n);
	void *(*get_cache)(struct kmem_cache *s);
	void *(*get_rcu)(size_t n);
	int (*get_bulk)(struct kmem_cache *s, int n, void **p);
	struct kmem_cache *slab, *bulk_slab;
	atomic_t done;
};

static int churn_on(void *arg)
{
	struct churn *c = arg;
	void *p, *batch[BATCH];
	int i, k;

	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < PAIRS; k++) {
			kpm_kfree(&c->kmalloc, c->get(64 + (i + k) % 900));
			p = c->get_cache(c->slab);
			if (!p)
				continue;
			kpm_gone(&c->cache, p, false);
			kmem_cache_free(c->slab, p);
		}
		p = c->get_rcu(sizeof(struct obj));
		if (p) {
			kpm_gone_unseen(&c->rcu, p, false);
			kfree_rcu((struct obj *)p, rcu);
		}
		if (i % 8 == 0 && !c->get_bulk(c->bulk_slab, BATCH, batch)) {
			for (k = 0; k < BATCH; k++)
				kpm_gone_unseen(&c->bulk, batch[k], false);
			kmem_cache_free_bulk(c->bulk_slab, BATCH, batch);
		}
		cond_resched();
	}
	for (k = 0; k < 7; k++) {
		c->get(100);
		c->get_cache(c->slab);
	}
	atomic_inc(&c->done);
	return 0;
}

static int churn(struct churn *c)
{
	struct task_struct *t;
	int cpu, threads = 0;

	c->slab = kpm_cache(&c->cache, 184, 0);
	c->bulk_slab = kpm_cache(&c->bulk, 136, 0);
	if (!c->slab || !c->bulk_slab)
		return -ENOMEM;
	for_each_online_cpu(cpu)
	{
		t = kthread_create(churn_on, c, "kpm/%d", cpu);
		if (IS_ERR(t))
			break;
		kthread_bind(t, cpu);
		wake_up_process(t);
		threads++;
	}
	while (atomic_read(&c->done) < threads)
		msleep(10);
	return 0;
}

#define CHURN(name)                                                                                \
	static struct churn c_##name = {                                                           \
		.kmalloc = {.kase = #name, .sym = "kpm_" #name},                                   \
		.cache = {.kase = #name, .sym = "kpm_" #name "_cache", .cache = "kpm_c_" #name},   \
		.rcu = {.kase = #name, .sym = "kpm_" #name "_rcu", .path = "kfree_rcu"},           \
		.bulk = {.kase = #name,                                                            \
			 .sym = "kpm_" #name "_bulk",                                              \
			 .cache = "kpm_c_" #name "_bulk",                                          \
			 .path = "alloc_bulk+free_bulk"},                                          \
	};                                                                                         \
	KPM_SITE_FN void *kpm_##name(size_t n)                                                     \
	{                                                                                          \
		return kpm_got(&c_##name.kmalloc, kmalloc(n, GFP_KERNEL), false);                  \
	}                                                                                          \
	KPM_SITE_FN void *kpm_##name##_cache(struct kmem_cache *s)                                 \
	{                                                                                          \
		return kpm_got(&c_##name.cache, kmem_cache_alloc(s, GFP_KERNEL), false);           \
	}                                                                                          \
	KPM_SITE_FN void *kpm_##name##_rcu(size_t n)                                               \
	{                                                                                          \
		return kpm_got(&c_##name.rcu, kmalloc(n, GFP_KERNEL), false);                      \
	}                                                                                          \
	KPM_SITE_FN int kpm_##name##_bulk(struct kmem_cache *s, int n, void **p)                   \
	{                                                                                          \
		int i;                                                                             \
                                                                                                   \
		if (!kmem_cache_alloc_bulk(s, GFP_KERNEL, n, p))                                   \
			return -ENOMEM;                                                            \
		for (i = 0; i < n; i++)                                                            \
			kpm_got_unseen(&c_##name.bulk, p[i], false);                               \
		return 0;                                                                          \
	}                                                                                          \
	static int run_##name(void)                                                                \
	{                                                                                          \
		c_##name.get = kpm_##name;                                                         \
		c_##name.get_cache = kpm_##name##_cache;                                           \
		c_##name.get_rcu = kpm_##name##_rcu;                                               \
		c_##name.get_bulk = kpm_##name##_bulk;                                             \
		return churn(&c_##name);                                                           \
	}

CHURN(churn)
CHURN(churn_load)
CHURN(churn_loads)
CHURN(churn_realtime)
CHURN(churn_kprobe)
CHURN(churn_maps)

const struct kpm_case kpm_churn_cases[] = {{"churn", run_churn},
					   {"churn_load", run_churn_load},
					   {"churn_loads", run_churn_loads},
					   {"churn_realtime", run_churn_realtime},
					   {"churn_kprobe", run_churn_kprobe},
					   {"churn_maps", run_churn_maps},
					   {}};
