// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of who allocates: a timer, a hard interrupt, code with interrupts off, and kernel threads
 * pinned to every CPU at once that free each other's objects.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/timer.h>

#include "leaky.h"

#define SITE(name) static struct kpm_site s_##name = {.kase = #name, .sym = "kpm_" #name}

SITE(timer);
SITE(hardirq);
SITE(irqoff);
SITE(cpus);
static struct kpm_site s_cpus_cache = {
	.kase = "cpus", .sym = "kpm_cpus_cache", .cache = "kpm_c_cpus"};

KPM_SITE_FN void *kpm_timer(size_t n)
{
	return kpm_got(&s_timer, kmalloc(n, GFP_ATOMIC), false);
}

KPM_SITE_FN void *kpm_hardirq(size_t n)
{
	return kpm_got(&s_hardirq, kmalloc(n, GFP_ATOMIC), false);
}

KPM_SITE_FN void *kpm_irqoff(size_t n)
{
	return kpm_got(&s_irqoff, kmalloc(n, GFP_ATOMIC), false);
}

KPM_SITE_FN void *kpm_cpus(size_t n)
{
	return kpm_got(&s_cpus, kmalloc(n, GFP_KERNEL), false);
}

KPM_SITE_FN void *kpm_cpus_cache(struct kmem_cache *s)
{
	return kpm_got(&s_cpus_cache, kmem_cache_alloc(s, GFP_KERNEL), false);
}

/* Gets 30 objects, frees 29 of them in place. */
static void some(struct kpm_site *site, void *(*get)(size_t))
{
	int i;

	for (i = 0; i < 30; i++) {
		void *p = get(50 + i * 20);

		if (i != 7)
			kpm_kfree(site, p);
	}
}

static struct timer_list tick;
static DECLARE_COMPLETION(ticked);
static int ticks;

static void on_tick(struct timer_list *t)
{
	some(&s_timer, kpm_timer);
	if (++ticks < 20)
		mod_timer(&tick, jiffies + 1);
	else
		complete(&ticked);
}

static int run_timer(void)
{
	timer_setup(&tick, on_tick, 0);
	mod_timer(&tick, jiffies + 1);
	wait_for_completion(&ticked);
	return 0;
}

static void on_irq(struct irq_work *w)
{
	some(&s_hardirq, kpm_hardirq);
}

static int run_hardirq(void)
{
	static struct irq_work work;
	int i;

	for (i = 0; i < 25; i++) {
		work = IRQ_WORK_INIT_HARD(on_irq);
		irq_work_queue(&work);
		irq_work_sync(&work);
	}
	return 0;
}

static int run_irqoff(void)
{
	unsigned long flags;
	int i;

	for (i = 0; i < 25; i++) {
		local_irq_save(flags);
		some(&s_irqoff, kpm_irqoff);
		local_irq_restore(flags);
	}
	return 0;
}

#define PER_CPU  256
#define MAX_CPUS 64
static void *held[MAX_CPUS][PER_CPU], *held_cache[MAX_CPUS][PER_CPU];
static struct kmem_cache *cpus_slab;
static atomic_t ready, filled, done;
static int threads;

static void meet(atomic_t *a)
{
	atomic_inc(a);
	while (atomic_read(a) < threads)
		cond_resched();
}

/* Churns, then fills its own row, then empties its neighbour's but for five of each. */
static int work_on(void *arg)
{
	int me = (long)arg, next = (me + 1) % threads, i;

	meet(&ready);
	for (i = 0; i < 3000; i++) {
		void *c;

		kpm_kfree(&s_cpus, kpm_cpus(64 + i % 1000));
		c = kpm_cpus_cache(cpus_slab);
		if (c) {
			kpm_gone(&s_cpus_cache, c, false);
			kmem_cache_free(cpus_slab, c);
		}
	}
	for (i = 0; i < PER_CPU; i++) {
		held[me][i] = kpm_cpus(16 << i % 8);
		held_cache[me][i] = kpm_cpus_cache(cpus_slab);
	}
	meet(&filled);
	for (i = 5; i < PER_CPU; i++) {
		kpm_kfree(&s_cpus, held[next][i]);
		if (held_cache[next][i]) {
			kpm_gone(&s_cpus_cache, held_cache[next][i], false);
			kmem_cache_free(cpus_slab, held_cache[next][i]);
		}
	}
	atomic_inc(&done);
	return 0;
}

static int run_cpus(void)
{
	struct task_struct *t[MAX_CPUS];
	int cpu, n = 0, i;

	cpus_slab = kpm_cache(&s_cpus_cache, 232, 0);
	if (!cpus_slab)
		return -ENOMEM;
	for_each_online_cpu(cpu)
	{
		if (n == MAX_CPUS)
			break;
		t[n] = kthread_create(work_on, (void *)(long)n, "kpm/%d", cpu);
		if (IS_ERR(t[n])) {
			while (n--)
				kthread_stop(t[n]);
			return -ENOMEM;
		}
		kthread_bind(t[n++], cpu);
	}
	threads = n;
	for (i = 0; i < n; i++)
		wake_up_process(t[i]);
	while (atomic_read(&done) < n)
		msleep(10);
	return 0;
}

const struct kpm_case kpm_context_cases[] = {{"timer", run_timer},
					     {"hardirq", run_hardirq},
					     {"irqoff", run_irqoff},
					     {"cpus", run_cpus},
					     {}};
