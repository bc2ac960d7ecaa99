// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module that leaks at places that the compiler moves: in functions that are inlined into others,
 * and as the last thing that a function does. The test knows the lines by their comments. As with
 * any tail call, a return address in kpm_inlined_tail does not exist.
 */
#include <linux/module.h>
#include <linux/slab.h>

static void *volatile kept[64]; /* else nothing would be stored, and each call be the last thing */
static int keeps;

static __always_inline void inner(size_t n)
{
	kept[keeps++ % 64] = kmalloc(n, GFP_KERNEL); /* leak: inner */
}

static __always_inline void middle(size_t n)
{
	inner(n);
	kept[keeps++ % 64] = kzalloc(n + 1, GFP_KERNEL); /* leak: middle */
}

static noinline __attribute__((noipa)) void kpm_inlined_outer(size_t n)
{
	middle(n);
	kept[keeps++ % 64] = kcalloc(2, n, GFP_KERNEL); /* leak: outer */
}

/* Jumps to the allocator: the address that is returned to is that of the caller. */
static noinline __attribute__((noipa)) void *kpm_inlined_tail(size_t n)
{
	return kmalloc(n, GFP_KERNEL);
}

static int __init inlined_init(void)
{
	int i;

	for (i = 0; i < 16; i++)
		kpm_inlined_outer(300 + i);
	for (i = 0; i < 16; i++)
		kept[i] = kpm_inlined_tail(400); /* leak: tail */
	return 0;
}
module_init(inlined_init);

MODULE_DESCRIPTION("leaks slab memory in inlined functions");
MODULE_LICENSE("GPL");
