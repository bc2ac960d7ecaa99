// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver that borrows its memory from another module, while it is loaded, in two ways: one gives
 * back what it took, the other forgets it if the answer is -EAGAIN. A few objects are its own and
 * meant to stay. It goes without freeing. /proc/kpm_driver prints the truth line of the lender, under
 * the case that the parameter names.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>

#include "lender.h"

#define DRIVER_FN static noinline __attribute__((noipa))

static char *kase = "owner_lender";
module_param(kase, charp, 0400);

static void *ring[4];

DRIVER_FN int kpm_driver_open(size_t size)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ring); i++) {
		ring[i] = kpm_lend(size);
		if (!ring[i])
			return -ENOMEM;
	}
	return 0;
}

DRIVER_FN int kpm_driver_send(size_t size)
{
	void *p = kpm_lend(size);

	if (!p)
		return -ENOMEM;
	kpm_take_back(p);
	return 0;
}

DRIVER_FN int kpm_driver_ask(size_t size, int answer)
{
	void *p = kpm_lend(size);

	if (!p)
		return -ENOMEM;
	if (answer == -EAGAIN)
		return 0;
	kpm_take_back(p);
	return 0;
}

static int show(struct seq_file *m, void *v)
{
	kpm_lent(m, kase, "driver:kpm_driver_ask");
	return 0;
}

static int __init driver_init(void)
{
	int i, err = kpm_driver_open(350);

	for (i = 0; !err && i < 2000; i++) {
		err = kpm_driver_send(350);
		if (!err)
			err = kpm_driver_ask(350, i % 4 ? 0 : -EAGAIN);
	}
	if (!err && !proc_create_single("kpm_driver", 0400, NULL, show))
		err = -ENOMEM;
	return err;
}
module_init(driver_init);

static void __exit driver_exit(void)
{
	remove_proc_entry("kpm_driver", NULL);
}
module_exit(driver_exit);

MODULE_DESCRIPTION("forgets memory of another module");
MODULE_LICENSE("GPL");
