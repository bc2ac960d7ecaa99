/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering an object into the books and taking it off them: what every probe does in the end. */
#ifndef KPM_ACCOUNTING_H
#define KPM_ACCOUNTING_H

#include "objects.bpf.h"
#include "sampling.bpf.h"

/* kmalloc(0) returns ZERO_SIZE_PTR, 16 */
#define NO_OBJECT(ptr) ((ptr) <= 16)

static __always_inline __u64 alloc_time(void)
{
	return (bpf_jiffies64() * jiffies_scale >> 32) & KPM_TIME_MASK;
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
	if (w0 & KPM_W0_UNUSUAL) {
		add(&c->unusual, weight);
		add(&c->unusual_asked, weight * (w1 >> KPM_ASKED_SHIFT & KPM_ASKED_MAX));
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
	return (__u64)id << KPM_TAG_SHIFT | asked << KPM_ASKED_SHIFT | alloc_time();
}

/*
 * Accounts for an object about which something is out of the ordinary: that it is large, that not
 * what is usual was asked for, that its tag is sampled, that a hook saw it. `about` is KPM_W0_LARGE
 * or KPM_W0_CACHE, or 0; `word` is the tag's.
 */
__noinline int enter_slow_path(__u64 ptr, __u64 asked, __u64 about, __u32 id, __u64 word)
{
	__u64 hash = hash_address(ptr), w0 = KPM_W0_KEY(ptr);
	struct kpm_block *block = block_of(hash);
	__u32 shift = KPM_TAG_SAMPLING(word);
	struct kpm_bucket *b;

	if (!block)
		return 0;
	b = bucket_of(block, hash, 0);
	HOLD(b);
	if (tells_of(READ_WORD(b->slot[first_slot(hash)].w0), w0) || may_be_displaced(b, hash))
		replace(hash, w0, about & KPM_W0_LARGE);
	if (shift) {
		if (!admitted(ptr, shift))
			return 0;
		w0 |= shift & KPM_W0_WEIGHT;
	}
	w0 |= about & (KPM_W0_LARGE | KPM_W0_CACHE);
	if (about & KPM_W0_LARGE && KPM_TAG_FLAGS(word) & KPM_TAG_WRAPPER)
		w0 |= KPM_W0_WRAPPER;
	if (asked > KPM_ASKED_MAX)
		asked = KPM_ASKED_MAX;
	if (asked != KPM_TAG_USUAL(word))
		w0 |= KPM_W0_UNUSUAL;
	return enter_anywhere(hash, w0, second_word(id, asked));
}

/*
 * The same for one that is as all of its tag, by the program on its event alone: see struct
 * kpm_tally. Calls come first, while there is little to be kept; an atomic operation waits for all
 * that comes before it, and all after it waits: so what can be known is worked out before.
 */
static __always_inline int enter_fast_path(__u64 ptr, __u64 about, struct kpm_tag *tag, __u64 word)
{
	struct kpm_tally *t = tally_of(this_shard(), tag);
	__u64 w1 = word | alloc_time(), hash, w0, i, n, before;
	struct kpm_block *block;
	struct kpm_bucket *b;
	struct kpm_slot *slot;

	HOLD(t);
	HOLD(w1);
	hash = hash_address(ptr);
	w0 = KPM_W0_KEY(ptr) | about;
	i = block_number(hash);
	if (unlikely(HAS_REGIONS))
		goto regions;
	block = block_in_whole(i);
in_block:
	b = bucket_of(block, hash, 0);
	HOLD(b);
	if (unlikely(has_displaced(b)))
		goto displaced;
to_first_slot:
	n = first_slot(hash);
	slot = &b->slot[n];
	HOLD(slot);
	before = __sync_val_compare_and_swap(&slot->w0, 0, w0 | KPM_W0_BUSY);
	HOLD(before);
	if (unlikely(before))
		goto occupied;
	publish(slot, &b->mark[n], KPM_MARK_USED, w0, w1);
	before = tally(&t->allocs);
	if (unlikely((before & SAMPLING_PERIOD_MASK) == SAMPLING_PERIOD_MASK))
		goto review;
	return 0;
regions:
	block = block_in_region(i);
	if (!block)
		return 0;
	goto in_block;
displaced:
	if (may_be_displaced(b, hash))
		replace(hash, w0 & ~KPM_W0_META, 0);
	goto to_first_slot;
occupied:
	if (tells_of(before, w0 & ~KPM_W0_META))
		replace(hash, w0 & ~KPM_W0_META, 0);
	return enter_anywhere(hash, w0, w1);
review:
	return review_sampling(w1 >> KPM_TAG_SHIFT);
}

/* No room for the tag: the object is not accounted, but what its address held before is. */
__noinline int drop(__u64 ptr, int large)
{
	__u32 shard = this_shard();

	replace(hash_address(ptr), KPM_W0_KEY(ptr), large);
	add(&shard_of(shard)->tags_full, 1);
	return 0;
}

/* Takes an object off the books, wherever and whatever it is; 1 if it stood there. */
__noinline int leave_slow_path(__u64 hash, __u64 key)
{
	__u64 want = EACH_BYTE(MARK(hash)), low, high, overflow, n = first_slot(hash);
	struct kpm_block *block = block_of(hash);
	struct kpm_slot entry, *slot;
	struct kpm_bucket *b;

	if (!block)
		return 0;
	b = bucket_of(block, hash, 0);
	HOLD(b);
	slot = &b->slot[n];
	HOLD(slot);
	if (give_up(slot, key, &entry)) {
		settle(this_shard(), &entry, frees);
		release(slot, &b->mark[n]);
		return 1;
	}
	low = same_bytes(READ_WORD(b->marks[0]), want);
	high = READ_WORD(b->marks[1]);
	overflow = high & OVERFLOW;
	high = same_bytes(high, want);
	if (!(low | high | overflow))
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

static __always_inline int leave(__u64 ptr)
{
	return leave_slow_path(hash_address(ptr), KPM_W0_KEY(ptr));
}

/*
 * The same by the program on the event that belongs to the object, see struct kpm_tally. `about` is
 * what that says of it: KPM_W0_CACHE or 0.
 */
static __always_inline int leave_fast_path(__u64 ptr, __u64 about, __u32 cpu)
{
	__u64 hash = hash_address(ptr), w0 = KPM_W0_KEY(ptr) | about, i, n, tag, before;
	struct kpm_tally *row = tallies_of(cpu & shard_mask);
	struct kpm_block *block;
	struct kpm_bucket *b;
	struct kpm_slot *slot;

	i = block_number(hash);
	if (unlikely(HAS_REGIONS))
		goto regions;
	block = block_in_whole(i);
in_block:
	b = bucket_of(block, hash, 0);
	HOLD(b);
	n = first_slot(hash);
	slot = &b->slot[n];
	HOLD(slot);
	/* fetches the marks' line beside the slot's, before the store to it is needed */
	(void)READ_WORD(b->marks[0]);
	/* and what the tally's place needs, before the atomic operation: see enter_fast_path() */
	HOLD(row);
	before = __sync_val_compare_and_swap(&slot->w0, w0, w0 | KPM_W0_BUSY);
	HOLD(before);
	if (unlikely(before != w0))
		goto elsewhere;
	tag = READ_WORD(slot->w1) >> KPM_TAG_SHIFT & tag_mask;
	tally(&row[tag].frees);
	release(slot, &b->mark[n]);
	return 0;
regions:
	block = block_in_region(i);
	if (!block)
		return 0;
	goto in_block;
elsewhere:
	return leave_slow_path(hash, w0 & ~KPM_W0_META);
}

#endif
