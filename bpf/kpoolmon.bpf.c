// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes: every slab allocation and free of the kernel, entered into the books.
 *
 * raw_tp programs on the four kmem tracepoints, the free side twice. What they must obey:
 *
 * - No helper call per event but the CPU number and the jiffies: each of the others costs more
 *   than all the rest. Descriptions are written once per tag.
 * - Nothing here allocates memory.
 * - Since 6.1 the kernel does not run a program that is already running on this CPU, so an
 *   interrupt inside the free program loses the frees of that interrupt. The second copy of the
 *   free programs catches them; frees are idempotent.
 *
 * Loaded by src/source/live.c.
 */
#include "types.bpf.h"
#include <kpoolmon/abi.h>
#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "tags.bpf.h"
#include "objects.bpf.h"
#include "sampling.bpf.h"

char LICENSE[] SEC("license") = "GPL";

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
__noinline int drop(__u64 ptr)
{
	__u32 shard = this_shard();
	struct kpm_shard *s = shard_of(shard);

	replace(hash_address(ptr), KPM_W0_KEY(ptr), 0);
	if (s)
		add(&s->tags_full, 1);
	return 0;
}

/* Which way of the bucket holds the key, KPM_TAG_WAYS if none does. */
static __always_inline __u32 find_way(const struct kpm_tag_bucket *b, __u64 key)
{
#pragma unroll
	for (__u32 way = 0; way < KPM_TAG_WAYS; way++)
		if (b->tag[way].key == key)
			return way;
	return KPM_TAG_WAYS;
}

/* The tag of an event: in one of the four ways of its home bucket, else searched for. */
#define WITH_TAG(ctx, key, search, id, tag)                                                        \
	__u32 home_ = tag_home(key), way_;                                                         \
	struct kpm_tag_bucket *ways_ = bpf_map_lookup_elem(&tags, &home_);                         \
	struct kpm_tag *tag;                                                                       \
	int id;                                                                                    \
                                                                                                   \
	if (!ways_)                                                                                \
		return 0;                                                                          \
	way_ = find_way(ways_, key);                                                               \
	id = home_ * KPM_TAG_WAYS + way_;                                                          \
	if (unlikely(way_ == KPM_TAG_WAYS)) {                                                      \
		id = search(ctx, key);                                                             \
		if (id < 0)                                                                        \
			return drop(ARG_PTR(ctx));                                                 \
		home_ = (__u32)id / KPM_TAG_WAYS;                                                  \
		ways_ = bpf_map_lookup_elem(&tags, &home_);                                        \
		if (!ways_)                                                                        \
			return 0;                                                                  \
	}                                                                                          \
	tag = &ways_->tag[id & (KPM_TAG_WAYS - 1)];

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

/* (call_site, ptr, bytes_req, bytes_alloc, gfp, node) */
SEC("raw_tp/kmalloc")
int kpm_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 size = ARG_SIZE(ctx);
	__u64 key = kmalloc_key(ARG_SITE(ctx), size, kmalloc_kind(ARG_GFP(ctx), size));

	if (NO_OBJECT(ARG_PTR(ctx)))
		return 0;
	WITH_TAG(ctx, key, search_kmalloc_tag, id, tag);
	enter(ARG_PTR(ctx), ARG_ASKED(ctx), size > KMALLOC_SLAB_MAX, id, tag);
	return 0;
}

/* (call_site, ptr, struct kmem_cache *, gfp, node) */
SEC("raw_tp/kmem_cache_alloc")
int kpm_cache_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct cache_facts facts;
	__u64 key;

	if (NO_OBJECT(ARG_PTR(ctx)))
		return 0;
	read_cache(ARG_CACHE(ctx), &facts);
	key = cache_key(ARG_SITE(ctx), ARG_CACHE(ctx), &facts);
	WITH_TAG(ctx, key, search_cache_tag, id, tag);
	enter(ARG_PTR(ctx), facts.object_size, 0, id, tag);
	return 0;
}

/* (call_site, ptr) */
SEC("raw_tp/kfree")
int kpm_kfree(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ptr = ctx->args[1];

	if (!NO_OBJECT(ptr))
		leave(ptr);
	return 0;
}

/* (call_site, ptr, const struct kmem_cache *) */
SEC("raw_tp/kmem_cache_free")
int kpm_cache_free(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ptr = ctx->args[1];

	if (!NO_OBJECT(ptr))
		leave(ptr);
	return 0;
}

SEC("raw_tp/kfree")
int kpm_kfree_again(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 shard = this_shard();
	__u64 ptr = ctx->args[1];
	struct kpm_shard *s;

	if (NO_OBJECT(ptr) || !leave(ptr))
		return 0;
	s = shard_of(shard);
	if (s)
		add(&s->rescued_free, 1);
	return 0;
}

SEC("raw_tp/kmem_cache_free")
int kpm_cache_free_again(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 shard = this_shard();
	__u64 ptr = ctx->args[1];
	struct kpm_shard *s;

	if (NO_OBJECT(ptr) || !leave(ptr))
		return 0;
	s = shard_of(shard);
	if (s)
		add(&s->rescued_cache, 1);
	return 0;
}

static __always_inline int next_generation(void)
{
	struct kpm_control *ctl;
	__u32 zero = 0;

	ctl = bpf_map_lookup_elem(&control, &zero);
	if (ctl)
		add(&ctl->generation, 1);
	return 0;
}

/* (struct module *), before the module's init function runs */
SEC("raw_tp/module_load")
int kpm_module_load(void *ctx __attribute__((unused)))
{
	return next_generation();
}

/* (struct module *), before its memory is freed */
SEC("raw_tp/module_free")
int kpm_module_free(void *ctx __attribute__((unused)))
{
	return next_generation();
}

/* Never attached: run by user space to read the kernel's clock of births. */
SEC("raw_tp/kmalloc")
int kpm_now(void *ctx __attribute__((unused)))
{
	return birth();
}
