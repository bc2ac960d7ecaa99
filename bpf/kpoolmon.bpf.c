// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes: track every slab allocation and free of the kernel.
 *
 * raw_tp programs on the four kmem tracepoints; second.bpf.h has their second copies. Their rules:
 *
 * - No helper call per event but the CPU number and the jiffies: each of the others costs more
 *   than all the rest. Descriptions are written once per tag.
 * - Nothing here allocates memory.
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
	int verdict;

	if (NO_OBJECT(ptr))
		return 0;
	if (alloc_again)
		WRITE_WORD(recent_of(bpf_get_smp_processor_id())->kmalloc, ptr);
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
	verdict = enter_fast_path(ptr, 0, tag, word);
	if (unlikely(verdict >= SAMPLE_ME))
		goto sample;
	return 0;
sample:
	return take_sample(ctx, ARG_SITE(ctx), ARG_PTR(ctx), verdict, BY_KMALLOC);
reclaimable:
	kind = kmalloc_kind(ARG_GFP(ctx), size);
	goto kind_known;
in_module:
	generation = generation_of_module(site);
	goto generation_known;
not_in_first_way:
	tag = other_way(ctx, tag, key, 0);
	if (!tag)
		return drop(ptr, size > KMALLOC_SLAB_MAX, 0);
	goto found;
slow_path:
	verdict = enter_slow_path(ptr, ARG_ASKED(ctx), size > KMALLOC_SLAB_MAX ? KPM_W0_LARGE : 0,
				  id_of(tag), word);
	if (verdict >= SAMPLE_ME)
		goto sample;
	return 0;
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
	return drop(ARG_PTR(ctx), 0, 0);
}

/* (call_site, ptr, struct kmem_cache *, gfp, node) */
SEC("raw_tp/kmem_cache_alloc")
int kpm_cache_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 site = ARG_SITE(ctx), ptr = ARG_PTR(ctx), generation = 0, key, word;
	struct kpm_tag *tag;
	int verdict;

	if (NO_OBJECT(ptr))
		return 0;
	if (alloc_again)
		WRITE_WORD(recent_of(bpf_get_smp_processor_id())->cache_alloc, ptr);
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
	verdict = enter_fast_path(ptr, KPM_W0_CACHE, tag, word);
	if (unlikely(verdict >= SAMPLE_ME))
		goto sample;
	return 0;
sample:
	return take_sample(ctx, ARG_SITE(ctx), ARG_PTR(ctx), verdict, BY_CACHE_ALLOC);
in_module:
	generation = generation_of_module(site);
	goto generation_known;
not_in_first_way:
	tag = other_way(ctx, tag, key, 1);
	if (!tag)
		return drop_from_cache(ctx);
	goto found;
slow_path:
	verdict = enter_from_cache(ctx, id_of(tag), word);
	if (verdict >= SAMPLE_ME)
		goto sample;
	return 0;
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

#include "second.bpf.h"

/* Never attached: user space runs it to read the clock of the allocation times. */
SEC("raw_tp/kmalloc")
int kpm_now(void *ctx __attribute__((unused)))
{
	return alloc_time();
}
