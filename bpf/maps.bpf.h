/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps (include/kpoolmon/abi.h has their contents) and the settings that user space writes
 * before loading. The sizes here are placeholders.
 */
#ifndef KPM_MAPS_BPF_H
#define KPM_MAPS_BPF_H

#include <bpf/bpf_helpers.h>

#include <kpoolmon/load_constants.h>

#define KPM_ARRAY(name, value_type)                                                                \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

KPM_ARRAY(taginfo, struct kpm_tag_info);
KPM_ARRAY(taglist, __u32);
KPM_ARRAY(control, struct kpm_control);

/* Of the pages of modules' code, by a hash of their number: 0 until one comes or goes. */
#define KPM_GENERATIONS 16384
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KPM_GENERATIONS);
	__type(key, __u32);
	__type(value, __u64);
} generations SEC(".maps");

static __always_inline __u32 code_page(__u64 address)
{
	return (address >> 12) * 0x9e3779b97f4a7c15ULL >> 50;
}

const volatile __u64 rated_objects = 1;

/* The maps of one value, which user space makes, and the sizes: kpoolmon/load_constants.h. */
#define LOAD_CONST(n)                                                                              \
	({                                                                                         \
		__u64 const_;                                                                      \
		__asm__("%0 = %1 ll" : "=r"(const_) : "i"(KPM_CONST_MARK + (n)));                  \
		const_;                                                                            \
	})
#define block_count   LOAD_CONST(KPM_CONST_BLOCK_COUNT)
#define tag_slots     LOAD_CONST(KPM_CONST_TAG_SLOTS)
#define tag_bytes     LOAD_CONST(KPM_CONST_TAG_BYTES)
#define tag_mask      LOAD_CONST(KPM_CONST_TAG_MASK)
#define home_mask     LOAD_CONST(KPM_CONST_HOME_MASK)
#define shard_mask    LOAD_CONST(KPM_CONST_SHARD_MASK)
#define shards_shared LOAD_CONST(KPM_CONST_SHARED)
#define cpu_mask      LOAD_CONST(KPM_CONST_CPU_MASK)
#define text_start    LOAD_CONST(KPM_CONST_TEXT_START)
#define text_size     LOAD_CONST(KPM_CONST_TEXT_SIZE)
#define jiffies_scale LOAD_CONST(KPM_CONST_JIFFIES_SCALE)
#define alloc_again   LOAD_CONST(KPM_CONST_ALLOC_AGAIN)
#define again_is_last LOAD_CONST(KPM_CONST_AGAIN_IS_LAST)

/*
 * Keeps a value in a register: the compiler would compute it again at each use, or merge it with
 * others by bit operations, which the verifier does not follow.
 */
#define HOLD(x) __asm__ volatile("" : "+r"(x))

/* Some verifiers follow a product only if the second factor is a known number: order matters. */
#define MULTIPLY(x, known) __asm__("%0 *= %1" : "+r"(x) : "r"(known))

#define READ_WORD(x)     (*(const volatile __u64 *)&(x))
#define WRITE_WORD(x, v) (*(volatile __u64 *)&(x) = (v))

static __always_inline __u32 this_shard(void)
{
	return bpf_get_smp_processor_id() & shard_mask;
}

static __always_inline struct kpm_tag_bucket *ways_of(__u32 home)
{
	return (struct kpm_tag_bucket *)LOAD_CONST(KPM_CONST_TAGS) + (home & home_mask);
}

static __always_inline struct kpm_tag *tag_of(__u32 id)
{
	return &ways_of(id / KPM_TAG_WAYS)->tag[id & (KPM_TAG_WAYS - 1)];
}

static __always_inline __u32 id_of(struct kpm_tag *tag)
{
	return ((__u64)tag - LOAD_CONST(KPM_CONST_TAGS)) / sizeof(*tag) & tag_mask;
}

static __always_inline struct kpm_counters *counters_of(__u32 shard, __u32 tag)
{
	__u64 first = shard;

	MULTIPLY(first, tag_slots);
	return (struct kpm_counters *)LOAD_CONST(KPM_CONST_COUNTERS) + (first + (tag & tag_mask));
}

/* The tallies of a shard, of which each lies as far from the first as its tag does. */
static __always_inline struct kpm_tally *tallies_of(__u32 shard)
{
	__u64 first = shard;

	MULTIPLY(first, tag_bytes);
	return (struct kpm_tally *)(LOAD_CONST(KPM_CONST_TALLIES) + first);
}

static __always_inline struct kpm_tally *tally_of(__u32 shard, struct kpm_tag *tag)
{
	__u64 distance = shard;

	MULTIPLY(distance, tag_bytes);
	return (struct kpm_tally *)((char *)tag + (distance + tag_bytes));
}

static __always_inline struct kpm_shard *shard_of(__u32 shard)
{
	return (struct kpm_shard *)LOAD_CONST(KPM_CONST_SHARDS) + shard;
}

static __always_inline struct kpm_recent *recent_of(__u32 cpu)
{
	return (struct kpm_recent *)LOAD_CONST(KPM_CONST_RECENT) + (cpu & cpu_mask);
}

static __always_inline void add(__u64 *counter, __u64 n)
{
	__sync_fetch_and_add(counter, n);
}

/*
 * Adds one to a word of a tally and returns its old value. Without an atomic operation if only this
 * program on this CPU writes the word: the kernel does not run a program inside itself. The
 * verifier knows the case and drops the other.
 */
static __always_inline __u64 tally(__u64 *word)
{
	__u64 before;

	if (shards_shared)
		return __sync_fetch_and_add(word, 1);
	before = READ_WORD(*word);
	WRITE_WORD(*word, before + 1);
	return before;
}

#endif
