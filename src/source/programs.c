// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the kernel's figures of programs. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "source/programs.h"

const struct kpm_event_info kpm_event_table[KPM_EVENTS] = {
	[KPM_EVENT_KFREE] = {"kpm_kfree", "kfree", KPM_ROLE_FIRST},
	[KPM_EVENT_KFREE_AGAIN] = {"kpm_kfree_again", "kfree", KPM_ROLE_FREE_AGAIN},
	[KPM_EVENT_KFREE_CLASSIC] = {"kpm_kfree_classic", "kfree", KPM_ROLE_CLASSIC},
	[KPM_EVENT_CACHE_FREE] = {"kpm_cache_free", "kmem_cache_free", KPM_ROLE_FIRST},
	[KPM_EVENT_CACHE_FREE_AGAIN] = {"kpm_cache_free_again", "kmem_cache_free",
					KPM_ROLE_FREE_AGAIN},
	[KPM_EVENT_CACHE_FREE_CLASSIC] = {"kpm_cache_free_classic", "kmem_cache_free",
					  KPM_ROLE_CLASSIC},
	[KPM_EVENT_KMALLOC] = {"kpm_kmalloc", "kmalloc", KPM_ROLE_FIRST},
	[KPM_EVENT_KMALLOC_AGAIN] = {"kpm_kmalloc_again", "kmalloc", KPM_ROLE_ALLOC_AGAIN},
	[KPM_EVENT_KMALLOC_CLASSIC] = {"kpm_kmalloc_classic", "kmalloc", KPM_ROLE_CLASSIC},
	[KPM_EVENT_CACHE_ALLOC] = {"kpm_cache_alloc", "kmem_cache_alloc", KPM_ROLE_FIRST},
	[KPM_EVENT_CACHE_ALLOC_AGAIN] = {"kpm_cache_alloc_again", "kmem_cache_alloc",
					 KPM_ROLE_ALLOC_AGAIN},
	[KPM_EVENT_CACHE_ALLOC_CLASSIC] = {"kpm_cache_alloc_classic", "kmem_cache_alloc",
					   KPM_ROLE_CLASSIC},
	[KPM_EVENT_MODULE_LOAD] = {"kpm_module_load", "module_load", KPM_ROLE_MODULE},
	[KPM_EVENT_MODULE_FREE] = {"kpm_module_free", "module_free", KPM_ROLE_MODULE},
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
 * Of include/uapi/linux/bpf.h since 6.7: struct bpf_link_info of a kprobe, whose last member counts
 * the calls that came while another kprobe was handled on that CPU; the program is not told of them.
 */
struct kprobe_link_info {
	uint32_t type, id, prog_id, pad;
	uint32_t event, event_pad;
	uint64_t name;
	uint32_t name_len, offset;
	uint64_t address, missed;
};

/* 0 before 6.7, which does not count them. */
static uint64_t kprobe_misses(int link)
{
	struct kprobe_link_info info = {0};
	uint32_t len = sizeof(info);

	if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &len))
		return 0;
	return info.missed;
}

/*
 * An event whose program has several copies is lost only if none has run: at most as often as the
 * copy that has missed the fewest, and as the first one has missed what no other has caught. A copy
 * that was attached after a second one catches all that it does, and its misses say nothing.
 */
struct missing {
	uint64_t first;  /* misses of the first copy */
	uint64_t fewest; /* of the copy with the fewest */
	bool any;        /* is there a copy at all? */
};

static int add_copy(struct missing *m, int fd, int link)
{
	uint64_t n;
	int ret = fd < 0 ? 0 : misses_of(fd, &n);

	if (fd < 0 || ret)
		return ret;
	n += kprobe_misses(link);
	if (!m->any)
		m->first = m->fewest = n;
	else if (n < m->fewest)
		m->fewest = n;
	m->any = true;
	return 0;
}

static void add_loss(struct kpm_loss *loss, const struct missing *m, uint64_t rescued, bool frees)
{
	uint64_t lost = m->fewest;

	if (rescued <= m->first && m->first - rescued < lost)
		lost = m->first - rescued;
	loss->skipped += m->first;
	if (frees)
		loss->lost_max += lost;
	else
		loss->allocs += lost;
}

/* The copies of a program on an event: they follow each other in the table. */
static int add_events(const struct kpm_programs *p, int first, uint64_t rescued,
		      struct kpm_loss *loss)
{
	const char *event = kpm_event_table[first].event;
	struct missing m = {0};

	for (int i = first; i < KPM_EVENTS && !strcmp(kpm_event_table[i].event, event); i++) {
		int ret = add_copy(&m, p->event[i], -1);

		if (ret)
			return ret;
	}
	add_loss(loss, &m, rescued, first <= KPM_EVENT_CACHE_FREE_CLASSIC);
	return 0;
}

static int add_hook(const struct kpm_programs *p, int hook, struct kpm_loss *loss)
{
	bool frees = kpm_hook_table[hook].frees;
	const int *fd = p->hook[hook], *link = p->kprobe[hook];

	for (int k = 0; k < KPM_HOOK_LINKS; k += 2) {
		struct missing first = {0}, second = {0};
		int ret;

		/* of copies the second one is attached first */
		if ((ret = add_copy(&first, fd[k + 1], link[k + 1])) ||
		    (ret = add_copy(p->copies[hook] ? &first : &second, fd[k], link[k])))
			return ret;
		add_loss(loss, &first, 0, frees);
		add_loss(loss, &second, 0, frees);
	}
	return 0;
}

int kpm_programs_losses(const struct kpm_programs *p, const uint64_t rescued[KPM_RESCUES],
			struct kpm_loss *loss)
{
	static const struct {
		enum kpm_event first;
		enum kpm_rescue by;
	} events[] = {
		{KPM_EVENT_KFREE, KPM_RESCUE_KFREE},
		{KPM_EVENT_CACHE_FREE, KPM_RESCUE_CACHE_FREE},
		{KPM_EVENT_KMALLOC, KPM_RESCUE_KMALLOC},
		{KPM_EVENT_CACHE_ALLOC, KPM_RESCUE_CACHE_ALLOC},
	};
	struct kpm_loss sum = {0};
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(events) / sizeof(*events); i++)
		ret = add_events(p, events[i].first, rescued[events[i].by], &sum);
	for (int i = 0; !ret && i < KPM_HOOKS; i++)
		ret = add_hook(p, i, &sum);
	if (ret)
		return ret;
	loss->skipped = sum.skipped;
	loss->lost_max = sum.lost_max;
	loss->allocs = sum.allocs;
	return 0;
}

/* A second copy runs for an event that the first one counts. */
static int add_cost(int fd, bool first, struct kpm_cost *cost)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	cost->programs++;
	cost->events += first ? info.run_cnt : 0;
	cost->ns += info.run_time_ns;
	return 0;
}

int kpm_programs_cost(const struct kpm_programs *p, struct kpm_cost *cost)
{
	int ret = 0;

	*cost = (struct kpm_cost){0};
	for (int i = 0; !ret && i < KPM_EVENTS; i++)
		ret = add_cost(p->event[i],
			       kpm_event_table[i].role == KPM_ROLE_FIRST ||
				       kpm_event_table[i].role == KPM_ROLE_MODULE,
			       cost);
	for (int i = 0; i < KPM_HOOKS; i++)
		for (int k = 0; !ret && k < KPM_HOOK_LINKS; k++)
			ret = add_cost(p->hook[i][k], p->hook[i][k ^ 1] < 0 || k % 2, cost);
	return ret;
}
