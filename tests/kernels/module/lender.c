// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module with an allocator for other modules, as a bus has one for its drivers: who allocates is
 * never itself.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "lender.h"

static atomic64_t allocs, frees, bytes;

noinline __attribute__((noipa)) void *kpm_lend(size_t size)
{
	void *p = kmalloc(size, GFP_KERNEL);

	if (p) {
		atomic64_inc(&allocs);
		atomic64_add(ksize(p), &bytes);
	}
	return p;
}
EXPORT_SYMBOL_GPL(kpm_lend);

void kpm_take_back(void *p)
{
	if (!p)
		return;
	atomic64_inc(&frees);
	atomic64_sub(ksize(p), &bytes);
	kfree(p);
}
EXPORT_SYMBOL_GPL(kpm_take_back);

void kpm_lent(struct seq_file *m, const char *kase, const char *owner)
{
	s64 got = atomic64_read(&allocs), gone = atomic64_read(&frees);

	seq_printf(m, "truth case=%s sym=kpm_lend cache=- kind=- allocs=%lld frees=%lld out=%lld",
		   kase, got, gone, got - gone);
	seq_printf(m, " nonp=%lld paged=0 path=- uf=0 ufb=0 ua=0 uab=0 mod=lender owner=%s\n",
		   atomic64_read(&bytes), owner);
}
EXPORT_SYMBOL_GPL(kpm_lent);

MODULE_DESCRIPTION("lends slab memory to other modules");
MODULE_LICENSE("GPL");
