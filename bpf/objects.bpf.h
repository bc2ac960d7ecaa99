/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of live objects: lock-free, set-associative, with two choices of a bucket for each
 * object and a few more buckets where both are full. Two events of one address never run at the
 * same time: a free event comes before the memory can be allocated again, an alloc event after it
 * was allocated. So compare-and-swap decides only which CPU takes a free slot, and between two
 * frees of one object at once, which is a kernel bug.
 *
 * The fast path is inline and short, the rest is in functions of its own: the cost of a probe is
 * its number of instructions, and the jumps that it takes, which processors mispredict now and then
 * depending on the address of the program alone. Therefore the fast path falls through, and the
 * other cases are at labels below it.
 *
 * Plain stores to a slot are ordered by x86; on other machines the last one would have to be a
 * store with release semantics.
 */
#ifndef KPM_OBJECTS_BPF_H
#define KPM_OBJECTS_BPF_H

#include "maps.bpf.h"

#define EACH_BYTE(n) ((n)*0x0101010101010101ULL)
/* the marks of slots 0 to 7 and 8 to 14 */
#define USED_LOW  EACH_BYTE((__u64)KPM_MARK_USED)
#define USED_HIGH (USED_LOW >> 8)
/* beside the latter: `overflow`, which is never like a mark */
#define OVERFLOW_SHIFT 56
#define OVERFLOW       ((__u64)KPM_MARK_DISPLACED << OVERFLOW_SHIFT)

/* A bucket with more entries sends an object to its second choice, if that has fewer. */
#define FIRST_CHOICE_MAX 10
/*
 * Where both are full, the buckets after the second take it, up to so many in all. Addresses are
 * not random: in memory of a regular layout two choices alone refuse ten times as many objects as
 * they would by chance.
 */
#define BUCKETS 8

/*
 * Hash of an address: the block from the upper half, in it the first bucket from bits 0..4, the
 * distance from there to the second from 5..9, the mark from 10..15, the slot that is tried first
 * from 17..24. An object goes into the cache line of that slot if it can, so that the marks and the
 * slot are fetched from memory at the same time.
 */
static __always_inline __u64 hash_address(__u64 ptr)
{
	__u64 h = (ptr >> 3) * 0x9e3779b97f4a7c15ULL;

	return h ^ h >> 32;
}

/*
 * The block of that number, where one value cannot hold all blocks; never NULL, which the verifier
 * does not know. A function, so that the fast path keeps its registers; inline in the audit, where
 * all stack frames are in use.
 */
#ifndef REGION_LINKAGE
#define REGION_LINKAGE static __noinline
#endif
REGION_LINKAGE struct kpm_block *block_in_region(__u64 i)
{
	__u32 region = i / KPM_REGION_BLOCKS;
	struct kpm_block *blocks;

	blocks = bpf_map_lookup_elem((void *)LOAD_CONST(KPM_CONST_REGIONS), &region);
	if (!blocks)
		return 0;
	HOLD(blocks); /* keeps the compiler from adding to it before the check */
	return blocks + (i & (KPM_REGION_BLOCKS - 1));
}

#define HAS_REGIONS (block_count > KPM_WHOLE_BLOCKS)

/* The block of that number, which is below block_count, where the blocks are one value. */
static __always_inline struct kpm_block *block_in_whole(__u64 i)
{
	struct kpm_block *block = (struct kpm_block *)LOAD_CONST(KPM_CONST_OBJECTS) + i;

	HOLD(block);
	if (!block)
		__builtin_unreachable();
	return block;
}

static __always_inline __u64 block_number(__u64 hash)
{
	__u64 i = hash >> 32;

	MULTIPLY(i, block_count);
	i >>= 32;
	HOLD(i);
	return i;
}

static __always_inline struct kpm_block *block_at(__u64 i)
{
	return HAS_REGIONS ? block_in_region(i) : block_in_whole(i);
}

static __always_inline struct kpm_block *block_of(__u64 hash)
{
	return block_at(block_number(hash));
}

/* The number in its block of the n-th bucket of an object; all are different. */
static __always_inline __u64 bucket_number(__u64 hash, __u32 n)
{
	__u64 distance = n ? (hash >> 5 & 31) * (KPM_BLOCK_BUCKETS - BUCKETS + 1) / 32 + n : 0;

	return (hash + distance) & (KPM_BLOCK_BUCKETS - 1);
}

static __always_inline struct kpm_bucket *bucket_of(struct kpm_block *block, __u64 hash, __u32 n)
{
	__u64 number = bucket_number(hash, n);

	HOLD(number);
	return &block->bucket[number];
}

/* the mark of an object that is displaced: not in the first slot of the first bucket */
#define MARK(hash) (((hash) >> 10 & 0x3f) | KPM_MARK_USED | KPM_MARK_DISPLACED)

/* The slot of a bucket that is tried first. */
static __always_inline __u64 first_slot(__u64 hash)
{
	__u64 n = (hash >> 17 & 0xff) * KPM_BUCKET_SLOTS >> 8;

	HOLD(n);
	return n;
}

/* Bit 7 of each byte of `have` that equals `want`'s, rarely that of one above such a byte. */
static __always_inline __u64 same_bytes(__u64 have, __u64 want)
{
	__u64 x = have ^ want;

	return (x - EACH_BYTE(1)) & ~x & USED_LOW;
}

/* Is anything displaced in the bucket, or in one that it overflows to? */
static __always_inline int has_displaced(const struct kpm_bucket *b)
{
	return ((READ_WORD(b->marks[0]) | READ_WORD(b->marks[1])) &
		EACH_BYTE((__u64)KPM_MARK_DISPLACED)) != 0;
}

/* May the address be displaced there? */
static __always_inline int may_be_displaced(const struct kpm_bucket *b, __u64 hash)
{
	__u64 low = READ_WORD(b->marks[0]), high = READ_WORD(b->marks[1]);
	__u64 want = EACH_BYTE(MARK(hash));

	return (same_bytes(low, want) | same_bytes(high, want) | (high & OVERFLOW)) != 0;
}

/* Index of the lowest byte whose bit 7 is set in m, which has no other bits. */
static __always_inline __u64 lowest_byte(__u64 m)
{
	return ((m & -m) >> 7) * 0x0001020304050607ULL >> 56;
}

/* Does the first word hold the address? Not while the entry is given up: another slot may. */
static __always_inline int tells_of(__u64 w0, __u64 key)
{
	return !((w0 ^ key) & (~KPM_W0_META | KPM_W0_BUSY));
}

/* The slot of the bucket in which the address is displaced, or KPM_BUCKET_SLOTS. */
static __always_inline __u32 find_displaced(const struct kpm_bucket *b, __u8 mark, __u64 key)
{
	for (__u32 n = 0; n < KPM_BUCKET_SLOTS; n++)
		if (*(const volatile __u8 *)&b->mark[n] == mark &&
		    tells_of(READ_WORD(b->slot[n].w0), key))
			return n;
	return KPM_BUCKET_SLOTS;
}

/* The same of the first bucket, wherever the address is in it. */
static __always_inline __u32 find_in_first(const struct kpm_bucket *b, __u64 hash, __u64 key)
{
	__u64 n = first_slot(hash);

	if (tells_of(READ_WORD(b->slot[n].w0), key))
		return n;
	return find_displaced(b, MARK(hash), key);
}

/*
 * Takes over an entry that holds the address; the caller accounts for it and releases it. 0 if it
 * does not hold it, or another CPU was first. The second word is read once the slot is ours:
 * before, the same address could be entered again there under another tag.
 */
static __always_inline int give_up(struct kpm_slot *slot, __u64 key, struct kpm_slot *copy)
{
	copy->w0 = READ_WORD(slot->w0);
	if (!tells_of(copy->w0, key) ||
	    __sync_val_compare_and_swap(&slot->w0, copy->w0, copy->w0 | KPM_W0_BUSY) != copy->w0)
		return 0;
	copy->w1 = READ_WORD(slot->w1);
	return 1;
}

/* Frees a slot that was given up. Called after the counters, which wait for all earlier stores. */
static __always_inline void release(struct kpm_slot *slot, __u8 *mark)
{
	*(volatile __u8 *)mark = 0;
	WRITE_WORD(slot->w0, 0);
}

/*
 * Changes the overflow count of a bucket. When too many CPUs do so at once, it is set to its
 * largest value for good; then the next bucket is searched in vain.
 */
static __always_inline int count_overflow(struct kpm_bucket *b, int change)
{
	for (int i = 0; i < 8; i++) {
		__u64 have = READ_WORD(b->marks[1]), n = have >> OVERFLOW_SHIFT & KPM_OVERFLOW_MAX;
		__u64 want = have & ~(0xffULL << OVERFLOW_SHIFT);

		if (n == KPM_OVERFLOW_MAX)
			return 0;
		n += change;
		if (n)
			want |= OVERFLOW | n << OVERFLOW_SHIFT;
		if (__sync_val_compare_and_swap(&b->marks[1], have, want) == have)
			return 0;
	}
	__sync_fetch_and_or(&b->marks[1], OVERFLOW | (__u64)KPM_OVERFLOW_MAX << OVERFLOW_SHIFT);
	return 0;
}

/* An object is gone that the first n of its buckets overflowed with. */
static __always_inline void come_back(struct kpm_block *block, __u64 hash, __u32 n)
{
	for (__u32 i = 0; i < BUCKETS && i < n; i++)
		count_overflow(bucket_of(block, hash, i), -1);
}

/*
 * The slot of an address and its bucket, which is that after the first `passed`; KPM_BUCKET_SLOTS if
 * it is not there.
 */
static __always_inline __u32 find_anywhere(struct kpm_block *block, __u64 hash, __u64 key,
					   struct kpm_bucket **bucket, __u32 *passed)
{
	struct kpm_bucket *b = bucket_of(block, hash, 0);
	__u32 n = find_in_first(b, hash, key);

	*passed = 0;
	while (n >= KPM_BUCKET_SLOTS) {
		if (++*passed == BUCKETS || !(READ_WORD(b->marks[1]) & OVERFLOW))
			break;
		b = bucket_of(block, hash, *passed);
		n = find_displaced(b, MARK(hash), key);
	}
	*bucket = b;
	return n;
}

/* Takes an address out of the table, wherever it is; 0 if it is not there. */
static __noinline int take_out(__u64 hash, __u64 key, struct kpm_slot *copy)
{
	struct kpm_block *block = block_of(hash);
	struct kpm_bucket *b;
	__u32 n, passed;

	if (!block)
		return 0;
	n = find_anywhere(block, hash, key, &b, &passed);
	if (n >= KPM_BUCKET_SLOTS)
		return 0;
	if (!give_up(&b->slot[n], key, copy))
		return 0;
	release(&b->slot[n], &b->mark[n]);
	come_back(block, hash, passed);
	return 1;
}

static __always_inline __u32 entries_of(const struct kpm_bucket *b)
{
	__u64 low = READ_WORD(b->marks[0]) & USED_LOW, high = READ_WORD(b->marks[1]) & USED_HIGH;

	return EACH_BYTE((low >> 7) + (high >> 7)) >> 56;
}

/* Claims a slot; 0 if another CPU was first. */
static __always_inline int claim(struct kpm_slot *slot, __u64 w0)
{
	return !__sync_val_compare_and_swap(&slot->w0, 0, w0 | KPM_W0_BUSY);
}

/* Writes the entry of a slot that was claimed. */
static __always_inline void publish(struct kpm_slot *slot, __u8 *mark, __u8 as, __u64 w0, __u64 w1)
{
	*(volatile __u8 *)mark = as;
	WRITE_WORD(slot->w1, w1);
	WRITE_WORD(slot->w0, w0);
}

/*
 * A free slot, KPM_BUCKET_SLOTS if there is none: slot n, or one in its cache line (0-2 beside the
 * marks, 3-6, 7-10, 11-14), or any.
 */
static __always_inline __u64 free_slot(const struct kpm_bucket *b, __u64 n)
{
	__u64 low = ~READ_WORD(b->marks[0]) & USED_LOW, high = ~READ_WORD(b->marks[1]) & USED_HIGH;
	__u64 near_low = 0, near_high = 0;

	if (!*(const volatile __u8 *)&b->mark[n])
		return n;
	if (n < 3) {
		near_low = low & 0x0000000000ffffffULL;
	} else if (n < 7) {
		near_low = low & 0x00ffffffff000000ULL;
	} else if (n < 11) {
		near_low = low & 0xff00000000000000ULL;
		near_high = high & 0x0000000000ffffffULL;
	} else {
		near_high = high & 0x00ffffffff000000ULL;
	}
	if (near_low | near_high) {
		low = near_low;
		high = near_high;
	}
	if (low)
		return lowest_byte(low);
	return high ? 8 + lowest_byte(high) : KPM_BUCKET_SLOTS;
}

/*
 * Enters the object in a free slot of the bucket, its first slot if it can; 0 if there is none.
 * `displaced`: it is not its first bucket.
 */
static __always_inline int put_in_bucket(struct kpm_bucket *b, __u64 hash, __u64 w0, __u64 w1,
					 int displaced)
{
	__u64 first = first_slot(hash), n = free_slot(b, first);

	HOLD(n);
	if (n < KPM_BUCKET_SLOTS && claim(&b->slot[n], w0)) {
		publish(&b->slot[n], &b->mark[n],
			n == first && !displaced ? KPM_MARK_USED : MARK(hash), w0, w1);
		return 1;
	}
	if (n == KPM_BUCKET_SLOTS)
		return 0;
	/* another CPU was first */
	for (n = 0; n < KPM_BUCKET_SLOTS; n++)
		if (!*(const volatile __u8 *)&b->mark[n] && claim(&b->slot[n], w0)) {
			publish(&b->slot[n], &b->mark[n],
				n == first && !displaced ? KPM_MARK_USED : MARK(hash), w0, w1);
			return 1;
		}
	return 0;
}

/*
 * Enters the object where there is room; 0 if there is none. Not static: the verifier checks a
 * global function once, a static one for each path that leads to a call of it.
 */
__noinline int put_in(__u64 hash, __u64 w0, __u64 w1)
{
	struct kpm_block *block = block_of(hash);
	__u32 used, second;

	if (!block)
		return 0;
	used = entries_of(bucket_of(block, hash, 0));
	second = used > FIRST_CHOICE_MAX && entries_of(bucket_of(block, hash, 1)) < used;
	if (!second && put_in_bucket(bucket_of(block, hash, 0), hash, w0, w1, 0))
		return 1;
	for (__u32 i = 1; i < BUCKETS; i++) {
		count_overflow(bucket_of(block, hash, i - 1), 1);
		if (put_in_bucket(bucket_of(block, hash, i), hash, w0, w1, 1))
			return 1;
	}
	for (__u32 i = 1; i < BUCKETS; i++)
		count_overflow(bucket_of(block, hash, i - 1), -1);
	return 0;
}

/* Subtracts an entry that was given up from its tag. */
#define settle(shard, entry, counter)                                                              \
	do {                                                                                       \
		struct kpm_counters *c_ = counters_of(shard, (entry)->w1 >> KPM_TAG_SHIFT);        \
		__u64 weight_;                                                                     \
                                                                                                   \
		forget_with(entry);                                                                \
		if (likely(!((entry)->w0 & (KPM_W0_WEIGHT | KPM_W0_UNUSUAL)))) {                   \
			add(&c_->counter, 1);                                                      \
			break;                                                                     \
		}                                                                                  \
		weight_ = 1ULL << ((entry)->w0 & KPM_W0_WEIGHT);                                   \
		add(&c_->counter, weight_);                                                        \
		if ((entry)->w0 & KPM_W0_UNUSUAL) {                                                \
			add(&c_->unusual, -weight_);                                               \
			add(&c_->unusual_asked,                                                    \
			    -(weight_ * ((entry)->w1 >> KPM_ASKED_SHIFT & KPM_ASKED_MAX)));        \
		}                                                                                  \
	} while (0)

#endif
