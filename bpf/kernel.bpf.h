/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that differs between kernel versions, 6.1 to 7.3: the few kernel types that the
 * probes read (CO-RE, hand-written, only the members used) and how to read them.
 */
#ifndef KPM_KERNEL_BPF_H
#define KPM_KERNEL_BPF_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* mm/slab.h, include/linux/slub_def.h */
struct kmem_cache {
	unsigned int flags;
	unsigned int size;
	unsigned int object_size;
	const char *name;
} __attribute__((preserve_access_index));

/* Enumerators are found by name: one of each enum is enough. */

/* include/linux/slab.h since 6.9 (cc61eb851461): before, SLAB_RECLAIM_ACCOUNT was 0x20000 */
enum _slab_flag_bits { _SLAB_RECLAIM_ACCOUNT = 17 };
/* include/linux/slab.h: equal to KMALLOC_NORMAL (0) where the kernel has no such caches */
enum kmalloc_cache_type { KMALLOC_RECLAIM = 3, KMALLOC_DMA = 2 };

/* 6.2 (a35b9af4ec2c): typed reads of kernel memory without a helper call */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
/* 6.13 (04b069ff0181): the slab cache that an address lies in, NULL outside slab pages */
extern struct kmem_cache *bpf_get_kmem_cache(__u64 addr) __ksym __weak;

/* Set by user space from the kernel's BTF before loading: dead code goes at verification. */
const volatile __u8 have_rdonly_cast = 0;
const volatile __u8 have_get_kmem_cache = 0;

#define GFP_DMA         (1U << 0)
#define GFP_RECLAIMABLE (1U << 4)

/* The largest kmalloc that comes from a slab cache: KMALLOC_MAX_CACHE_SIZE, two pages. */
#define KMALLOC_SLAB_MAX 8192

struct timespec64 {
	__s64 tv_sec;
} __attribute__((preserve_access_index));

/* include/linux/module.h */
#define MODULE_NAME_LEN 56
struct module {
	char name[MODULE_NAME_LEN];
} __attribute__((preserve_access_index));

/* its code since 6.4 (ac3b43283923) */
enum mod_mem_type { MOD_TEXT = 0, MOD_INIT_TEXT = 4 };
struct module_memory {
	void *base;
	unsigned int size;
} __attribute__((preserve_access_index));
struct module___mem {
	struct module_memory mem[7];
} __attribute__((preserve_access_index));

/* and before */
struct module_layout {
	void *base;
	unsigned int size;
} __attribute__((preserve_access_index));
struct module___layout {
	struct module_layout core_layout;
	struct module_layout init_layout;
} __attribute__((preserve_access_index));

/*
 * Eight bytes of kernel memory; 0 where there is none. Through bpf_rdonly_cast as the first
 * member of a struct: a number, for since 7.x no arithmetic is permitted on a pointer read by it.
 */
static __always_inline __u64 read_word(__u64 addr)
{
	struct timespec64 *at;
	__u64 word = 0;

	if (have_rdonly_cast) {
		at = bpf_rdonly_cast((void *)addr, bpf_core_type_id_kernel(struct timespec64));
		return at->tv_sec;
	}
	bpf_probe_read_kernel(&word, sizeof(word), (void *)addr);
	return word;
}

static __always_inline __u64 cache_name(__u64 cache)
{
	return read_word(cache + bpf_core_field_offset(struct kmem_cache, name));
}

/* What the probes need to know of a slab cache. */
struct cache_facts {
	__u32 size;
	__u32 object_size;
	__u32 flags;
	__u64 name;
};

/* Reaches beyond all members of interest before 6.2: the verifier holds it to that. */
#define CACHE_HEAD 128

/* Before bpf_rdonly_cast: one helper call for all of them; a frame of its own for the copy. */
static __noinline int copy_cache(__u64 cache, struct cache_facts *facts)
{
	__u8 head[CACHE_HEAD] __attribute__((aligned(8)));

	bpf_probe_read_kernel(head, sizeof(head), (void *)cache);
	facts->size = *(__u32 *)(head + bpf_core_field_offset(struct kmem_cache, size));
	facts->object_size =
		*(__u32 *)(head + bpf_core_field_offset(struct kmem_cache, object_size));
	facts->flags = *(__u32 *)(head + bpf_core_field_offset(struct kmem_cache, flags));
	facts->name = *(__u64 *)(head + bpf_core_field_offset(struct kmem_cache, name));
	return 0;
}

static __always_inline void read_cache(__u64 cache, struct cache_facts *facts)
{
	struct kmem_cache *s;

	if (!have_rdonly_cast) {
		copy_cache(cache, facts);
		return;
	}
	s = bpf_rdonly_cast((void *)cache, bpf_core_type_id_kernel(struct kmem_cache));
	facts->size = s->size;
	facts->object_size = s->object_size;
	facts->flags = s->flags;
	facts->name = cache_name(cache);
}

static __always_inline __u8 cache_kind(const struct cache_facts *facts)
{
	__u32 bit = 17;

	if (bpf_core_enum_value_exists(enum _slab_flag_bits, _SLAB_RECLAIM_ACCOUNT))
		bit = bpf_core_enum_value(enum _slab_flag_bits, _SLAB_RECLAIM_ACCOUNT);
	return facts->flags >> bit & 1 ? KPM_PAGED : KPM_NONP;
}

/*
 * kmalloc_type(): DMA goes before RECLAIMABLE; what exceeds the largest slab takes whole pages,
 * which are always counted as unreclaimable. The two gfp bits have never moved (5.10 to 7.3).
 */
static __always_inline __u8 kmalloc_kind(__u32 gfp, __u64 bytes_alloc)
{
	if (!(gfp & GFP_RECLAIMABLE) || bytes_alloc > KMALLOC_SLAB_MAX)
		return KPM_NONP;
	if (!bpf_core_enum_value(enum kmalloc_cache_type, KMALLOC_RECLAIM))
		return KPM_NONP;
	if ((gfp & GFP_DMA) && bpf_core_enum_value(enum kmalloc_cache_type, KMALLOC_DMA))
		return KPM_NONP;
	return KPM_PAGED;
}

#endif
