/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of live objects: lock-free, set-associative, two choices, and a few more buckets for
 * what finds both full. The events of one address never run at the same time (a free event
 * precedes the moment from which the memory can be handed out again, an alloc event follows it),
 * so compare-and-swap settles only who takes a free slot, and two frees of one object at once,
 * which is a kernel bug.
 *
 * What nearly always happens is inline and short, the rest is in functions of its own: the
 * number of instructions is what a probe costs.
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
#define SPILLED   (1ULL << 56)

/* A bucket with more entries sends an object to its second choice, if that has fewer. */
#define FIRST_CHOICE_MAX 10
/*
 * Where both are full, the buckets after the second take it. Addresses are no random numbers: in
 * memory of a regular layout two choices alone refuse ten times what they would by chance.
 */
#define BUCKETS_BEYOND 6

#define READ_WORD(x)     (*(const volatile __u64 *)&(x))
#define WRITE_WORD(x, v) (*(volatile __u64 *)&(x) = (v))

#define unlikely(x) __builtin_expect(!!(x), 0)

/*
 * Hash of an address: the block from the upper half, in it the first bucket from bits 0..4, the
 * second from 5..9, the mark from 10..16, the slot that is tried first from 17..24.
 * An object goes into the cache line of that slot if it can, so that the marks and the slot are
 * fetched from memory at the same time.
 */
static __always_inline __u64 hash_address(__u64 ptr)
{
	__u64 h = (ptr >> 3) * 0x9e3779b97f4a7c15ULL;

	return h ^ h >> 32;
}

static __always_inline struct kpm_block *block_of(__u64 hash)
{
	__u32 i = (hash >> 32) * block_count >> 32;

	return bpf_map_lookup_elem(&objects, &i);
}

#define FIRST_BUCKET(block, hash) (&(block)->bucket[(hash) & (KPM_BLOCK_BUCKETS - 1)])
/* the n-th bucket after the second; n = 0 is the second itself */
#define NEXT_BUCKET(block, hash, n)                                                                \
	(&(block)->bucket[(((hash) >> 5) + (n)) & (KPM_BLOCK_BUCKETS - 1)])
#define FIRST_SLOT(hash) (((hash) >> 17 & 0xff) * KPM_BUCKET_SLOTS >> 8)
#define MARK(hash)       (((hash) >> 10 & 0x7f) | KPM_MARK_USED)

/* Bit 7 of each byte of `have` that equals `want`'s, rarely that of one above such a byte. */
static __always_inline __u64 same_bytes(__u64 have, __u64 want)
{
	__u64 x = have ^ want;

	return (x - EACH_BYTE(1)) & ~x;
}

/* Index of the lowest byte whose bit 7 is set in m, which has no other bits. */
static __always_inline __u32 lowest_byte(__u64 m)
{
	return ((m & -m) >> 7) * 0x0001020304050607ULL >> 56;
}

/* Does the slot hold the address? One that is being given up does not: another may hold it. */
static __always_inline int holds(const struct kpm_slot *slot, __u64 key)
{
	__u64 w0 = READ_WORD(slot->w0);

	return (w0 ^ key) <= KPM_W0_META && !(w0 & KPM_W0_BUSY);
}

/* The slot of the bucket that holds the address, or KPM_BUCKET_SLOTS. */
static __always_inline __u32 find_in(const struct kpm_bucket *b, __u8 mark, __u64 key)
{
	for (__u32 n = 0; n < KPM_BUCKET_SLOTS; n++)
		if (*(const volatile __u8 *)&b->mark[n] == mark && holds(&b->slot[n], key))
			return n;
	return KPM_BUCKET_SLOTS;
}

/*
 * Takes the entry out of the table; 0 if somebody else did. The copy of its words is the
 * caller's to account for. The second word is read once the slot is ours: before, the same
 * address could be entered again there under another tag.
 */
static __always_inline int give_up(struct kpm_bucket *b, __u32 n, __u64 key, struct kpm_slot *copy)
{
	struct kpm_slot *slot = &b->slot[n];

	copy->w0 = READ_WORD(slot->w0);
	if ((copy->w0 ^ key) > KPM_W0_META || copy->w0 & KPM_W0_BUSY ||
	    __sync_val_compare_and_swap(&slot->w0, copy->w0, copy->w0 | KPM_W0_BUSY) != copy->w0)
		return 0;
	copy->w1 = READ_WORD(slot->w1);
	*(volatile __u8 *)&b->mark[n] = 0;
	WRITE_WORD(slot->w0, 0);
	return 1;
}

/* Takes an address out of the table, wherever it is; 0 if it is not there. */
static __noinline int take_out(__u64 hash, __u64 key, struct kpm_slot *copy)
{
	struct kpm_block *block = block_of(hash);
	struct kpm_bucket *b;
	__u32 n;

	if (!block)
		return 0;
	b = FIRST_BUCKET(block, hash);
	n = find_in(b, MARK(hash), key);
	for (__u32 i = 0; i <= BUCKETS_BEYOND; i++) {
		if (n < KPM_BUCKET_SLOTS)
			return give_up(b, n, key, copy);
		if (!(READ_WORD(b->marks[1]) & SPILLED))
			return 0;
		b = NEXT_BUCKET(block, hash, i);
		n = find_in(b, MARK(hash), key);
	}
	return n < KPM_BUCKET_SLOTS && give_up(b, n, key, copy);
}

static __always_inline __u32 entries_of(const struct kpm_bucket *b)
{
	__u64 low = READ_WORD(b->marks[0]) & USED_LOW, high = READ_WORD(b->marks[1]) & USED_HIGH;

	return EACH_BYTE((low >> 7) + (high >> 7)) >> 56;
}

/* Claims slot n and writes the entry; 0 if another CPU was first. */
static __always_inline int claim(struct kpm_bucket *b, __u32 n, __u8 mark, __u64 w0, __u64 w1)
{
	struct kpm_slot *slot = &b->slot[n];

	if (__sync_val_compare_and_swap(&slot->w0, 0, w0 | KPM_W0_BUSY))
		return 0;
	*(volatile __u8 *)&b->mark[n] = mark;
	WRITE_WORD(slot->w1, w1);
	WRITE_WORD(slot->w0, w0);
	return 1;
}

/* The slots of the cache line of slot n: 0-2 beside the marks, 3-6, 7-10, 11-14. */
#define LINE_START(n) ((n) < 3 ? 0 : (n) - (((n)-3) & 3))
#define LINE_END(n)   ((n) < 3 ? 3 : LINE_START(n) + 4)

/* Claims a free one of the slots from `start` to before `end`; 0 if there is none. */
static __always_inline int claim_among(struct kpm_bucket *b, __u32 start, __u32 end, __u64 hash,
				       __u64 w0, __u64 w1)
{
	for (__u32 n = 0; n < KPM_BUCKET_SLOTS; n++)
		if (n >= start && n < end && !*(const volatile __u8 *)&b->mark[n] &&
		    claim(b, n, MARK(hash), w0, w1))
			return 1;
	return 0;
}

/*
 * Enters the object where there is room; 0 if there is none. Not static: the verifier looks at a
 * global function once, at a static one for each way that leads to its calls.
 */
__noinline int put_in(__u64 hash, __u64 w0, __u64 w1)
{
	struct kpm_block *block = block_of(hash);
	struct kpm_bucket *b;
	__u32 used;

	if (!block)
		return 0;
	b = FIRST_BUCKET(block, hash);
	used = entries_of(b);
	if (used > FIRST_CHOICE_MAX && entries_of(NEXT_BUCKET(block, hash, 0)) < used) {
		*(volatile __u8 *)&b->spilled = 1;
		b = NEXT_BUCKET(block, hash, 0);
	}
	if (claim_among(b, LINE_START(FIRST_SLOT(hash)), LINE_END(FIRST_SLOT(hash)), hash, w0,
			w1) ||
	    claim_among(b, 0, KPM_BUCKET_SLOTS, hash, w0, w1))
		return 1;
	b = FIRST_BUCKET(block, hash);
	for (__u32 i = 0; i <= BUCKETS_BEYOND; i++) {
		*(volatile __u8 *)&b->spilled = 1;
		b = NEXT_BUCKET(block, hash, i);
		if (claim_among(b, 0, KPM_BUCKET_SLOTS, hash, w0, w1))
			return 1;
	}
	return 0;
}

/* Takes an entry that was given up off its tag, under the counter named. */
#define settle(shard, entry, counter)                                                              \
	do {                                                                                       \
		struct kpm_counters *c_ = counters_of(shard, (entry)->w1 >> KPM_TAG_SHIFT);        \
		__u64 weight_ = 1ULL << ((entry)->w0 & KPM_W0_WEIGHT);                             \
                                                                                                   \
		if (!c_)                                                                           \
			break;                                                                     \
		add(&c_->counter, weight_);                                                        \
		if (unlikely((entry)->w0 & KPM_W0_ODD)) {                                          \
			add(&c_->odd, -weight_);                                                   \
			add(&c_->odd_asked,                                                        \
			    -(weight_ * ((entry)->w1 >> KPM_ASKED_SHIFT & KPM_ASKED_MAX)));        \
		}                                                                                  \
	} while (0)

#endif
