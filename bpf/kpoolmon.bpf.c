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

/* The tag of an event: in one of the four ways of its home bucket, else searched for. */
#define WITH_TAG(ctx, key, search, large, id, tag)                                                 \
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
			return drop(ARG_PTR(ctx), large);                                          \
		home_ = (__u32)id / KPM_TAG_WAYS;                                                  \
		ways_ = bpf_map_lookup_elem(&tags, &home_);                                        \
		if (!ways_)                                                                        \
			return 0;                                                                  \
	}                                                                                          \
	tag = &ways_->tag[id & (KPM_TAG_WAYS - 1)];

/* (call_site, ptr, bytes_req, bytes_alloc, gfp, node) */
SEC("raw_tp/kmalloc")
int kpm_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 size = ARG_SIZE(ctx);
	__u64 key = kmalloc_key(ARG_SITE(ctx), size, kmalloc_kind(ARG_GFP(ctx), size));

	if (NO_OBJECT(ARG_PTR(ctx)))
		return 0;
	WITH_TAG(ctx, key, search_kmalloc_tag, size > KMALLOC_SLAB_MAX, id, tag);
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
	WITH_TAG(ctx, key, search_cache_tag, 0, id, tag);
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

/* Never attached: run by user space to read the kernel's clock of births. */
SEC("raw_tp/kmalloc")
int kpm_now(void *ctx __attribute__((unused)))
{
	return birth();
}
