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

/* Adds an entry to its tag, and looks after the tag's share of the table from time to time. */
static __always_inline void count_in(struct kpm_counters *c, __u64 w0, __u64 w1)
{
	__u64 weight = 1ULL << (w0 & KPM_W0_WEIGHT), before;

	before = __sync_fetch_and_add(&c->allocs, weight);
	if (w0 & KPM_W0_ODD) {
		add(&c->odd, weight);
		add(&c->odd_asked, weight * (w1 >> KPM_ASKED_SHIFT & KPM_ASKED_MAX));
	}
	if ((before & SAMPLING_PERIOD_MASK) + weight > SAMPLING_PERIOD_MASK)
		review_sampling(w1 >> KPM_TAG_SHIFT);
}

/* Enters an object wherever there is room. Not static, as put_in() is not. */
__noinline int enter_anywhere(__u64 hash, __u64 w0, __u64 w1)
{
	struct kpm_counters *c = counters_of(this_shard(), w1 >> KPM_TAG_SHIFT);

	if (put_in(hash, w0, w1))
		count_in(c, w0, w1);
	else if (!(w0 & KPM_W0_WRAPPER)) /* the caller's event of the same object follows */
		add(&c->refused, 1ULL << (w0 & KPM_W0_WEIGHT));
	return 0;
}

static __always_inline __u64 second_word(__u32 id, __u64 asked)
{
	return (__u64)id << KPM_TAG_SHIFT | asked << KPM_ASKED_SHIFT | birth();
}

/*
 * Accounts for an object about which something is out of the ordinary: that it is large, that not
 * what is usual was asked for, that its tag is sampled.
 */
__noinline int enter_peculiar(__u64 ptr, __u64 asked, int large, __u32 id, __u64 word)
{
	__u64 hash = hash_address(ptr), w0 = KPM_W0_KEY(ptr);
	struct kpm_block *block = block_of(hash);
	__u32 shift = word >> 32 & 0xff;

	if (!block)
		return 0;
	if (may_hold(FIRST_BUCKET(block, hash), hash))
		replace(hash, w0, large);
	if (shift) {
		if (!admitted(ptr, shift))
			return 0;
		w0 |= shift & KPM_W0_WEIGHT;
	}
	if (large)
		w0 |= KPM_W0_LARGE | (word >> 40 & KPM_TAG_WRAPPER ? KPM_W0_WRAPPER : 0);
	if (asked > KPM_ASKED_MAX)
		asked = KPM_ASKED_MAX;
	if (asked != (__u32)word)
		w0 |= KPM_W0_ODD;
	return enter_anywhere(hash, w0, second_word(id, asked));
}

/*
 * The same for one that is as all of its tag. An atomic operation waits for all that comes before
 * it, and all after it waits: so what can be known is worked out before the first.
 */
static __always_inline void enter_ordinary(__u64 ptr, __u64 asked, __u32 id)
{
	__u64 hash = hash_address(ptr), w0 = KPM_W0_KEY(ptr), w1, before;
	struct kpm_block *block = block_of(hash);
	struct kpm_counters *c;
	struct kpm_bucket *b;
	struct kpm_slot *slot;

	if (!block)
		return;
	b = FIRST_BUCKET(block, hash);
	HOLD(b);
	if (unlikely(may_hold(b, hash)))
		replace(hash, w0, 0);
	w1 = second_word(id, asked);
	c = counters_of(this_shard(), id);
	slot = &b->slot[FIRST_SLOT(hash)];
	HOLD(c);
	HOLD(w1);
	HOLD(slot);
	before = __sync_val_compare_and_swap(&slot->w0, 0, w0 | KPM_W0_BUSY);
	HOLD(before);
	if (unlikely(before)) {
		enter_anywhere(hash, w0, w1);
		return;
	}
	publish(slot, &b->mark[FIRST_SLOT(hash)], hash, w0, w1);
	before = __sync_fetch_and_add(&c->allocs, 1);
	if (unlikely((before & SAMPLING_PERIOD_MASK) == SAMPLING_PERIOD_MASK))
		review_sampling(id);
}

/* Accounts for an object that has its tag; `id` is the tag's number, `word` its second word. */
static __always_inline void enter(__u64 ptr, __u64 asked, int large, __u32 id, __u64 word)
{
	if (likely(word == asked))
		enter_ordinary(ptr, asked, id);
	else
		enter_peculiar(ptr, asked, large, id, word);
}

/* No room for the tag: the object is not accounted, but what its address held before is. */
__noinline int drop(__u64 ptr, int large)
{
	__u32 shard = this_shard();

	replace(hash_address(ptr), KPM_W0_KEY(ptr), large);
	add(&shard_of(shard)->tags_full, 1);
	return 0;
}

/* Takes an object off the books that is not in its first slot; 1 if it stood there. */
__noinline int leave_elsewhere(__u64 hash, __u64 key)
{
	__u64 want = EACH_BYTE(MARK(hash)), low, high, spilled;
	struct kpm_block *block = block_of(hash);
	struct kpm_slot entry, *slot;
	struct kpm_bucket *b;
	__u64 n;

	if (!block)
		return 0;
	b = FIRST_BUCKET(block, hash);
	low = same_bytes(READ_WORD(b->marks[0]), want);
	high = READ_WORD(b->marks[1]);
	spilled = high & SPILLED;
	high = same_bytes(high, want);
	if (!(low | high | spilled))
		return 0;
	/* the first of the marks that are alike is nearly always it */
	n = low ? lowest_byte(low) : 8 + lowest_byte(high);
	HOLD(n);
	if (n < KPM_BUCKET_SLOTS) {
		slot = &b->slot[n];
		if (give_up(slot, key, &entry)) {
			settle(this_shard(), &entry, frees);
			release(slot, &b->mark[n]);
			return 1;
		}
	}
	if (!take_out(hash, key, &entry))
		return 0;
	settle(this_shard(), &entry, frees);
	return 1;
}

/* Takes the object off the books; 1 if it stood there. */
static __always_inline int leave(__u64 ptr)
{
	__u64 hash = hash_address(ptr), key = KPM_W0_KEY(ptr), mask = tag_mask;
	struct kpm_counters *row = counters_of(this_shard(), 0);
	struct kpm_block *block = block_of(hash);
	struct kpm_slot entry, *slot;
	struct kpm_bucket *b;
	__u64 before;

	if (!block)
		return 0;
	b = FIRST_BUCKET(block, hash);
	HOLD(b);
	slot = &b->slot[FIRST_SLOT(hash)];
	HOLD(slot);
	/* fetches the marks' line beside the slot's, before the store to it is needed */
	(void)READ_WORD(b->marks[0]);
	/* and what the counters' place needs, before the atomic operations: see enter_ordinary() */
	HOLD(row);
	HOLD(mask);
	entry.w0 = READ_WORD(slot->w0);
	if (unlikely(!tells_of(entry.w0, key)))
		return leave_elsewhere(hash, key);
	before = __sync_val_compare_and_swap(&slot->w0, entry.w0, entry.w0 | KPM_W0_BUSY);
	HOLD(before);
	if (unlikely(before != entry.w0))
		return 0;
	entry.w1 = READ_WORD(slot->w1);
	settle_at(row + (entry.w1 >> KPM_TAG_SHIFT & mask), &entry, frees);
	release(slot, &b->mark[FIRST_SLOT(hash)]);
	return 1;
}

#endif
