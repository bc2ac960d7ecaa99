/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small module that allocates while it is loaded, from its init text and from its text, keeps
 * all of it, and goes without freeing. Built under several names, whose twins differ in nothing
 * but names and numbers, so that one is loaded where another was and its call sites (of the same
 * size class) have the same addresses.
 *
 * The including file defines NAME, CASE (of the text), INIT_CASE, COUNT and SIZE.
 * /proc/kpm_NAME prints the truth lines of core.c.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stringify.h>

#define GLUE_(a, b, c) a##b##c
#define GLUE(a, b, c)  GLUE_(a, b, c)
#define TEXT_FN        GLUE(kpm_, NAME, _text)
#define INIT_FN        GLUE(kpm_, NAME, _init)

static long counts[2], bytes[2];

static void count(int which, void *p)
{
	if (!p)
		return;
	counts[which]++;
	bytes[which] += ksize(p);
}

static noinline __attribute__((noipa)) void TEXT_FN(size_t n)
{
	count(0, kmalloc(n, GFP_KERNEL));
}

static int show(struct seq_file *m, void *v)
{
	static const char *const cases[] = {CASE, INIT_CASE};
	static const char *const syms[] = {__stringify(TEXT_FN), __stringify(INIT_FN)};
	int i;

	for (i = 0; i < 2; i++) {
		seq_printf(m, "truth case=%s sym=%s cache=- kind=- allocs=%ld frees=0 out=%ld",
			   cases[i], syms[i], counts[i], counts[i]);
		seq_printf(m, " nonp=%ld paged=0 path=- uf=0 ufb=0 ua=0 uab=0 mod=%s\n", bytes[i],
			   __stringify(NAME));
	}
	return 0;
}

static noinline __attribute__((noipa)) void __init INIT_FN(size_t n)
{
	count(1, kmalloc(n, GFP_KERNEL));
}

static int __init visitor_init(void)
{
	int i;

	for (i = 0; i < COUNT; i++)
		INIT_FN(SIZE);
	for (i = 0; i < 2 * COUNT + 1; i++)
		TEXT_FN(SIZE + 100);
	return proc_create_single("kpm_" __stringify(NAME), 0400, NULL, show) ? 0 : -ENOMEM;
}
module_init(visitor_init);

static void __exit visitor_exit(void)
{
	remove_proc_entry("kpm_" __stringify(NAME), NULL);
}
module_exit(visitor_exit);

MODULE_DESCRIPTION("leaks slab memory and leaves");
MODULE_LICENSE("GPL");
