/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps (include/kpoolmon/abi.h says what lies in them) and the settings that user space
 * writes before loading. The sizes here are placeholders.
 */
#ifndef KPM_MAPS_BPF_H
#define KPM_MAPS_BPF_H

#include <bpf/bpf_helpers.h>

#define KPM_ARRAY(name, value_type)                                                                \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

KPM_ARRAY(objects, struct kpm_block);
KPM_ARRAY(tags, struct kpm_tag_bucket);
KPM_ARRAY(taginfo, struct kpm_tag_info);
KPM_ARRAY(taglist, __u32);
KPM_ARRAY(counters, struct kpm_counters);
KPM_ARRAY(shards, struct kpm_shard);
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

const volatile __u32 block_count = 1;
/* tag slots, a power of two from KPM_TAG_WAYS to KPM_TAGS_MAX */
const volatile __u32 tag_slots = KPM_TAG_WAYS;
/* min(CPUs, KPM_SHARDS_MAX), rounded up to a power of two, less one */
const volatile __u32 shard_mask = 0;
const volatile __u64 rated_objects = 1;
/* the kernel's own code; all other call sites may be those of a module */
const volatile __u64 text_start = 0;
const volatile __u64 text_end = ~0ULL;
/* 2^32 / HZ: turns jiffies into seconds */
const volatile __u64 jiffies_scale = 0;

static __always_inline __u32 this_shard(void)
{
	return bpf_get_smp_processor_id() & shard_mask;
}

static __always_inline struct kpm_counters *counters_of(__u32 shard, __u32 tag)
{
	__u32 i = shard * tag_slots + tag;

	return bpf_map_lookup_elem(&counters, &i);
}

static __always_inline struct kpm_shard *shard_of(__u32 shard)
{
	return bpf_map_lookup_elem(&shards, &shard);
}

static __always_inline void add(__u64 *counter, __u64 n)
{
	__sync_fetch_and_add(counter, n);
}

#endif
