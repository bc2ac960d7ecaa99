// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks the kernel what its figures of the attached programs are. */
#include <errno.h>

#include <bpf/bpf.h>

#include "source/programs.h"

const struct kpm_probe_info kpm_probe_table[KPM_PROBES] = {
	[KPM_PROBE_KFREE] = {"kpm_kfree", "kfree", false, false},
	[KPM_PROBE_KFREE_AGAIN] = {"kpm_kfree_again", "kfree", true, false},
	[KPM_PROBE_CACHE_FREE] = {"kpm_cache_free", "kmem_cache_free", false, false},
	[KPM_PROBE_CACHE_FREE_AGAIN] = {"kpm_cache_free_again", "kmem_cache_free", true, false},
	[KPM_PROBE_KMALLOC] = {"kpm_kmalloc", "kmalloc", false, false},
	[KPM_PROBE_CACHE_ALLOC] = {"kpm_cache_alloc", "kmem_cache_alloc", false, false},
	[KPM_PROBE_MODULE_LOAD] = {"kpm_module_load", "module_load", false, true},
	[KPM_PROBE_MODULE_FREE] = {"kpm_module_free", "module_free", false, true},
};

/* Times that the kernel did not run a program, 0 if it is not attached. */
static int misses_of(int fd, uint64_t *n)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	*n = 0;
	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*n = info.recursion_misses;
	return 0;
}

/*
 * Adds a pair of copies of a program for frees: what the first was not run for is skipped; lost is
 * what neither was run for, and that is no more than the fewer misses of the two.
 */
static void add_frees(struct kpm_loss *loss, uint64_t first, uint64_t second)
{
	loss->skipped += first;
	loss->lost_max += first < second ? first : second;
}

/* A free event's program and its copy. */
static int add_pair(const struct kpm_programs *p, enum kpm_probe first, enum kpm_probe again,
		    struct kpm_loss *loss)
{
	uint64_t one, two;
	int ret;

	if ((ret = misses_of(p->event[first], &one)) || (ret = misses_of(p->event[again], &two)))
		return ret;
	add_frees(loss, one, p->event[again] >= 0 ? two : one);
	return 0;
}

static int add_hook(const struct kpm_programs *p, int hook, struct kpm_loss *loss)
{
	const int *fd = p->hook[hook];
	uint64_t misses[KPM_HOOK_LINKS];

	for (int k = 0; k < KPM_HOOK_LINKS; k++) {
		int ret = misses_of(fd[k], &misses[k]);

		if (ret)
			return ret;
	}
	for (int k = 0; k < KPM_HOOK_LINKS; k += 2) {
		uint64_t both = misses[k] + misses[k + 1];
		bool pair = fd[k] >= 0 && fd[k + 1] >= 0;

		/* of a pair by fentry the second copy is attached first */
		if (!kpm_hook_table[hook].frees)
			loss->allocs += both;
		else
			add_frees(loss, pair ? misses[k + 1] : both, pair ? misses[k] : both);
	}
	return 0;
}

int kpm_programs_losses(const struct kpm_programs *p, struct kpm_loss *loss)
{
	struct kpm_loss sum = {0};
	uint64_t kmallocs, caches;
	int ret;

	if ((ret = add_pair(p, KPM_PROBE_KFREE, KPM_PROBE_KFREE_AGAIN, &sum)) ||
	    (ret = add_pair(p, KPM_PROBE_CACHE_FREE, KPM_PROBE_CACHE_FREE_AGAIN, &sum)) ||
	    (ret = misses_of(p->event[KPM_PROBE_KMALLOC], &kmallocs)) ||
	    (ret = misses_of(p->event[KPM_PROBE_CACHE_ALLOC], &caches)))
		return ret;
	for (int i = 0; i < KPM_HOOKS; i++) {
		ret = add_hook(p, i, &sum);
		if (ret)
			return ret;
	}
	loss->skipped = sum.skipped;
	loss->lost_max = sum.lost_max;
	loss->allocs = sum.allocs + kmallocs + caches;
	return 0;
}

static int add_cost(int fd, struct kpm_cost *cost)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	cost->programs++;
	cost->runs += info.run_cnt;
	cost->ns += info.run_time_ns;
	return 0;
}

int kpm_programs_cost(const struct kpm_programs *p, struct kpm_cost *cost)
{
	int ret = 0;

	*cost = (struct kpm_cost){0};
	for (int i = 0; !ret && i < KPM_PROBES; i++)
		ret = add_cost(p->event[i], cost);
	for (int i = 0; i < KPM_HOOKS; i++)
		for (int k = 0; !ret && k < KPM_HOOK_LINKS; k++)
			ret = add_cost(p->hook[i][k], cost);
	return ret;
}
