// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Core of the leaky module: the truth and /proc/kpm_leaky.
 *
 * Writing a case's name runs it. Reading gives one line per case that was run,
 *	ran NAME RESULT
 * and one per site,
 *	truth case=C sym=S cache=C|- kind=Nonp|Paged|- allocs=N frees=N out=N nonp=N paged=N
 *	      path=P|- uf=N ufb=N ua=N uab=N mod=leaky
 *	      owner=leaky:F|-
 * (on one line): bytes are 0 for objects of a cache, whose size the guest knows; uf, ufb, ua, uab
 * are frees, their bytes, allocations and their bytes that no tracepoint shows.
 * It cannot be unloaded: what it leaks stays leaked until the guest ends.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "leaky.h"

#define MAX_SITES 128
#define MAX_RUNS  128

void *kpm_ptrs[KPM_PTRS];

static struct kpm_site *sites[MAX_SITES];
static atomic_t nsites;
static struct {
	const char *name;
	int result;
} runs[MAX_RUNS];
static int nruns;
static DEFINE_MUTEX(lock);

static const struct kpm_case *const tables[] = {
	kpm_kmalloc_cases, kpm_cache_cases, kpm_unseen_cases,
	kpm_context_cases, kpm_churn_cases, kpm_owner_cases,
};

static void list_site(struct kpm_site *site)
{
	int i;

	if (atomic_cmpxchg(&site->listed, 0, 1))
		return;
	i = atomic_inc_return(&nsites) - 1;
	if (!WARN_ON(i >= MAX_SITES))
		WRITE_ONCE(sites[i], site);
}

void *kpm_got(struct kpm_site *site, void *p, bool paged)
{
	if (!p)
		return NULL;
	list_site(site);
	atomic64_inc(&site->allocs);
	if (!site->cache)
		atomic64_add(ksize(p), &site->bytes[paged]);
	return p;
}

void *kpm_got_unseen(struct kpm_site *site, void *p, bool paged)
{
	if (p) {
		atomic64_inc(&site->unseen_allocs);
		if (!site->cache)
			atomic64_add(ksize(p), &site->unseen_alloc_bytes);
	}
	return kpm_got(site, p, paged);
}

void kpm_gone_size(struct kpm_site *site, size_t size, bool paged)
{
	atomic64_inc(&site->frees);
	atomic64_sub(size, &site->bytes[paged]);
}

void kpm_gone(struct kpm_site *site, const void *p, bool paged)
{
	kpm_gone_size(site, site->cache ? 0 : ksize(p), paged);
}

void kpm_gone_unseen(struct kpm_site *site, const void *p, bool paged)
{
	atomic64_inc(&site->unseen_frees);
	if (!site->cache)
		atomic64_add(ksize(p), &site->unseen_free_bytes);
	kpm_gone(site, p, paged);
}

void kpm_kfree(struct kpm_site *site, void *p)
{
	if (!p)
		return;
	kpm_gone(site, p, false);
	kfree(p);
}

void kpm_ctor(void *p)
{
}

struct kmem_cache *kpm_cache(const struct kpm_site *site, size_t size, slab_flags_t flags)
{
	return kmem_cache_create(site->cache, size, 0, flags | KPM_NO_MERGE, KPM_CTOR);
}

static int run(const char *name)
{
	const struct kpm_case *c;
	int i, r;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (c = tables[i]; c->name; c++) {
			if (strcmp(c->name, name))
				continue;
			/* a case that is run again and again is listed once */
			for (r = 0; r < nruns && runs[r].name != c->name; r++)
				;
			if (r == MAX_RUNS)
				return -ENOSPC;
			nruns = max(nruns, r + 1);
			runs[r].name = c->name;
			runs[r].result = c->run();
			return runs[r].result;
		}
	}
	return -ENOENT;
}

static ssize_t leaky_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char name[32];
	int err;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buf, len))
		return -EFAULT;
	name[len] = 0;
	mutex_lock(&lock);
	err = run(strim(name));
	mutex_unlock(&lock);
	return err ? err : len;
}

static int leaky_show(struct seq_file *m, void *v)
{
	int i, n = min(atomic_read(&nsites), MAX_SITES);

	mutex_lock(&lock);
	for (i = 0; i < nruns; i++)
		seq_printf(m, "ran %s %d\n", runs[i].name, runs[i].result);
	for (i = 0; i < n; i++) {
		const struct kpm_site *s = READ_ONCE(sites[i]);
		s64 allocs = atomic64_read(&s->allocs), frees = atomic64_read(&s->frees);

		seq_printf(m,
			   "truth case=%s sym=%s cache=%s kind=%s allocs=%lld frees=%lld out=%lld",
			   s->kase, s->sym, s->cache ?: "-",
			   !s->cache  ? "-"
			   : s->paged ? "Paged"
				      : "Nonp",
			   allocs, frees, allocs - frees);
		seq_printf(m, " nonp=%lld paged=%lld path=%s uf=%lld ufb=%lld ua=%lld uab=%lld",
			   atomic64_read(&s->bytes[0]), atomic64_read(&s->bytes[1]), s->path ?: "-",
			   atomic64_read(&s->unseen_frees), atomic64_read(&s->unseen_free_bytes),
			   atomic64_read(&s->unseen_allocs), atomic64_read(&s->unseen_alloc_bytes));
		seq_printf(m, " mod=leaky owner=%s%s\n", s->owner ? "leaky:" : "", s->owner ?: "-");
	}
	mutex_unlock(&lock);
	return 0;
}

static int leaky_open(struct inode *inode, struct file *file)
{
	return single_open(file, leaky_show, NULL);
}

static const struct proc_ops leaky_ops = {
	.proc_open = leaky_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_write = leaky_write,
	.proc_release = single_release,
};

static int __init leaky_init(void)
{
	return proc_create("kpm_leaky", 0600, NULL, &leaky_ops) ? 0 : -ENOMEM;
}
module_init(leaky_init);

MODULE_DESCRIPTION("leaks slab memory and counts it");
MODULE_LICENSE("GPL");
