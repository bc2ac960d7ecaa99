// SPDX-License-Identifier: GPL-2.0-or-later
/* The scene module_life: a module that allocates when it is loaded and frees when it goes. */
#include <linux/module.h>
#include <linux/slab.h>

static void *table[500];

static noinline __attribute__((noipa)) void *kpm_life(void)
{
	return kmalloc(700, GFP_KERNEL);
}

static void __exit life_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		kfree(table[i]);
}

static int __init life_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		table[i] = kpm_life();
	return 0;
}

module_init(life_init);
module_exit(life_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kpoolmon's scene of a module that comes and goes");
