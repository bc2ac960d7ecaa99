/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of tags: find the tag of an event or claim a slot for it, with one compare-and-swap
 * on the key. The slot index is the tag's number. Entries are never removed.
 */
#ifndef KPM_TAGS_BPF_H
#define KPM_TAGS_BPF_H

#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "samples.bpf.h"

#define KPM_NO_TAG (-1)

/* The arguments of the two alloc events. */
#define ARG_SITE(ctx)  ((ctx)->args[0])
#define ARG_PTR(ctx)   ((ctx)->args[1])
#define ARG_ASKED(ctx) ((ctx)->args[2]) /* kmalloc */
#define ARG_CACHE(ctx) ((ctx)->args[2]) /* kmem_cache_alloc */
#define ARG_SIZE(ctx)  ((ctx)->args[3]) /* kmalloc */
#define ARG_GFP(ctx)   ((ctx)->args[4]) /* kmalloc */

/*
 * Modules come and go at the same addresses: a call site is another tag after code was loaded where
 * it lies, see modules.bpf.h. User space puts those that have the same name together.
 */
static __noinline __u64 generation_of_module(__u64 site)
{
	struct kpm_control *ctl;
	__u32 zero = 0, page = code_page(site);
	__u64 *generation;

	generation = bpf_map_lookup_elem(&generations, &page);
	ctl = bpf_map_lookup_elem(&control, &zero);
	if (!generation || !ctl)
		return 0;
	return (*generation + (ctl->generation << 32)) * 0x85ebca77c2b2ae63ULL;
}

/* Does the call site lie in the kernel's own code? */
static __always_inline int is_builtin(__u64 site)
{
	return site - text_start < text_size;
}

static __always_inline __u64 generation_of(__u64 site)
{
	return is_builtin(site) ? 0 : generation_of_module(site);
}

#define KEY_FACTOR 0x9e3779b97f4a7c15ULL

/*
 * For kmalloc the key holds call site, size (a multiple of 8, 4 MB at most) and kind whole, times
 * an odd number: two tags of a generation never share one. That a key is 0, which stands for a free
 * slot, is as improbable as that two tags of a kind that can share one do.
 */
static __always_inline __u64 kmalloc_key(__u64 site, __u64 size, __u8 kind, __u64 generation)
{
	return (site << 20 ^ size >> 3 << 1 ^ kind) * KEY_FACTOR ^ generation;
}

/* Another cache made at the same pointer gets other tags: see retire_cache(). */
static __always_inline __u64 cache_key(__u64 site, __u64 cache, __u64 generation)
{
	return site * KEY_FACTOR ^ cache * 0xc2b2ae3d27d4eb4fULL ^ generation;
}

static __always_inline __u32 tag_home(__u64 key)
{
	return key >> 48 & home_mask;
}

/* The cache that the caches themselves lie in. */
static __always_inline int is_for_caches(const char *cache_name)
{
	return has_prefix(cache_name, "kmem_cache", 11);
}

/* Writes the description of a new tag; its word last, which makes it valid. */
static __always_inline void describe_tag(struct bpf_raw_tracepoint_args *ctx, __u32 id,
					 struct kpm_tag *tag, int by_cache)
{
	struct kpm_tag_info *info = bpf_map_lookup_elem(&taginfo, &id);
	__u64 site = ARG_SITE(ctx), name = 0, asked;
	struct kpm_control *ctl;
	__u32 zero = 0, *listed, n, flags = 0;

	ctl = bpf_map_lookup_elem(&control, &zero);
	if (!info || !ctl)
		return;
	info->site = site;
	if (by_cache) {
		struct cache_facts facts;

		read_cache(ARG_CACHE(ctx), &facts);
		info->cache = ARG_CACHE(ctx);
		info->size = facts.size;
		info->kind = cache_kind(&facts);
		name = facts.name;
		asked = facts.object_size;
	} else {
		info->size = ARG_SIZE(ctx);
		info->kind = kmalloc_kind(ARG_GFP(ctx), ARG_SIZE(ctx));
		info->large = ARG_SIZE(ctx) > KMALLOC_SLAB_MAX;
		asked = ARG_ASKED(ctx);
		if (!info->large && have_get_kmem_cache) {
			struct kmem_cache *s = bpf_get_kmem_cache(ARG_PTR(ctx));

			if (s)
				name = cache_name((__u64)s);
		}
	}
	if (site)
		bpf_snprintf(info->symbol, sizeof(info->symbol), "%pB", &site, sizeof(site));
	else if (by_cache)
		bpf_snprintf(info->symbol, sizeof(info->symbol), "(bulk) %s", &name, sizeof(name));
	else
		bpf_snprintf(info->symbol, sizeof(info->symbol), "(nolock) %s", &name,
			     sizeof(name));
	if (name)
		bpf_probe_read_kernel_str(info->cache_name, sizeof(info->cache_name), (void *)name);
	if (by_cache && is_for_caches(info->cache_name))
		flags = KPM_TAG_CACHES;
	if (info->large)
		flags = KPM_TAG_LARGE | (is_allocator(info->symbol) ? KPM_TAG_WRAPPER : 0);
	if (usual_fill)
		flags |= KPM_TAG_RARE;
	if (!asked || asked > KPM_ASKED_MAX)
		asked = KPM_ASKED_MAX;
	/* a full barrier between the description and what publishes it */
	__sync_fetch_and_or(&tag->word,
			    (__u64)id << KPM_TAG_SHIFT | asked << KPM_ASKED_SHIFT | flags << 8);
	n = __sync_fetch_and_add(&ctl->tag_count, 1);
	listed = bpf_map_lookup_elem(&taglist, &n);
	if (listed)
		*listed = id + 1;
}

/*
 * Retired tags have the complement of their key, by which they are found again should the same
 * cache be made once more at its old pointer.
 */
static int retire_tag(__u32 i, __u64 *cache)
{
	__u32 *listed = bpf_map_lookup_elem(&taglist, &i), id;
	struct kpm_tag_info *info;
	struct kpm_tag *tag;
	__u64 key;

	if (!listed || !*listed)
		return 0;
	id = *listed - 1;
	info = bpf_map_lookup_elem(&taginfo, &id);
	if (!info || info->cache != *cache || info->retired)
		return 0;
	info->retired = 1;
	tag = tag_of(id);
	key = READ_WORD(tag->key);
	WRITE_WORD(tag->key, ~key);
	return 0;
}

/*
 * A slab cache is being created. Caches come and go at the same pointers, and each is itself an
 * allocated object: from then on the tags of an earlier one at this pointer are not found any more.
 */
__noinline int retire_cache(__u64 cache)
{
	struct kpm_control *ctl;
	__u32 zero = 0;

	ctl = bpf_map_lookup_elem(&control, &zero);
	if (ctl)
		bpf_loop(ctl->tag_count, retire_tag, &cache, 0);
	return 0;
}

/*
 * Was the retired tag one of a cache like this, of the same size, kind and name? Then it is one
 * again. Not static, see put_in().
 */
__noinline int revive_tag(__u64 cache, __u64 key, __u32 id)
{
	struct kpm_tag_info *info = bpf_map_lookup_elem(&taginfo, &id);
	__u64 name[KPM_CACHE_NAME_LEN / 8] = {};
	/* not by read_cache(): from the hook of a bulk the stack has no room for its copy in 6.1 */
	struct cache_facts facts = {
		.flags = read_word(cache + bpf_core_field_offset(struct kmem_cache, flags))};

	if (!info)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name), (void *)cache_name(cache));
	if (info->size !=
		    (__u32)read_word(cache + bpf_core_field_offset(struct kmem_cache, size)) ||
	    info->kind != cache_kind(&facts))
		return 0;
#pragma unroll
	for (int i = 0; i < KPM_CACHE_NAME_LEN / 8; i++)
		if (((__u64 *)info->cache_name)[i] != name[i])
			return 0;
	if (__sync_val_compare_and_swap(&tag_of(id)->key, ~key, key) == ~key)
		info->retired = 0;
	return 1;
}

/*
 * Searches the tag in all its slots and claims one if it is new; its number or KPM_NO_TAG. The
 * description comes after the loop: inside, the verifier would walk through it 64 times.
 */
static __always_inline int search_tag(struct bpf_raw_tracepoint_args *ctx, __u64 key, int by_cache)
{
	struct kpm_tag *claimed = 0;
	int id = KPM_NO_TAG;
	__u32 at = tag_home(key);

	for (int probe = 0; probe < KPM_TAG_PROBES * KPM_TAG_WAYS; probe++) {
		__u32 way = probe & (KPM_TAG_WAYS - 1);
		struct kpm_tag *t = &ways_of(at)->tag[way];
		__u64 have = READ_WORD(t->key);

		if (!have) {
			have = __sync_val_compare_and_swap(&t->key, 0, key);
			if (!have)
				claimed = t;
		}
		if (!have || have == key ||
		    (by_cache && have == ~key &&
		     revive_tag(ARG_CACHE(ctx), key, at * KPM_TAG_WAYS + way))) {
			id = at * KPM_TAG_WAYS + way;
			break;
		}
		if (way == KPM_TAG_WAYS - 1)
			at = (at + 1) & home_mask;
	}
	if (claimed)
		describe_tag(ctx, id, claimed, by_cache);
	return id;
}

/* The same where an allocation's tag does not tell yet, or has no room, whether it makes a cache.
 */
static __noinline int retire_if_cache(__u64 ptr, __u64 cache)
{
	char name[11] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), (void *)cache_name(cache));
	if (is_for_caches(name))
		retire_cache(ptr);
	return 0;
}

static __noinline int search_kmalloc_tag(struct bpf_raw_tracepoint_args *ctx, __u64 key)
{
	return search_tag(ctx, key, 0);
}

static __noinline int search_cache_tag(struct bpf_raw_tracepoint_args *ctx, __u64 key)
{
	return search_tag(ctx, key, 1);
}

#endif
