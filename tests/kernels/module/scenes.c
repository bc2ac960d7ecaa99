// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scenes of tests/scenes/labels.tsv that need a module: writing a scene's name to /proc/kpm_scenes makes
 * it happen once, reading the file is the scene poller. What leaks stays leaked until the guest ends.
 */
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "lender.h"

#define SCENE_FN static noinline __attribute__((noipa))
#define SIZE     300

/* Volatile: no compiler takes an allocation for unused, or jumps to the allocator as a function's last act. */
static void *volatile last;

SCENE_FN int kpm_drip(void)
{
	last = kmalloc(SIZE, GFP_KERNEL);
	return last ? 0 : -ENOMEM;
}

/* One object for each read. */
SCENE_FN int kpm_poller(void)
{
	last = kmalloc(SIZE, GFP_KERNEL);
	return last ? 0 : -ENOMEM;
}

/* Gives back what it took, but where it refuses what it was asked for. */
SCENE_FN int kpm_error_path(bool good)
{
	void *p = kmalloc(SIZE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	if (!good)
		return -EINVAL;
	kfree(p);
	return 0;
}

struct counted {
	struct kref refs;
	char data[SIZE];
};

static void give_up(struct kref *refs)
{
	kfree(container_of(refs, struct counted, refs));
}

/* Two references are taken, one is given back. */
SCENE_FN int kpm_references(void)
{
	struct counted *c = kmalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	kref_init(&c->refs);
	kref_get(&c->refs);
	last = c;
	kref_put(&c->refs, give_up);
	return 0;
}

/* Holds three hundred for a while, one after the other, and forgets one in fifty. */
SCENE_FN void *kpm_in_churn(void)
{
	last = kmalloc(SIZE, GFP_KERNEL);
	return last;
}

static int churn(void)
{
	static void *ring[300];
	static unsigned int at;
	int i;

	for (i = 0; i < 50; i++) {
		kfree(ring[at]);
		ring[at] = kpm_in_churn();
		if (!ring[at])
			return -ENOMEM;
		at = (at + 1) % ARRAY_SIZE(ring);
	}
	last = kpm_in_churn();
	return last ? 0 : -ENOMEM;
}

SCENE_FN void kpm_from_timer(struct timer_list *t)
{
	last = kmalloc(SIZE, GFP_ATOMIC);
}

static DEFINE_TIMER(timer, kpm_from_timer);

SCENE_FN void kpm_from_worker(struct work_struct *work)
{
	last = kmalloc(SIZE, GFP_KERNEL);
}

static DECLARE_WORK(work, kpm_from_worker);

/* What another module lends is forgotten. */
SCENE_FN int kpm_driver_ask(void)
{
	last = kpm_lend(SIZE);
	return last ? 0 : -ENOMEM;
}

static int run(const char *name)
{
	static unsigned int calls;

	if (!strcmp(name, "drip"))
		return kpm_drip();
	if (!strcmp(name, "error_path")) {
		kpm_error_path(true);
		kpm_error_path(++calls % 5 == 0);
		return 0;
	}
	if (!strcmp(name, "references"))
		return kpm_references();
	if (!strcmp(name, "in_churn"))
		return churn();
	if (!strcmp(name, "from_timer")) {
		mod_timer(&timer, jiffies);
		return 0;
	}
	if (!strcmp(name, "from_worker")) {
		schedule_work(&work);
		return 0;
	}
	if (!strcmp(name, "owner_lender"))
		return kpm_driver_ask();
	return -EINVAL;
}

static ssize_t scenes_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char name[32];
	int ret;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, buf, len))
		return -EFAULT;
	name[len] = '\0';
	ret = run(strim(name));
	return ret ? ret : len;
}

static ssize_t scenes_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return kpm_poller();
}

static const struct proc_ops scenes_ops = {
	.proc_read = scenes_read,
	.proc_write = scenes_write,
	.proc_lseek = noop_llseek,
};

static int __init scenes_init(void)
{
	return proc_create("kpm_scenes", 0600, NULL, &scenes_ops) ? 0 : -ENOMEM;
}

module_init(scenes_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("kpoolmon's scenes of leaks");
