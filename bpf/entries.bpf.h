/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the functions of the audit: state, entries of the table, candidates. */
#ifndef KPM_ENTRIES_BPF_H
#define KPM_ENTRIES_BPF_H

#include <kpoolmon/audit_abi.h>
#include "accounting.bpf.h"
#include "slab.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KPM_CANDIDATES_MAX);
	__type(key, __u32);
	__type(value, struct kpm_candidate);
} candidates SEC(".maps");

/* Its copies lie as far apart as the memory of the CPUs does. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu SEC(".maps");

/*
 * State shared by all functions. The verifier checks the global ones once, whoever calls them:
 * therefore their arguments are numbers, and no pointer is passed down.
 */
struct kpm_audit_state state;

/* Turns pointers into numbers: a value read back from here is one. One process at a time. */
static volatile __u64 number[3];

static __always_inline __u64 cache_of(__u64 ptr)
{
	number[0] = (__u64)bpf_get_kmem_cache(ptr);
	return number[0];
}

/* How far a CPU's memory lies from the per-CPU pointers of the kernel; 0 if it is not known. */
static __noinline __u64 offset_of_cpu(__u32 cpu)
{
	__u32 zero = 0;
	void *copy = bpf_map_lookup_percpu_elem(&per_cpu, &zero, cpu);

	number[1] = (__u64)copy;
	number[2] = (__u64)&per_cpu;
	if (!number[1])
		return 0;
	return number[1] - WORD(number[2], bpf_array, pptrs);
}

/* Addresses of the table have 56 bits; those of the kernel all begin alike. */
#define ADDRESS(w0) (0xffULL << 56 | ((w0) & ~KPM_W0_META) >> KPM_ADDR_SHIFT << 3)

/* Was the entry made long enough ago? */
static __always_inline int is_due(__u64 w0, __u64 w1)
{
	return w0 && !(w0 & KPM_W0_BUSY) && ((alloc_time() - w1) & KPM_TIME_MASK) >= state.min_age;
}

/*
 * The position of an address: 1 + n * KPM_BUCKET_SLOTS + slot, in the n-th of its buckets; 0: not
 * tracked. Not static, see put_in().
 */
__noinline int find_entry(__u64 hash, __u64 key)
{
	struct kpm_block *block = block_of(hash);
	struct kpm_bucket *b;
	__u32 slot, n = 0;

	if (!block)
		return 0;
	b = bucket_of(block, hash, 0);
	slot = find_in_first(b, hash, key);
	while (slot >= KPM_BUCKET_SLOTS) {
		if (++n == BUCKETS || !(READ_WORD(b->marks[1]) & OVERFLOW))
			return 0;
		b = bucket_of(block, hash, n);
		slot = find_displaced(b, MARK(hash), key);
	}
	return 1 + n * KPM_BUCKET_SLOTS + slot;
}

/* A slot of a block by its number; NULL if there is none. */
static __always_inline struct kpm_slot *slot_of(struct kpm_block *block, __u32 n, __u8 **mark)
{
	__u32 which = n / KPM_BUCKET_SLOTS, k = n % KPM_BUCKET_SLOTS;

	/* the compiler knows that they are in range, the verifier does not */
	HOLD(which);
	HOLD(k);
	if (which >= KPM_BLOCK_BUCKETS || k >= KPM_BUCKET_SLOTS)
		return 0;
	*mark = &block->bucket[which].mark[k];
	return &block->bucket[which].slot[k];
}

/*
 * The i-th slot from a block on, with its first word; *w0 is 0 if no object is in it. NULL: there are
 * no more.
 */
static __always_inline struct kpm_slot *slot_from(__u32 first, __u32 i, __u64 *w0)
{
	__u32 block = first + i / KPM_BLOCK_SLOTS;
	struct kpm_block *b = block < block_count ? block_at(block) : 0;
	struct kpm_slot *slot;
	__u8 *mark;

	*w0 = 0;
	slot = b ? slot_of(b, i % KPM_BLOCK_SLOTS, &mark) : 0;
	if (!slot || !*(volatile __u8 *)mark)
		return slot;
	*w0 = READ_WORD(slot->w0);
	if (*w0 & KPM_W0_BUSY)
		*w0 = 0;
	return slot;
}

/* The slot of a tracked address, in the n-th of its buckets; NULL: it is not tracked. */
static __always_inline struct kpm_slot *slot_by(__u64 ptr, __u8 **mark, __u32 *n)
{
	__u64 hash = hash_address(ptr);
	struct kpm_block *block = block_of(hash);
	int at = find_entry(hash, KPM_W0_KEY(ptr)) - 1;

	if (!block || at < 0)
		return 0;
	*n = at / KPM_BUCKET_SLOTS;
	return slot_of(block, bucket_number(hash, *n) * KPM_BUCKET_SLOTS + at % KPM_BUCKET_SLOTS,
		       mark);
}

/* Keeps a candidate for the second pass. 0 if there is no room. */
static __always_inline int record(const struct kpm_candidate *candidate)
{
	__u32 n = state.records;
	struct kpm_candidate *f = n < KPM_CANDIDATES_MAX ? bpf_map_lookup_elem(&candidates, &n) : 0;

	if (!f)
		return 0;
	*f = *candidate;
	state.records = n + 1;
	return 1;
}

#endif
