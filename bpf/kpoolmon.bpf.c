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
 * Loaded by src/source/probes.c.
 */
#include "types.bpf.h"
#include <kpoolmon/abi.h>
#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "tags.bpf.h"
#include "accounting.bpf.h"
#include "hooks.bpf.h"
#include "modules.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Which way of the bucket holds the key, KPM_TAG_WAYS if none does. */
static __always_inline __u32 find_way(const struct kpm_tag_bucket *b, __u64 key)
{
#pragma unroll
	for (__u32 way = 0; way < KPM_TAG_WAYS; way++)
		if (b->tag[way].key == key)
			return way;
	return KPM_TAG_WAYS;
}

/*
 * The tag of an event: in one of the four ways of its home bucket, else searched for. `word`
 * becomes the tag's second word.
 */
#define WITH_TAG(ctx, key, search, without, id, word)                                              \
	__u64 home_ = tag_home(key), word;                                                         \
	struct kpm_tag_bucket *ways_ = ways_of(home_);                                             \
	__u32 id, way_;                                                                            \
                                                                                                   \
	HOLD(ways_);                                                                               \
	way_ = find_way(ways_, key);                                                               \
	id = home_ * KPM_TAG_WAYS + way_;                                                          \
	word = READ_WORD(ways_->tag[way_ & (KPM_TAG_WAYS - 1)].word);                              \
	if (unlikely(way_ == KPM_TAG_WAYS)) {                                                      \
		int found_ = search(ctx, key);                                                     \
                                                                                                   \
		if (found_ < 0)                                                                    \
			return without;                                                            \
		id = found_ & tag_mask;                                                            \
		word = READ_WORD(tag_of(id)->word);                                                \
	}

/* (call_site, ptr, bytes_req, bytes_alloc, gfp, node) */
SEC("raw_tp/kmalloc")
int kpm_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ptr = ARG_PTR(ctx), size = ARG_SIZE(ctx), key;

	if (NO_OBJECT(ptr))
		return 0;
	key = kmalloc_key(ARG_SITE(ctx), size, kmalloc_kind(ARG_GFP(ctx), size));
	WITH_TAG(ctx, key, search_kmalloc_tag, drop(ptr, size > KMALLOC_SLAB_MAX), id, word);
	enter(ptr, ARG_ASKED(ctx), size > KMALLOC_SLAB_MAX, id, word);
	return 0;
}

/* An object of a cache whose tag is being described this moment, is sampled, or is for caches. */
static __noinline int enter_from_cache(struct bpf_raw_tracepoint_args *ctx, __u32 id, __u64 word)
{
	struct cache_facts facts;

	read_cache(ARG_CACHE(ctx), &facts);
	if (word >> 40 & KPM_TAG_CACHES)
		retire_cache(ARG_PTR(ctx));
	else if (!(__u32)word)
		retire_if_cache(ARG_PTR(ctx), ARG_CACHE(ctx));
	return enter_peculiar(ARG_PTR(ctx), facts.object_size, 0, id, word);
}

static __noinline int drop_from_cache(struct bpf_raw_tracepoint_args *ctx)
{
	retire_if_cache(ARG_PTR(ctx), ARG_CACHE(ctx));
	return drop(ARG_PTR(ctx), 0);
}

/* (call_site, ptr, struct kmem_cache *, gfp, node) */
SEC("raw_tp/kmem_cache_alloc")
int kpm_cache_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ptr = ARG_PTR(ctx), key;

	if (NO_OBJECT(ptr))
		return 0;
	key = cache_key(ARG_SITE(ctx), ARG_CACHE(ctx));
	WITH_TAG(ctx, key, search_cache_tag, drop_from_cache(ctx), id, word);
	/* of a cache all objects are of one size, so that the tag's is this one's */
	if (unlikely(!word || word >> 32))
		return enter_from_cache(ctx, id, word);
	enter_ordinary(ptr, word, id);
	return 0;
}

/* (call_site, ptr) */
SEC("raw_tp/kfree")
int kpm_kfree(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ptr = ctx->args[1];

	WRITE_WORD(recent_here()->kfree, ptr);
	if (!NO_OBJECT(ptr))
		leave(ptr);
	return 0;
}

/* (call_site, ptr, const struct kmem_cache *) */
SEC("raw_tp/kmem_cache_free")
int kpm_cache_free(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ptr = ctx->args[1];

	WRITE_WORD(recent_here()->cache_free, ptr);
	if (!NO_OBJECT(ptr))
		leave(ptr);
	return 0;
}

/*
 * The second copies. Where the first was run for the same pointer there is nothing to do. Whether
 * it was says a word that the first writes before all else and the second takes away, so that no
 * later event finds what an earlier one left.
 */
__noinline int rescue_kfree(__u64 ptr)
{
	__u32 shard = this_shard();

	if (!NO_OBJECT(ptr) && leave(ptr))
		add(&shard_of(shard)->rescued_free, 1);
	return 0;
}

__noinline int rescue_cache_free(__u64 ptr)
{
	__u32 shard = this_shard();

	if (!NO_OBJECT(ptr) && leave(ptr))
		add(&shard_of(shard)->rescued_cache, 1);
	return 0;
}

SEC("raw_tp/kfree")
int kpm_kfree_again(struct bpf_raw_tracepoint_args *ctx)
{
	struct kpm_recent *recent = recent_here();
	__u64 ptr = ctx->args[1], seen = READ_WORD(recent->kfree);

	WRITE_WORD(recent->kfree, 0);
	return likely(seen == ptr) ? 0 : rescue_kfree(ptr);
}

SEC("raw_tp/kmem_cache_free")
int kpm_cache_free_again(struct bpf_raw_tracepoint_args *ctx)
{
	struct kpm_recent *recent = recent_here();
	__u64 ptr = ctx->args[1], seen = READ_WORD(recent->cache_free);

	WRITE_WORD(recent->cache_free, 0);
	return likely(seen == ptr) ? 0 : rescue_cache_free(ptr);
}

/* Never attached: run by user space to read the kernel's clock of births. */
SEC("raw_tp/kmalloc")
int kpm_now(void *ctx __attribute__((unused)))
{
	return birth();
}
