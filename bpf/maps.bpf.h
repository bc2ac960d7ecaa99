/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps (include/kpoolmon/abi.h says what lies in them) and the settings that user space
 * writes before loading. The sizes here are placeholders.
 */
#ifndef KPM_MAPS_BPF_H
#define KPM_MAPS_BPF_H

#include <bpf/bpf_helpers.h>

#include <kpoolmon/operands.h>

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

/*
 * The maps of one value, which user space makes, and the sizes: operands that are filled in before
 * the programs are loaded (kpoolmon/operands.h).
 */
#define OPERAND(n)                                                                                 \
	({                                                                                         \
		__u64 operand_;                                                                    \
		__asm__("%0 = %1 ll" : "=r"(operand_) : "i"(KPM_OPERAND_MARK + (n)));              \
		operand_;                                                                          \
	})
#define block_count   OPERAND(KPM_OPERAND_BLOCK_COUNT)
#define tag_slots     OPERAND(KPM_OPERAND_TAG_SLOTS)
#define tag_bytes     OPERAND(KPM_OPERAND_TAG_BYTES)
#define tag_mask      OPERAND(KPM_OPERAND_TAG_MASK)
#define home_mask     OPERAND(KPM_OPERAND_HOME_MASK)
#define shard_mask    OPERAND(KPM_OPERAND_SHARD_MASK)
#define shards_shared OPERAND(KPM_OPERAND_SHARED)
#define cpu_mask      OPERAND(KPM_OPERAND_CPU_MASK)
#define text_start    OPERAND(KPM_OPERAND_TEXT_START)
#define text_size     OPERAND(KPM_OPERAND_TEXT_SIZE)
#define jiffies_scale OPERAND(KPM_OPERAND_JIFFIES_SCALE)

/*
 * Keeps a value in a register: the compiler would compute it again at each use, or, what the
 * verifier does not follow, merge it with others by bit operations.
 */
#define HOLD(x) __asm__ volatile("" : "+r"(x))

/* Old verifiers follow a product only if the number that multiplies is known: the order matters. */
#define MULTIPLY(x, known) __asm__("%0 *= %1" : "+r"(x) : "r"(known))

#define READ_WORD(x)     (*(const volatile __u64 *)&(x))
#define WRITE_WORD(x, v) (*(volatile __u64 *)&(x) = (v))

static __always_inline __u32 this_shard(void)
{
	return bpf_get_smp_processor_id() & shard_mask;
}

static __always_inline struct kpm_tag_bucket *ways_of(__u32 home)
{
	return (struct kpm_tag_bucket *)OPERAND(KPM_OPERAND_TAGS) + (home & home_mask);
}

static __always_inline struct kpm_tag *tag_of(__u32 id)
{
	return &ways_of(id / KPM_TAG_WAYS)->tag[id & (KPM_TAG_WAYS - 1)];
}

static __always_inline __u32 id_of(struct kpm_tag *tag)
{
	return ((__u64)tag - OPERAND(KPM_OPERAND_TAGS)) / sizeof(*tag) & tag_mask;
}

static __always_inline struct kpm_counters *counters_of(__u32 shard, __u32 tag)
{
	__u64 first = shard;

	MULTIPLY(first, tag_slots);
	return (struct kpm_counters *)OPERAND(KPM_OPERAND_COUNTERS) + (first + (tag & tag_mask));
}

/* The tallies of a shard, of which each lies as far from the first as its tag does. */
static __always_inline struct kpm_tally *tallies_of(__u32 shard)
{
	__u64 first = shard;

	MULTIPLY(first, tag_bytes);
	return (struct kpm_tally *)(OPERAND(KPM_OPERAND_TALLIES) + first);
}

static __always_inline struct kpm_tally *tally_of(__u32 shard, struct kpm_tag *tag)
{
	__u64 distance = shard;

	MULTIPLY(distance, tag_bytes);
	return (struct kpm_tally *)((char *)tag + (distance + tag_bytes));
}

static __always_inline struct kpm_shard *shard_of(__u32 shard)
{
	return (struct kpm_shard *)OPERAND(KPM_OPERAND_SHARDS) + shard;
}

static __always_inline struct kpm_recent *recent_of(__u32 cpu)
{
	return (struct kpm_recent *)OPERAND(KPM_OPERAND_RECENT) + (cpu & cpu_mask);
}

static __always_inline void add(__u64 *counter, __u64 n)
{
	__sync_fetch_and_add(counter, n);
}

/*
 * Counts one more in a word of a tally; what it was. Of a word that only this program on this CPU
 * writes, which the kernel does not run inside itself. The verifier knows which of the two it is.
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
