/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is an object free, and where? audit.bpf.c has the proofs. */
#ifndef KPM_PROOFS_BPF_H
#define KPM_PROOFS_BPF_H

#include "entries.bpf.h"
#include "freelists.bpf.h"

/* Follows a freelist in search of an object. */
struct search {
	struct freelist list;
	__u64 wanted, at, low, high;
	__u32 steps, seen, inconclusive;
};

static int follow(__u32 i __attribute__((unused)), void *arg)
{
	struct search *s = arg;

	if (!s->at)
		return 1;
	if (s->at < s->low || s->at >= s->high) {
		s->inconclusive = 1;
		return 1;
	}
	s->steps++;
	s->seen |= s->at == s->wanted;
	s->at = next_free(&s->list, s->at);
	return 0;
}

/* Is the object on the freelist of its slab? INCONCLUSIVE: yes, but the list has changed. */
#define INCONCLUSIVE 2
__noinline int on_slab(__u64 ptr, __u64 cache)
{
	struct search s = {.wanted = ptr};
	__u64 head, counters;
	struct containing_slab p;

	if (!find_slab(ptr, cache, state.map_base, &p))
		return 0;
	head = WORD(p.slab, slab, freelist);
	if (!head)
		return 0;
	counters = WORD(p.slab, slab, counters);
	freelist_of(cache, &s.list);
	/* a word that no free object of this slab can hold: no need to follow the list */
	s.at = next_free(&s.list, ptr);
	if (s.at && (s.at < p.low || s.at >= p.high))
		return 0;
	s.at = head;
	s.low = p.low;
	s.high = p.high;
	bpf_loop(p.objects & (LIST_MAX - 1), follow, &s, 0);
	if (s.inconclusive || s.at || s.steps != p.objects - objects_in_use(counters) ||
	    WORD(p.slab, slab, freelist) != head || WORD(p.slab, slab, counters) != counters ||
	    WORD(p.slab, slab, slab_cache) != cache)
		return s.seen ? INCONCLUSIVE : 0;
	return s.seen;
}

/* Does the page belong to no slab any more, or to another cache than the tag's? */
static __always_inline int is_foreign_page(__u64 cache, __u32 tag)
{
	struct kpm_tag_info *info = bpf_map_lookup_elem(&taginfo, &tag);

	if (!info)
		return 0;
	return !cache || (info->cache && info->cache != cache) ||
	       (!info->cache && info->size != NUMBER(cache, kmem_cache, size));
}

/*
 * Does its page prove that the object is free? An object that is a large kmalloc by its size may
 * come from a slab: with debugging kmalloc-8k is larger than 8 KiB.
 */
static __always_inline int gone_by_page(__u64 ptr, __u64 cache, __u64 w0, __u64 w1)
{
	if (w0 & KPM_W0_LARGE && !cache)
		return is_not_large(ptr, state.map_base);
	return is_foreign_page(cache, w1 >> KPM_TAG_SHIFT);
}

/* First pass: is an entry's object free, by its page and its slab? */
static __always_inline int seems_free(struct kpm_candidate *f)
{
	__u64 ptr = ADDRESS(f->w0);
	int how;

	f->free_kind = KPM_AUDIT_PAGE;
	f->cache = cache_of(ptr);
	if (gone_by_page(ptr, f->cache, f->w0, f->w1))
		return 1;
	if (!f->cache)
		return 0;
	f->free_kind = KPM_AUDIT_SLAB;
	how = is_debugged(f->cache) ? 0 : on_slab(ptr, f->cache);
	state.inconclusive += how == INCONCLUSIVE;
	return how == 1;
}

/* Is the object still in the sheaf, at that index, with so many above it? */
__noinline int in_sheaf(__u64 ptr, __u64 cache, __u64 sheaf, __u32 index, __u32 above)
{
	if (!HAVE_SHEAVES)
		return 0;
	return WORD(sheaf, slab_sheaf, cache) == cache &&
	       NUMBER(sheaf, slab_sheaf, size) > index + above &&
	       SLOT(sheaf, slab_sheaf, objects, index) == ptr;
}

/* Is the object on the freelist of that CPU? */
__noinline int on_cpu(__u64 ptr, __u64 cache, __u64 cpu_slab)
{
	struct search s = {.wanted = ptr};
	struct containing_slab p;
	__u64 tid;

	if (!HAVE_CPU_SLABS)
		return 0;
	tid = WORD(cpu_slab, kmem_cache_cpu, tid);
	if (!find_slab(ptr, cache, state.map_base, &p) ||
	    WORD(cpu_slab, kmem_cache_cpu, slab) != p.slab)
		return 0;
	s.at = WORD(cpu_slab, kmem_cache_cpu, freelist);
	s.low = p.low;
	s.high = p.high;
	freelist_of(cache, &s.list);
	bpf_loop(LIST_MAX, follow, &s, 0);
	return s.seen && !s.inconclusive && !s.at && WORD(cpu_slab, kmem_cache_cpu, tid) == tid;
}

/* Is the lock of a CPU's sheaves open? Then nothing is half written. */
static __always_inline int is_open(__u64 sheaves)
{
	return HAVE_TRYLOCK_STATE && !(__u8)WORD(sheaves, slub_percpu_sheaves, lock.acquired);
}

/* Is the object still in the same of the CPU's sheaves? */
static __always_inline int in_cpus_sheaf(const struct kpm_candidate *f, __u64 ptr, __u64 offset)
{
	__u64 sheaves;
	__u32 above;

	if (!HAVE_SHEAVES)
		return 0;
	sheaves = WORD(f->cache, kmem_cache___lists, cpu_sheaves) + offset;
	if (sheaf_of(sheaves, f->free_kind) != f->sheaf ||
	    !in_sheaf(ptr, f->cache, f->sheaf, f->index, 0))
		return 0;
	above = is_open(sheaves) ? 0 : 1;
	return in_sheaf(ptr, f->cache, f->sheaf, f->index, above) &&
	       sheaf_of(sheaves, f->free_kind) == f->sheaf;
}

/* Second pass: is the entry's object still free where it was found? */
static __always_inline int still_free(const struct kpm_candidate *f)
{
	__u64 ptr = ADDRESS(f->w0), offset;

	if (f->free_kind == KPM_AUDIT_PAGE)
		return gone_by_page(ptr, cache_of(ptr), f->w0, f->w1);
	if (f->free_kind == KPM_AUDIT_SLAB)
		return cache_of(ptr) == f->cache && on_slab(ptr, f->cache) == 1;
	if (f->free_kind == KPM_AUDIT_BARN)
		return walk_barn(f->cache, f->unit, f->sheaf) &&
		       in_sheaf(ptr, f->cache, f->sheaf, f->index, 0) &&
		       walk_barn(f->cache, f->unit, f->sheaf);
	offset = offset_of_cpu(f->unit);
	if (!offset)
		return 0;
	if (f->free_kind != KPM_AUDIT_CPU)
		return in_cpus_sheaf(f, ptr, offset);
	if (!HAVE_CPU_SLABS)
		return 0;
	return on_cpu(ptr, f->cache, WORD(f->cache, kmem_cache___lists, cpu_slab) + offset);
}

#endif
