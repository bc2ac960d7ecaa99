/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The free objects on the lists of CPUs and nodes, which are on no slab's list: first pass. */
#ifndef KPM_FREELISTS_BPF_H
#define KPM_FREELISTS_BPF_H

#include "entries.bpf.h"

/* Longer lists are skipped: no slab has more objects (MAX_OBJS_PER_PAGE is 32767). */
#define LIST_MAX 32768
/* MAX_FULL_SHEAVES is 10, the largest sheaf has 256 objects or as many as its cache asks for */
#define BARN_MAX  64
#define SHEAF_MAX 4096

/* Where a free object was found, in one word: the kind, and the CPU or node. */
#define WHERE(free_kind, unit) ((__u64)(free_kind) << 32 | (unit))

/* If a free object is tracked, records it as a candidate. 0 if there is no room for it. */
__noinline int scan_object(__u64 ptr, __u64 cache, __u64 where, __u64 sheaf, __u32 index)
{
	struct kpm_candidate f = {
		.cache = cache,
		.sheaf = sheaf,
		.index = index,
		.free_kind = where >> 32,
		.unit = where,
	};
	struct kpm_slot *slot;
	__u8 *mark;
	__u32 n;

	state.scanned++;
	slot = slot_by(ptr, &mark, &n);
	if (!slot)
		return 1;
	f.w0 = READ_WORD(slot->w0);
	f.w1 = READ_WORD(slot->w1);
	return ((f.w0 ^ KPM_W0_KEY(ptr)) & ~KPM_W0_META) || !is_due(f.w0, f.w1) || record(&f);
}

/* A list or a sheaf of free objects that is scanned. */
struct list {
	struct freelist links;
	__u64 cache, where, at, low, high, sheaf;
	__u32 inconclusive;
};

static int scan_next(__u32 i __attribute__((unused)), void *arg)
{
	struct list *l = arg;

	if (!l->at)
		return 1;
	if (l->at < l->low || l->at >= l->high) {
		l->inconclusive = 1;
		return 1;
	}
	if (!scan_object(l->at, l->cache, l->where, 0, 0))
		return 1;
	l->at = next_free(&l->links, l->at);
	return 0;
}

/* The freelist of a CPU: objects taken from its slab and not allocated. */
__noinline int scan_cpu_freelist(__u64 cache, __u64 cpu_slab, __u32 cpu)
{
	struct list l = {.cache = cache, .where = WHERE(KPM_AUDIT_CPU, cpu)};
	__u32 records_before = state.records;
	__u64 tid, slab;
	struct containing_slab p;

	if (!HAVE_CPU_SLABS)
		return 0;
	tid = WORD(cpu_slab, kmem_cache_cpu, tid);
	slab = WORD(cpu_slab, kmem_cache_cpu, slab);
	l.at = WORD(cpu_slab, kmem_cache_cpu, freelist);
	if (!l.at || !slab)
		return 0;
	if (find_slab(l.at, cache, state.map_base, &p) && p.slab == slab) {
		l.low = p.low;
		l.high = p.high;
		freelist_of(cache, &l.links);
		bpf_loop(LIST_MAX, scan_next, &l, 0);
	} else {
		l.inconclusive = 1;
	}
	if (WORD(cpu_slab, kmem_cache_cpu, tid) != tid) /* the list changed meanwhile */
		state.records = records_before;
	else
		state.inconclusive += l.inconclusive;
	return 0;
}

static int scan_in_sheaf(__u32 i, void *arg)
{
	struct list *l = arg;

	return !scan_object(SLOT(l->sheaf, slab_sheaf, objects, i), l->cache, l->where, l->sheaf,
			    i);
}

__noinline int scan_sheaf(__u64 cache, __u64 sheaf, __u64 where)
{
	struct list l = {.cache = cache, .where = where, .sheaf = sheaf};
	__u32 size;

	if (!HAVE_SHEAVES || !sheaf || WORD(sheaf, slab_sheaf, cache) != cache)
		return 0;
	size = NUMBER(sheaf, slab_sheaf, size);
	if (size <= SHEAF_MAX)
		bpf_loop(size, scan_in_sheaf, &l, 0);
	return 0;
}

/* A sheaf of a CPU; `sheaves` is its struct slub_percpu_sheaves. */
static __always_inline __u64 sheaf_of(__u64 sheaves, __u32 free_kind)
{
	if (free_kind == KPM_AUDIT_MAIN)
		return WORD(sheaves, slub_percpu_sheaves, main);
	if (free_kind == KPM_AUDIT_SPARE)
		return WORD(sheaves, slub_percpu_sheaves, spare);
	return WORD(sheaves, slub_percpu_sheaves, rcu_free);
}

__noinline int scan_cpu(__u64 cache, __u32 cpu)
{
	__u64 offset = offset_of_cpu(cpu), at;

	if (!offset)
		return 0;
	if (HAVE_SHEAVES) {
		at = WORD(cache, kmem_cache___lists, cpu_sheaves);
		for (__u32 free_kind = KPM_AUDIT_MAIN; at && free_kind <= KPM_AUDIT_RCU_FREE;
		     free_kind++)
			scan_sheaf(cache, sheaf_of(at + offset, free_kind), WHERE(free_kind, cpu));
	}
	if (HAVE_CPU_SLABS) {
		at = WORD(cache, kmem_cache___lists, cpu_slab);
		if (at)
			scan_cpu_freelist(cache, at + offset, cpu);
	}
	return 0;
}

/* Goes from sheaf to sheaf of a barn: scans all, or searches for the wanted one. */
struct barn_walk {
	__u64 cache, where, at, end, wanted;
	__u32 seen;
};

static int next_of_barn(__u32 i __attribute__((unused)), void *arg)
{
	struct barn_walk *w = arg;
	__u64 sheaf;

	if (!w->at || w->at == w->end)
		return 1;
	sheaf = w->at - OFFSET(slab_sheaf, barn_list);
	if (!w->wanted)
		scan_sheaf(w->cache, sheaf, w->where);
	else if (sheaf == w->wanted)
		w->seen = 1;
	w->at = WORD(w->at, list_head, next);
	return w->seen;
}

/* Scans the full sheaves of a node or, if one is wanted, returns whether it is among them. */
__noinline int walk_barn(__u64 cache, __u32 node, __u64 wanted)
{
	struct barn_walk w = {
		.cache = cache, .where = WHERE(KPM_AUDIT_BARN, node), .wanted = wanted};
	__u64 barn;

	if (!HAVE_BARNS)
		return 0;
	barn = barn_of(cache, node);
	if (!barn)
		return 0;
	w.end = barn + OFFSET(node_barn, sheaves_full);
	w.at = WORD(w.end, list_head, next);
	bpf_loop(BARN_MAX, next_of_barn, &w, 0);
	return w.seen;
}

/* The CPUs and nodes of one cache. */
struct cache_walk {
	__u64 cache;
	__u32 first;
};

static int next_cpu(__u32 i, void *arg)
{
	struct cache_walk *w = arg;

	scan_cpu(w->cache, w->first + i);
	return 0;
}

static int next_node(__u32 i, void *arg)
{
	struct cache_walk *w = arg;

	walk_barn(w->cache, i, 0);
	return 0;
}

static __always_inline void scan_cache(struct cache_walk *w, const struct kpm_audit_args *args)
{
	if (is_debugged(w->cache))
		return;
	bpf_loop(args->count, next_cpu, w, 0);
	if (!w->first)
		bpf_loop(state.nodes, next_node, w, 0);
}

#endif
