// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes: track every slab allocation and free of the kernel.
 *
 * raw_tp programs on the four kmem tracepoints, the free side twice. Their rules:
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

/* The first slot where a tag can be. */
static __always_inline struct kpm_tag *first_way(__u64 key)
{
	struct kpm_tag *tag = ways_of(tag_home(key))->tag;

	HOLD(tag);
	return tag;
}

/* A tag that is not in the first way: from the other ways of its bucket, or searched; or NULL. */
static __always_inline struct kpm_tag *other_way(struct bpf_raw_tracepoint_args *ctx,
						 struct kpm_tag *first, __u64 key, int by_cache)
{
	int id;

#pragma unroll
	for (int way = 1; way < KPM_TAG_WAYS; way++)
		if (first[way].key == key)
			return &first[way];
	id = by_cache ? search_cache_tag(ctx, key) : search_kmalloc_tag(ctx, key);
	return id < 0 ? 0 : tag_of(id);
}

/* (call_site, ptr, bytes_req, bytes_alloc, gfp, node) */
SEC("raw_tp/kmalloc")
int kpm_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 site = ARG_SITE(ctx), ptr = ARG_PTR(ctx), size = ARG_SIZE(ctx);
	__u64 kind = KPM_NONP, generation = 0, key, word, unusual;
	struct kpm_tag *tag;

	if (NO_OBJECT(ptr))
		return 0;
	if (unlikely(ARG_GFP(ctx) & GFP_RECLAIMABLE))
		goto reclaimable;
kind_known:
	if (unlikely(!is_builtin(site)))
		goto in_module;
generation_known:
	key = kmalloc_key(site, size, kind, generation);
	tag = first_way(key);
	if (unlikely(tag->key != key))
		goto not_in_first_way;
found:
	word = READ_WORD(tag->word);
	/* 0, unless the size is unusual, or the tag has a flag or is sampled */
	unusual = (word ^ ARG_ASKED(ctx) << KPM_ASKED_SHIFT) << (64 - KPM_TAG_SHIFT);
	if (unlikely(unusual))
		goto slow_path;
	return enter_fast_path(ptr, 0, tag, word);
reclaimable:
	kind = kmalloc_kind(ARG_GFP(ctx), size);
	goto kind_known;
in_module:
	generation = generation_of_module(site);
	goto generation_known;
not_in_first_way:
	tag = other_way(ctx, tag, key, 0);
	if (!tag)
		return drop(ptr, size > KMALLOC_SLAB_MAX);
	goto found;
slow_path:
	return enter_slow_path(ptr, ARG_ASKED(ctx), size > KMALLOC_SLAB_MAX ? KPM_W0_LARGE : 0,
			       id_of(tag), word);
}

/* Slow path for an object of a cache: its tag is new, sampled, or that of the slab caches. */
static __noinline int enter_from_cache(struct bpf_raw_tracepoint_args *ctx, __u32 id, __u64 word)
{
	struct cache_facts facts;

	read_cache(ARG_CACHE(ctx), &facts);
	if (KPM_TAG_FLAGS(word) & KPM_TAG_CACHES)
		retire_cache(ARG_PTR(ctx));
	else if (!word)
		retire_if_cache(ARG_PTR(ctx), ARG_CACHE(ctx));
	return enter_slow_path(ARG_PTR(ctx), facts.object_size, KPM_W0_CACHE, id, word);
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
	__u64 site = ARG_SITE(ctx), ptr = ARG_PTR(ctx), generation = 0, key, word;
	struct kpm_tag *tag;

	if (NO_OBJECT(ptr))
		return 0;
	if (unlikely(!is_builtin(site)))
		goto in_module;
generation_known:
	key = cache_key(site, ARG_CACHE(ctx), generation);
	tag = first_way(key);
	if (unlikely(tag->key != key))
		goto not_in_first_way;
found:
	word = READ_WORD(tag->word);
	/* of a cache all objects are of one size, so that the tag's is this one's */
	if (unlikely(!KPM_TAG_IS_PLAIN(word)))
		goto slow_path;
	return enter_fast_path(ptr, KPM_W0_CACHE, tag, word);
in_module:
	generation = generation_of_module(site);
	goto generation_known;
not_in_first_way:
	tag = other_way(ctx, tag, key, 1);
	if (!tag)
		return drop_from_cache(ctx);
	goto found;
slow_path:
	return enter_from_cache(ctx, id_of(tag), word);
}

/* (call_site, ptr) */
SEC("raw_tp/kfree")
int kpm_kfree(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 ptr = ctx->args[1];

	WRITE_WORD(recent_of(cpu)->kfree, ptr);
	return NO_OBJECT(ptr) ? 0 : leave_fast_path(ptr, 0, cpu);
}

/* (call_site, ptr, const struct kmem_cache *) */
SEC("raw_tp/kmem_cache_free")
int kpm_cache_free(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 ptr = ctx->args[1];

	WRITE_WORD(recent_of(cpu)->cache_free, ptr);
	return NO_OBJECT(ptr) ? 0 : leave_fast_path(ptr, KPM_W0_CACHE, cpu);
}

/*
 * The second copies, which do nothing if the first has run for the same pointer: the first stores
 * the pointer before all else, the second reads and clears it, so that no later event finds an old
 * one.
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
	struct kpm_recent *recent = recent_of(bpf_get_smp_processor_id());
	__u64 ptr = ctx->args[1], seen = READ_WORD(recent->kfree);

	WRITE_WORD(recent->kfree, 0);
	if (unlikely(seen != ptr))
		goto rescue;
	HOLD(seen); /* keeps the compiler from putting the rescue here */
	return 0;
rescue:
	return rescue_kfree(ptr);
}

SEC("raw_tp/kmem_cache_free")
int kpm_cache_free_again(struct bpf_raw_tracepoint_args *ctx)
{
	struct kpm_recent *recent = recent_of(bpf_get_smp_processor_id());
	__u64 ptr = ctx->args[1], seen = READ_WORD(recent->cache_free);

	WRITE_WORD(recent->cache_free, 0);
	if (unlikely(seen != ptr))
		goto rescue;
	HOLD(seen); /* keeps the compiler from putting the rescue here */
	return 0;
rescue:
	return rescue_cache_free(ptr);
}

/* Never attached: user space runs it to read the clock of the allocation times. */
SEC("raw_tp/kmalloc")
int kpm_now(void *ctx __attribute__((unused)))
{
	return alloc_time();
}
