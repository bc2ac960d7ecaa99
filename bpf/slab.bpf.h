/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the slab allocator keeps its free objects, 6.13 to 7.3: types (CO-RE, only the members
 * used) and how to read them. All addresses are numbers; a read that faults gives 0.
 */
#ifndef KPM_SLAB_BPF_H
#define KPM_SLAB_BPF_H

#include "kernel.bpf.h"

struct list_head {
	struct list_head *next;
} __attribute__((preserve_access_index));

struct page {
	unsigned int page_type;
} __attribute__((preserve_access_index));

/* include/linux/page-flags.h; a large kmalloc's is not in 6.12 and in 6.18 */
enum pagetype { PGTY_large_kmalloc = 0xf8 };

/* mm/slab.h. The members of the two words lie in unions, since 6.19 in a struct of their own. */
struct slab {
	struct kmem_cache *slab_cache;
	struct list_head slab_list;
	void *freelist;
	unsigned long counters;
	unsigned int inuse : 16;
	unsigned int objects : 15;
} __attribute__((preserve_access_index));

/* order << 16 | objects in a slab of that order */
struct kmem_cache_order_objects {
	unsigned int x;
} __attribute__((preserve_access_index));

/*
 * Freelists of CPUs until 6.19 (32c894c7274b); sheaves since 6.18 (2d517aa09bbc), of some caches,
 * since 7.0 of all.
 */
struct kmem_cache_cpu {
	void **freelist;
	unsigned long tid;
	struct slab *slab;
} __attribute__((preserve_access_index));

struct slab_sheaf {
	struct list_head barn_list;
	struct kmem_cache *cache;
	unsigned int size;
	void *objects[1];
} __attribute__((preserve_access_index));

/* include/linux/local_lock_internal.h; not so with CONFIG_PREEMPT_RT */
typedef struct {
	unsigned char acquired;
} __attribute__((preserve_access_index)) local_trylock_t;

struct slub_percpu_sheaves {
	local_trylock_t lock;
	struct slab_sheaf *main;
	struct slab_sheaf *spare;
	struct slab_sheaf *rcu_free;
} __attribute__((preserve_access_index));

struct node_barn {
	struct list_head sheaves_full;
} __attribute__((preserve_access_index));

struct kmem_cache_node {
	struct list_head partial;
	struct node_barn *barn; /* until 7.0 */
} __attribute__((preserve_access_index));

/* since 7.1 (5ba6bc27b1f9) */
struct kmem_cache_per_node_ptrs {
	struct node_barn *barn;
	struct kmem_cache_node *node;
} __attribute__((preserve_access_index));

/* struct kmem_cache of kernel.bpf.h: the rest of it */
struct kmem_cache___lists {
	struct kmem_cache_cpu *cpu_slab;         /* until 6.19 */
	struct slub_percpu_sheaves *cpu_sheaves; /* since 6.18 */
	unsigned int offset;
	struct kmem_cache_order_objects oo;
	struct kmem_cache_order_objects min;
	unsigned long random; /* CONFIG_SLAB_FREELIST_HARDENED */
	struct kmem_cache_node *node[1];
	struct kmem_cache_per_node_ptrs per_node[1];
} __attribute__((preserve_access_index));

/* include/linux/slab.h, by name, as in kernel.bpf.h */
enum _slab_flag_bits___debug {
	_SLAB_CONSISTENCY_CHECKS = 0,
	_SLAB_RED_ZONE = 1,
	_SLAB_POISON = 2,
	_SLAB_STORE_USER = 7,
	_SLAB_TRACE = 10,
};

/* kernel/bpf: where the copies of a per-CPU map lie */
struct bpf_array {
	void *pptrs[1];
} __attribute__((preserve_access_index));

#define OFFSET(type, member)       bpf_core_field_offset(struct type, member)
#define EXISTS(type, member)       bpf_core_field_exists(struct type, member)
#define WORD(addr, type, member)   read_word((addr) + OFFSET(type, member))
#define NUMBER(addr, type, member) ((__u32)read_word((addr) + OFFSET(type, member)))
/* CO-RE knows no index that is not constant */
#define SLOT(addr, type, array, i) read_word((addr) + OFFSET(type, array) + (i)*8ULL)

#define DEBUG_FLAG(name) (1U << bpf_core_enum_value(enum _slab_flag_bits___debug, name))
/* The allocator's debugging: other lists, other pointers, freed objects that are not. */
static __always_inline int is_debugged(__u64 cache)
{
	return NUMBER(cache, kmem_cache, flags) &
	       (DEBUG_FLAG(_SLAB_CONSISTENCY_CHECKS) | DEBUG_FLAG(_SLAB_RED_ZONE) |
		DEBUG_FLAG(_SLAB_POISON) | DEBUG_FLAG(_SLAB_STORE_USER) | DEBUG_FLAG(_SLAB_TRACE));
}

/* What is needed to follow the freelists of a cache's slabs. */
struct freelist {
	__u64 random; /* 0 where the pointers are plain */
	__u32 offset; /* of the pointer in a free object */
	__u32 hardened;
};

static __always_inline void freelist_of(__u64 cache, struct freelist *f)
{
	f->offset = NUMBER(cache, kmem_cache___lists, offset);
	f->hardened = EXISTS(kmem_cache___lists, random);
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
struct place {
	__u64 slab; /* struct slab *, 0: not known */
	__u64 low, high;
	__u32 objects;
};

static __always_inline int place_by(__u64 ptr, __u64 cache, __u64 map_base, __u32 order_objects,
				    struct place *p)
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

	if (!bpf_core_enum_value_exists(enum pagetype, PGTY_large_kmalloc) ||
	    !EXISTS(page, page_type))
		return 0;
	return NUMBER(page, page, page_type) >> 24 !=
	       bpf_core_enum_value(enum pagetype, PGTY_large_kmalloc);
}

/* A slab of the cache's usual order, or of its least. */
static __always_inline int find_place(__u64 ptr, __u64 cache, __u64 map_base, struct place *p)
{
	if (place_by(ptr, cache, map_base, NUMBER(cache, kmem_cache___lists, oo), p) ||
	    place_by(ptr, cache, map_base, NUMBER(cache, kmem_cache___lists, min), p))
		return 1;
	p->slab = 0;
	return 0;
}

static __always_inline __u64 node_of(__u64 cache, __u32 n)
{
	if (EXISTS(kmem_cache___lists, per_node))
		return read_word(cache + OFFSET(kmem_cache___lists, per_node) +
				 n * bpf_core_type_size(struct kmem_cache_per_node_ptrs) +
				 OFFSET(kmem_cache_per_node_ptrs, node));
	return SLOT(cache, kmem_cache___lists, node, n);
}

static __always_inline __u64 barn_of(__u64 cache, __u32 n)
{
	__u64 node;

	if (EXISTS(kmem_cache___lists, per_node))
		return read_word(cache + OFFSET(kmem_cache___lists, per_node) +
				 n * bpf_core_type_size(struct kmem_cache_per_node_ptrs) +
				 OFFSET(kmem_cache_per_node_ptrs, barn));
	if (!EXISTS(kmem_cache_node, barn))
		return 0;
	node = node_of(cache, n);
	return node ? WORD(node, kmem_cache_node, barn) : 0;
}

#endif
