/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads how the slab allocator keeps its free objects. All addresses are numbers; a read that
 * faults gives 0.
 */
#ifndef KPM_SLAB_BPF_H
#define KPM_SLAB_BPF_H

#include "kernel.bpf.h"

#define DEBUG_FLAG(name) (1U << bpf_core_enum_value(enum _slab_flag_bits___debug, name))
/* The allocator's debugging: other lists, other pointers, freed objects that are not. */
static __always_inline int is_debugged(__u64 cache)
{
	return NUMBER(cache, kmem_cache, flags) &
	       (DEBUG_FLAG(_SLAB_CONSISTENCY_CHECKS) | DEBUG_FLAG(_SLAB_RED_ZONE) |
		DEBUG_FLAG(_SLAB_POISON) | DEBUG_FLAG(_SLAB_STORE_USER) | DEBUG_FLAG(_SLAB_TRACE));
}

/* How the freelists of a cache's slabs are linked. */
struct freelist {
	__u64 random; /* 0 where the pointers are plain */
	__u32 offset; /* of the pointer in a free object */
	__u32 hardened;
};

static __always_inline void freelist_of(__u64 cache, struct freelist *f)
{
	f->offset = NUMBER(cache, kmem_cache___lists, offset);
	f->hardened = HAVE_HARDENED_FREELISTS;
	f->random = f->hardened ? WORD(cache, kmem_cache___lists, random) : 0;
}

/* The free object after this one: freelist_ptr_decode(). */
static __always_inline __u64 next_free(const struct freelist *f, __u64 object)
{
	__u64 at = object + f->offset, word = read_word(at);

	return f->hardened ? word ^ f->random ^ __builtin_bswap64(at) : word;
}

/* A member of the word `counters` of struct slab, given as the bit field that it is. */
#define COUNTER_INFO(member, info) __builtin_preserve_field_info(((struct slab *)0)->member, info)
#define COUNTER(word, member)                                                                      \
	((__u64)(__u32)((word) >> 8 * (COUNTER_INFO(member, BPF_FIELD_BYTE_OFFSET) -               \
				       OFFSET(slab, counters)))                                    \
		 << COUNTER_INFO(member, BPF_FIELD_LSHIFT_U64) >>                                  \
	 COUNTER_INFO(member, BPF_FIELD_RSHIFT_U64))

static __always_inline __u32 objects_in_use(__u64 word)
{
	return COUNTER(word, inuse);
}

static __always_inline __u32 objects_of_slab(__u64 word)
{
	return COUNTER(word, objects);
}

/* The slab that an object lies in. */
struct containing_slab {
	__u64 slab; /* struct slab *, 0: not known */
	__u64 low, high;
	__u32 objects;
};

static __always_inline int find_slab_of_order(__u64 ptr, __u64 cache, __u64 map_base,
					      __u32 order_objects, struct containing_slab *p)
{
	__u64 bytes = 4096ULL << (order_objects >> 16 & 15), slab;
	__u32 objects = order_objects & 0xffff;

	p->low = ptr & ~(bytes - 1);
	p->high = p->low + bytes;
	slab = map_base + (p->low >> 12) * bpf_core_type_size(struct page);
	p->objects = objects;
	p->slab = slab;
	/* KFENCE's pages have one object each, and the cache that asked for it */
	return objects > 1 && WORD(slab, slab, slab_cache) == cache &&
	       objects_of_slab(WORD(slab, slab, counters)) == objects;
}

/* Is that certainly no large kmalloc? Its first page says that it is one. */
static __always_inline int is_not_large(__u64 ptr, __u64 map_base)
{
	__u64 page = map_base + (ptr >> 12) * bpf_core_type_size(struct page);

	if (!HAVE_LARGE_KMALLOC_TYPE)
		return 0;
	return NUMBER(page, page, page_type) >> 24 !=
	       bpf_core_enum_value(enum pagetype, PGTY_large_kmalloc);
}

/* A slab of the cache's usual order, or of its least. */
static __always_inline int find_slab(__u64 ptr, __u64 cache, __u64 map_base,
				     struct containing_slab *p)
{
	if (find_slab_of_order(ptr, cache, map_base, NUMBER(cache, kmem_cache___lists, oo), p) ||
	    find_slab_of_order(ptr, cache, map_base, NUMBER(cache, kmem_cache___lists, min), p))
		return 1;
	p->slab = 0;
	return 0;
}

static __always_inline __u64 node_of(__u64 cache, __u32 n)
{
	if (HAVE_PER_NODE_PTRS)
		return read_word(cache + OFFSET(kmem_cache___lists, per_node) +
				 n * bpf_core_type_size(struct kmem_cache_per_node_ptrs) +
				 OFFSET(kmem_cache_per_node_ptrs, node));
	return SLOT(cache, kmem_cache___lists, node, n);
}

static __always_inline __u64 barn_of(__u64 cache, __u32 n)
{
	__u64 node;

	if (HAVE_PER_NODE_PTRS)
		return read_word(cache + OFFSET(kmem_cache___lists, per_node) +
				 n * bpf_core_type_size(struct kmem_cache_per_node_ptrs) +
				 OFFSET(kmem_cache_per_node_ptrs, barn));
	if (!HAVE_NODE_BARN)
		return 0;
	node = node_of(cache, n);
	return node ? WORD(node, kmem_cache_node, barn) : 0;
}

#endif
