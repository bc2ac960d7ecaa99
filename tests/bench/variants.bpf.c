// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs that `make bench` compares the probes with: empty programs on the same events; the
 * least that exact tracking must do, an entry made and taken out by compare-and-swap and two
 * counters, for one call site and without handling of collisions; and the usual way to track, a
 * preallocated hash map of objects and a hash map of call sites.
 */
#include "types.bpf.h"
#include <bpf/bpf_helpers.h>

enum { BPF_MAP_TYPE_PERCPU_HASH = 5 };

char LICENSE[] SEC("license") = "GPL";

struct object {
	__u64 site;
	__u64 bytes;
};

struct site {
	__u64 allocs, frees, bytes, freed;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2000000);
	__type(key, __u64);
	__type(value, struct object);
} live SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct site);
} sites SEC(".maps");

#define EMPTY(name)                                                                                \
	SEC("raw_tp")                                                                              \
	int name(void *ctx __attribute__((unused)))                                                \
	{                                                                                          \
		return 0;                                                                          \
	}
EMPTY(empty_kmalloc)
EMPTY(empty_calloc)
EMPTY(empty_kfree)
EMPTY(empty_cfree)
EMPTY(empty_kfree_again)
EMPTY(empty_cfree_again)

#define EMPTY_CLASSIC(name, event)                                                                 \
	SEC("tracepoint/kmem/" event)                                                              \
	int name(void *ctx __attribute__((unused)))                                                \
	{                                                                                          \
		return 1;                                                                          \
	}

EMPTY_CLASSIC(empty_kmalloc_classic, "kmalloc")
EMPTY_CLASSIC(empty_calloc_classic, "kmem_cache_alloc")
EMPTY_CLASSIC(empty_kfree_classic, "kfree")
EMPTY_CLASSIC(empty_cfree_classic, "kmem_cache_free")

static __always_inline int hash_alloc(__u64 site, __u64 ptr, __u64 bytes)
{
	struct object object = {.site = site, .bytes = bytes};
	struct site zero = {0}, *s;

	if (ptr <= 16)
		return 0;
	bpf_map_update_elem(&live, &ptr, &object, 0);
	s = bpf_map_lookup_elem(&sites, &site);
	if (!s) {
		bpf_map_update_elem(&sites, &site, &zero, 1);
		s = bpf_map_lookup_elem(&sites, &site);
	}
	if (s) {
		s->allocs++;
		s->bytes += bytes;
	}
	return 0;
}

static __always_inline int hash_free(__u64 ptr)
{
	struct object *found = bpf_map_lookup_elem(&live, &ptr), object;
	struct site *s;

	if (!found)
		return 0;
	object = *found;
	bpf_map_delete_elem(&live, &ptr);
	s = bpf_map_lookup_elem(&sites, &object.site);
	if (s) {
		s->frees++;
		s->freed += object.bytes;
	}
	return 0;
}

SEC("raw_tp")
int hash_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	return hash_alloc(ctx->args[0], ctx->args[1], ctx->args[3]);
}

SEC("raw_tp")
int hash_calloc(struct bpf_raw_tracepoint_args *ctx)
{
	return hash_alloc(ctx->args[0], ctx->args[1], ctx->args[2]);
}

SEC("raw_tp")
int hash_kfree(struct bpf_raw_tracepoint_args *ctx)
{
	return hash_free(ctx->args[1]);
}

SEC("raw_tp")
int hash_cfree(struct bpf_raw_tracepoint_args *ctx)
{
	return hash_free(ctx->args[1]);
}

#define LEAST_SLOTS (1 << 22)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LEAST_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} least_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} least_counts SEC(".maps");

static __always_inline __u64 *least_slot(__u64 ptr)
{
	__u32 i = (ptr >> 3) * 0x9e3779b97f4a7c15ULL >> 42;

	return bpf_map_lookup_elem(&least_slots, &i);
}

static __always_inline int least_count(__u32 which)
{
	__u64 *count = bpf_map_lookup_elem(&least_counts, &which);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

static __always_inline int least_alloc(__u64 ptr)
{
	__u64 *slot = least_slot(ptr);

	if (ptr <= 16 || !slot || __sync_val_compare_and_swap(slot, 0, ptr))
		return 0;
	return least_count(0);
}

static __always_inline int least_free(__u64 ptr)
{
	__u64 *slot = least_slot(ptr);

	if (ptr <= 16 || !slot || *slot != ptr || __sync_val_compare_and_swap(slot, ptr, 0) != ptr)
		return 0;
	return least_count(1);
}

#define LEAST(name, what)                                                                          \
	SEC("raw_tp")                                                                              \
	int name(struct bpf_raw_tracepoint_args *ctx)                                              \
	{                                                                                          \
		return what(ctx->args[1]);                                                         \
	}
LEAST(least_kmalloc, least_alloc)
LEAST(least_calloc, least_alloc)
LEAST(least_kfree, least_free)
LEAST(least_cfree, least_free)
LEAST(least_kfree_again, least_free)
LEAST(least_cfree_again, least_free)
