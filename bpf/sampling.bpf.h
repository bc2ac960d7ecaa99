/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A leak must not blind the rest: above KPM_SAMPLE_PERCENT of the rated objects a tag that holds
 * a large part of the table is admitted by a hash of the address, 1 of 2, 1 of 4, ..., and each
 * entry carries its weight. The fuller the table, the thinner the sample and the smaller the
 * holding that counts as large, so that the table settles before it refuses anybody.
 */
#ifndef KPM_SAMPLING_BPF_H
#define KPM_SAMPLING_BPF_H

#include "maps.bpf.h"
#include "objects.bpf.h"

/* A tag is reviewed once in so many of its allocations in a shard (a power of two, less one). */
#define SAMPLING_PERIOD_MASK 511
/* Blocks counted for an estimate of the table's load: +- 1 percent of the slots. */
#define SAMPLING_BLOCKS 4

/*
 * The top bits of a multiple of the golden ratio: neighbouring objects of a slab fall evenly into
 * the classes, so the sample's error is far below that of chance. Another multiplier than the
 * table's own: a sample must not gather in a few buckets.
 */
static __always_inline int admitted(__u64 ptr, __u32 shift)
{
	return (ptr >> 3) * 0xf1357aea2e62a9c5ULL >> (64 - (shift & KPM_W0_WEIGHT)) == 0;
}

/* Objects outstanding under a tag. */
static __always_inline __u64 holdings(__u32 id, struct kpm_tag *tag)
{
	__u64 n = 0;

	for (__u32 shard = 0; shard < KPM_SHARDS_MAX; shard++) {
		struct kpm_counters *c;
		struct kpm_tally *t;

		if (shard > shard_mask)
			break;
		c = counters_of(shard, id);
		t = tally_of(shard, tag);
		n += t->allocs - t->frees + c->allocs - c->frees - c->reused - c->moved -
		     c->audited;
	}
	return n;
}

/* Entries of the table in percent of the rated ones, estimated from a few blocks. */
static __always_inline __u32 load_percent(__u64 seed)
{
	__u32 used = 0;

	for (int i = 0; i < SAMPLING_BLOCKS; i++) {
		struct kpm_block *block = block_of(hash_address((seed * SAMPLING_BLOCKS + i) << 3));

		if (!block)
			break;
		for (int k = 0; k < KPM_BLOCK_BUCKETS; k++)
			used += entries_of(&block->bucket[k]);
	}
	return used * 10000 / (SAMPLING_BLOCKS * KPM_BLOCK_SLOTS * KPM_RATED_PERCENT);
}

__noinline int review_sampling(__u32 id)
{
	struct kpm_tag *tag = tag_of(id);
	__u64 held = holdings(id, tag);
	__u32 load, shift, part = 8;

	if (held * 64 <= rated_objects)
		goto everything;
	load = load_percent(bpf_jiffies64() + id);
	if (load <= KPM_SAMPLE_PERCENT)
		goto everything;
	/* from 1/8 of the rated objects at the start down to 1/64 at the full table */
	if (load > 100)
		part = 64;
	else if (load > 90)
		part = 32;
	else if (load > 80)
		part = 16;
	if (held * part <= rated_objects)
		goto everything;
	/* 1 of 2 at first, twice as thin every 7 percent, 1 of 64 near the rated load */
	shift = 1 + (load - KPM_SAMPLE_PERCENT) / 7;
	if (shift > KPM_SAMPLE_MAX)
		shift = KPM_SAMPLE_MAX;
	__sync_fetch_and_or(&tag->word, (__u64)KPM_TAG_SAMPLED << 8);
	tag->shift = shift;
	return 0;
everything:
	tag->shift = 0;
	return 0;
}

#endif
