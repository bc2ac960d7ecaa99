/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering an object into the books and taking it off them: what every probe does in the end. */
#ifndef KPM_ACCOUNTING_H
#define KPM_ACCOUNTING_H

#include "objects.bpf.h"
#include "sampling.bpf.h"

/* kmalloc(0) returns ZERO_SIZE_PTR, 16 */
#define NO_OBJECT(ptr) ((ptr) <= 16)

static __always_inline __u64 birth(void)
{
	return (bpf_jiffies64() * jiffies_scale >> 32) & KPM_BIRTH_MASK;
}

/*
 * An address that may still be on the books when it is allocated: either its free was missed, or
 * this is the second event of a large kmalloc. The old entry goes before the new one comes.
 */
__noinline int replace(__u64 hash, __u64 key, int large)
{
	__u32 shard = this_shard();
	struct kpm_slot entry;

	if (!take_out(hash, key, &entry))
		return 0;
	if (large && entry.w0 & KPM_W0_WRAPPER)
		settle(shard, &entry, moved);
	else
		settle(shard, &entry, reused);
	return 0;
}

/* Accounts for an object that has its tag; `tag` is the tag's number. */
static __always_inline void enter(__u64 ptr, __u64 asked, int large, int id, struct kpm_tag *tag)
{
	__u64 hash = hash_address(ptr), w0 = KPM_W0_KEY(ptr), w1, weight = 1, low, high, before;
	struct kpm_block *block = block_of(hash);
	__u32 shard = this_shard();
	struct kpm_counters *c = counters_of(shard, id);
	struct kpm_bucket *b;

	if (!block || !c)
		return;
	b = FIRST_BUCKET(block, hash);
	low = READ_WORD(b->marks[0]);
	high = READ_WORD(b->marks[1]);
	if (unlikely((same_bytes(low, EACH_BYTE(MARK(hash))) & USED_LOW) |
		     (same_bytes(high, EACH_BYTE(MARK(hash))) & USED_HIGH) | high >> 56))
		replace(hash, w0, large);
	if (asked > KPM_ASKED_MAX)
		asked = KPM_ASKED_MAX;
	w1 = (__u64)id << KPM_TAG_SHIFT | asked << KPM_ASKED_SHIFT | birth();
	if (unlikely(tag->shift)) {
		if (!admitted(ptr, tag->shift))
			return;
		w0 |= tag->shift & KPM_W0_WEIGHT;
		weight <<= tag->shift & KPM_W0_WEIGHT;
	}
	if (unlikely(large))
		w0 |= KPM_W0_LARGE | (tag->flags & KPM_TAG_WRAPPER ? KPM_W0_WRAPPER : 0);
	if (unlikely(asked != *(volatile __u32 *)&tag->usual))
		w0 |= KPM_W0_ODD;
	if (!claim(b, FIRST_SLOT(hash), MARK(hash), w0, w1) && !put_in(hash, w0, w1)) {
		/* the caller's event of the same object follows */
		if (!(w0 & KPM_W0_WRAPPER))
			add(&c->refused, weight);
		return;
	}
	before = __sync_fetch_and_add(&c->allocs, weight);
	if (unlikely(w0 & KPM_W0_ODD)) {
		add(&c->odd, weight);
		add(&c->odd_asked, weight * asked);
	}
	if (unlikely((before & SAMPLING_PERIOD_MASK) + weight > SAMPLING_PERIOD_MASK))
		review_sampling(id);
}

/* No room for the tag: the object is not accounted, but what its address held before is. */
__noinline int drop(__u64 ptr, int large)
{
	__u32 shard = this_shard();
	struct kpm_shard *s = shard_of(shard);

	replace(hash_address(ptr), KPM_W0_KEY(ptr), large);
	if (s)
		add(&s->tags_full, 1);
	return 0;
}

/* Takes the object off the books; 1 if it stood there. */
static __always_inline int leave(__u64 ptr)
{
	__u64 hash = hash_address(ptr), key = KPM_W0_KEY(ptr), low, high, spilled;
	struct kpm_block *block = block_of(hash);
	__u32 shard = this_shard();
	struct kpm_slot entry;
	struct kpm_bucket *b;

	if (!block)
		return 0;
	b = FIRST_BUCKET(block, hash);
	/* read before they are needed: both lines are on their way at once */
	low = READ_WORD(b->marks[0]);
	high = READ_WORD(b->marks[1]);
	if (!give_up(b, FIRST_SLOT(hash), key, &entry)) {
		low = same_bytes(low, EACH_BYTE(MARK(hash))) & USED_LOW;
		spilled = high >> 56;
		high = same_bytes(high, EACH_BYTE(MARK(hash))) & USED_HIGH;
		if (!(low | high | spilled))
			return 0;
		if (!(low && give_up(b, lowest_byte(low) & 7, key, &entry)) &&
		    !take_out(hash, key, &entry))
			return 0;
	}
	settle(shard, &entry, frees);
	return 1;
}

#endif
