/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enters objects into the tracking tables and takes them out: the end of every probe. */
#ifndef KPM_ACCOUNTING_H
#define KPM_ACCOUNTING_H

#include "objects.bpf.h"
#include "samples.bpf.h"
#include "sampling.bpf.h"

/* kmalloc(0) returns ZERO_SIZE_PTR, 16 */
#define NO_OBJECT(ptr) ((ptr) <= 16)

static __always_inline __u64 alloc_time(void)
{
	return (bpf_jiffies64() * jiffies_scale >> 32) & KPM_TIME_MASK;
}

/* A second copy has caught what the first one missed. */
static __always_inline void rescued(enum kpm_rescue by)
{
	add(&shard_of(this_shard())->rescued[by], 1);
}

/* The tag and the bytes asked for in a second word: what two entries of one allocation share. */
#define TAG_AND_ASKED(w1) ((w1) >> KPM_ASKED_SHIFT)

/*
 * Is the address tracked, under that tag and with that many bytes asked for? With `taken_over` only
 * an entry that a second copy has made, which then is the first one's.
 */
__noinline int is_entered(__u64 hash, __u64 key, __u64 tag_and_asked, int taken_over)
{
	struct kpm_block *block = block_of(hash);
	struct kpm_bucket *b;
	__u32 n, passed;
	__u64 w0;

	if (!block)
		return 0;
	n = find_anywhere(block, hash, key, &b, &passed);
	if (n >= KPM_BUCKET_SLOTS)
		return 0;
	if (TAG_AND_ASKED(READ_WORD(b->slot[n].w1)) != tag_and_asked)
		return 0;
	if (!taken_over)
		return 1;
	w0 = READ_WORD(b->slot[n].w0);
	return w0 & KPM_W0_SECOND &&
	       __sync_val_compare_and_swap(&b->slot[n].w0, w0, w0 & ~KPM_W0_SECOND) == w0;
}

/*
 * Takes out an address that is still tracked when it is allocated: either its free was missed, or
 * this is the second event of a large kmalloc. Before the new entry is made. 1: the entry is that
 * of this allocation, since the classic copy ran first; it has rescued nothing, and there is
 * nothing to do.
 */
__noinline int replace(__u64 hash, __u64 key, __u64 w1, __u64 about)
{
	__u32 shard = this_shard();
	struct kpm_slot entry;

	if (have_classic && !(about & KPM_W0_SECOND) &&
	    is_entered(hash, key, TAG_AND_ASKED(w1), 1)) {
		add(&shard_of(shard)->rescued[about & KPM_W0_CACHE ? KPM_RESCUE_CACHE_ALLOC
								   : KPM_RESCUE_KMALLOC],
		    -1);
		return 1;
	}
	if (!take_out(hash, key, &entry))
		return 0;
	if (about & KPM_W0_LARGE && entry.w0 & KPM_W0_WRAPPER)
		settle(shard, &entry, moved);
	else
		settle(shard, &entry, reused);
	return 0;
}

/*
 * Adds an entry to its tag, and reviews the tag's sampling from time to time. The verdict about a
 * sample of it.
 */
static __always_inline int count_in(struct kpm_counters *c, __u64 w0, __u64 w1)
{
	__u64 weight = 1ULL << (w0 & KPM_W0_WEIGHT), before;
	__u32 id = w1 >> KPM_TAG_SHIFT;

	before = __sync_fetch_and_add(&c->allocs, weight);
	if (w0 & KPM_W0_UNUSUAL) {
		add(&c->unusual, weight);
		add(&c->unusual_asked, weight * (w1 >> KPM_ASKED_SHIFT & KPM_ASKED_MAX));
	}
	if ((before & SAMPLING_PERIOD_MASK) + weight > SAMPLING_PERIOD_MASK)
		review_sampling(id);
	if (KPM_TAG_FLAGS(READ_WORD(tag_of(id)->word)) & (KPM_TAG_RARE | KPM_TAG_RAISED))
		return visit(id, 0);
	return comes_by(before >> (w0 & KPM_W0_WEIGHT)) ? visit(id, SAMPLE_RUN_LOG) : ENTERED;
}

/*
 * Enters an object in any of its buckets; the verdict about a sample if it could. Where there is no
 * room for a second copy's, the first one has nearly always found that, too, and counted it. Not
 * static, see put_in().
 */
__noinline int enter_anywhere(__u64 hash, __u64 w0, __u64 w1)
{
	struct kpm_counters *c = counters_of(this_shard(), w1 >> KPM_TAG_SHIFT);

	if (put_in(hash, w0, w1))
		return count_in(c, w0, w1);
	/* after a wrapper's the caller's event of the same object follows */
	if (!(w0 & (KPM_W0_WRAPPER | KPM_W0_SECOND)))
		add(&c->refused, 1ULL << (w0 & KPM_W0_WEIGHT));
	return NOT_ENTERED;
}

static __always_inline __u64 second_word(__u32 id, __u64 asked)
{
	return (__u64)id << KPM_TAG_SHIFT | asked << KPM_ASKED_SHIFT | alloc_time();
}

/*
 * The slow path of an allocation: the object is large, or of an unusual size, or its tag is
 * sampled, or a hook saw it, or the first copy of a program did not run. `about` is KPM_W0_LARGE or
 * KPM_W0_CACHE, or 0, and KPM_W0_SECOND; `word` is the tag's. NOT_ENTERED, or the
 * verdict about a sample.
 */
__noinline int enter_slow_path(__u64 ptr, __u64 asked, __u64 about, __u32 id, __u64 word)
{
	__u64 hash = hash_address(ptr), w0 = KPM_W0_KEY(ptr), w1;
	struct kpm_block *block = block_of(hash);
	__u32 shift = KPM_TAG_SAMPLING(word);
	struct kpm_bucket *b;

	if (!block)
		return 0;
	if (asked > KPM_ASKED_MAX)
		asked = KPM_ASKED_MAX;
	w1 = second_word(id, asked);
	b = bucket_of(block, hash, 0);
	HOLD(b);
	if ((tells_of(READ_WORD(b->slot[first_slot(hash)].w0), w0) || may_be_displaced(b, hash)) &&
	    replace(hash, w0, w1, about))
		return 0;
	if (shift) {
		if (!admitted(ptr, shift))
			return 0;
		w0 |= shift & KPM_W0_WEIGHT;
	}
	w0 |= about & (KPM_W0_LARGE | KPM_W0_CACHE | KPM_W0_SECOND);
	if (about & KPM_W0_LARGE && KPM_TAG_FLAGS(word) & KPM_TAG_WRAPPER)
		w0 |= KPM_W0_WRAPPER;
	if (asked != KPM_TAG_USUAL(word))
		w0 |= KPM_W0_UNUSUAL;
	return enter_anywhere(hash, w0, w1);
}

/* Enters an object that only a second copy saw. */
static __always_inline void enter_rescued(__u64 ptr, __u64 asked, __u64 about, __u32 id, __u64 word,
					  enum kpm_rescue by)
{
	int verdict = enter_slow_path(ptr, asked, about | KPM_W0_SECOND, id, word);

	if (verdict)
		rescued(by);
	if (verdict >= SAMPLE_ME)
		sample_lost(id);
}

/* An entry that the fast path has made comes by, one in a run. */
__noinline int visit_usual(__u32 id, __u64 before)
{
	const __u64 last = SAMPLING_PERIOD_MASK >> SAMPLE_RUN_LOG;

	if ((before >> SAMPLE_RUN_LOG & last) == last)
		review_sampling(id);
	return visit(id, SAMPLE_RUN_LOG);
}

/*
 * The fast path of an allocation: an object like all others of its tag, seen by the program on its
 * event alone, see struct kpm_tally. Calls come first, while few values are live; an atomic
 * operation waits for all before it, and all after it waits for it: so everything that can be
 * computed early is computed before it.
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
	if (unlikely(comes_by(before)))
		goto comes_by;
	return ENTERED;
regions:
	block = block_in_region(i);
	if (!block)
		return NOT_ENTERED;
	goto in_block;
displaced:
	if (may_be_displaced(b, hash) && replace(hash, w0 & ~KPM_W0_META, w1, w0))
		return 0;
	goto to_first_slot;
occupied:
	if (tells_of(before, w0 & ~KPM_W0_META) && replace(hash, w0 & ~KPM_W0_META, w1, w0))
		return 0;
	return enter_anywhere(hash, w0, w1);
comes_by:
	return visit_usual(w1 >> KPM_TAG_SHIFT, before);
}

/* The tag table is full: the object is not tracked, but an old entry of its address is settled. */
__noinline int drop(__u64 ptr, int large, int second)
{
	__u32 shard = this_shard();

	replace(hash_address(ptr), KPM_W0_KEY(ptr), ~0ULL, large ? KPM_W0_LARGE : 0);
	if (!second)
		add(&shard_of(shard)->tags_full, 1);
	return 0;
}

/* The slow path of a free: takes out an object, wherever its entry is; 1 if it was tracked. */
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
	/* the first of the equal marks is nearly always the right one */
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
 * The fast path of a free, by the program on the event that belongs to the object, see struct
 * kpm_tally. `about` is KPM_W0_CACHE or 0, by the event.
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
	/* computes the tally's address before the atomic operation: see enter_fast_path() */
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
