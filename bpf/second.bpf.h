/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second copies of the programs on the events.
 *
 * The kernel does not run a program that is already running on this CPU: what an interrupt does
 * meanwhile is lost, unless another program on the same event sees it. That is enough for frees
 * where a program runs to its end: a second copy of the same type (`again`).
 *
 * Where the kernel preempts programs (src/source/kernel.h), a task can be preempted inside a copy,
 * and until it runs again the kernel skips that copy for every event of that CPU. There all
 * programs have second copies, and a third one on the classic tracepoint (`classic`): it is guarded
 * by another count, bpf_prog_active, and its event disables preemption. It is skipped only when an
 * interrupt hits a classic or a kprobe program, or a task is preempted in a map update of bpf(2):
 * that the others are skipped at the same time is rare.
 *
 * What the copies rest on:
 *
 * - The first one stores the pointer before all else. The second reads and clears the word, and does
 *   nothing if it finds its own pointer there. Where programs are preempted the task can move to
 *   another CPU in between, and leave its pointer behind for an event that the first copy misses:
 *   the last copy never trusts the word, it looks into the table.
 * - No other event of an object can come between the copies of its event: a free comes before the
 *   memory can be allocated again, and nobody has an object before its allocation returns.
 * - The first and the classic copy may run in any order: that of the two that was attached to the
 *   tracepoint first, and a perf event of somebody else attaches the classic ones. An entry by
 *   another copy has KPM_W0_SECOND until the first one has come.
 * - They count by atomics only: the tallies belong to the first copies.
 * - The classic ones return 1: 0 would take the event from all perf events on the tracepoint.
 */
#ifndef KPM_SECOND_BPF_H
#define KPM_SECOND_BPF_H

#include "accounting.bpf.h"
#include "tags.bpf.h"

/* The last copy on a free event looks into the table in any case. */
__noinline int rescue_kfree(__u64 ptr)
{
	if (!NO_OBJECT(ptr) && leave(ptr))
		rescued(KPM_RESCUE_KFREE);
	return 0;
}

__noinline int rescue_cache_free(__u64 ptr)
{
	if (!NO_OBJECT(ptr) && leave(ptr))
		rescued(KPM_RESCUE_CACHE_FREE);
	return 0;
}

SEC("raw_tp/kfree")
int kpm_kfree_again(struct bpf_raw_tracepoint_args *ctx)
{
	struct kpm_recent *recent = recent_of(bpf_get_smp_processor_id());
	__u64 ptr = ctx->args[1], seen = READ_WORD(recent->kfree);

	WRITE_WORD(recent->kfree, 0);
	if (again_is_last || unlikely(seen != ptr))
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
	if (again_is_last || unlikely(seen != ptr))
		goto rescue;
	HOLD(seen); /* keeps the compiler from putting the rescue here */
	return 0;
rescue:
	return rescue_cache_free(ptr);
}

SEC("?tracepoint/kmem/kfree")
int kpm_kfree_classic(struct trace_event_raw_kfree *event)
{
	rescue_kfree((__u64)event->ptr);
	return 1;
}

SEC("?tracepoint/kmem/kmem_cache_free")
int kpm_cache_free_classic(struct trace_event_raw_kmem_cache_free *event)
{
	rescue_cache_free((__u64)event->ptr);
	return 1;
}

/* The second word of the entry of an address in its usual place, 0 if it is not there. */
static __always_inline __u64 entry_in_first_slot(__u64 hash, __u64 ptr)
{
	struct kpm_block *block = block_of(hash);
	struct kpm_slot *slot;

	if (!block)
		return 0;
	slot = &bucket_of(block, hash, 0)->slot[first_slot(hash)];
	return tells_of(READ_WORD(slot->w0), KPM_W0_KEY(ptr)) ? READ_WORD(slot->w1) : 0;
}

/* Enters an object, unless another copy has entered it. It has no sample: these are few. */
static __always_inline int rescue_alloc(__u64 ptr, __u64 asked, __u64 about, __u32 id, __u64 word,
					enum kpm_rescue by)
{
	__u64 hash = hash_address(ptr), key = KPM_W0_KEY(ptr);
	__u64 want = TAG_AND_ASKED((__u64)id << KPM_TAG_SHIFT | asked << KPM_ASKED_SHIFT);

	if (likely(TAG_AND_ASKED(entry_in_first_slot(hash, ptr)) == want) ||
	    is_entered(hash, key, want, 0))
		return 0;
	enter_rescued(ptr, asked, about, id, word, by);
	return 0;
}

/* The number of the tag of that key, searched or made; KPM_NO_TAG if there is no room. */
static __always_inline int tag_by(struct bpf_raw_tracepoint_args *ctx, __u64 key, int by_cache)
{
	struct kpm_tag *tag = first_way(key);

	if (likely(READ_WORD(tag->key) == key))
		return id_of(tag);
	tag = other_way(ctx, tag, key, by_cache);
	return tag ? (int)id_of(tag) : KPM_NO_TAG;
}

static __noinline int rescue_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 site = ARG_SITE(ctx), ptr = ARG_PTR(ctx), asked = ARG_ASKED(ctx);
	__u64 size = ARG_SIZE(ctx);
	__u8 kind = kmalloc_kind(ARG_GFP(ctx), size);
	int id = tag_by(ctx, kmalloc_key(site, size, kind, generation_of(site)), 0);

	if (id < 0)
		return drop(ptr, size > KMALLOC_SLAB_MAX, 1);
	if (asked > KPM_ASKED_MAX)
		asked = KPM_ASKED_MAX;
	return rescue_alloc(ptr, asked, size > KMALLOC_SLAB_MAX ? KPM_W0_LARGE : 0, id,
			    READ_WORD(tag_of(id)->word), KPM_RESCUE_KMALLOC);
}

static __noinline int rescue_cache_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 site = ARG_SITE(ctx), ptr = ARG_PTR(ctx), cache = ARG_CACHE(ctx), asked, word;
	int id = tag_by(ctx, cache_key(site, cache, generation_of(site)), 1);

	if (id < 0) {
		retire_if_cache(ptr, cache);
		return drop(ptr, 0, 1);
	}
	word = READ_WORD(tag_of(id)->word);
	asked = KPM_TAG_USUAL(word);
	if (unlikely(!KPM_TAG_IS_PLAIN(word))) {
		struct cache_facts facts;

		if (!word || KPM_TAG_FLAGS(word) & KPM_TAG_CACHES)
			retire_if_cache(ptr, cache);
		read_cache(cache, &facts);
		asked = facts.object_size > KPM_ASKED_MAX ? KPM_ASKED_MAX : facts.object_size;
	}
	return rescue_alloc(ptr, asked, KPM_W0_CACHE, id, word, KPM_RESCUE_CACHE_ALLOC);
}

SEC("?raw_tp/kmalloc")
int kpm_kmalloc_again(struct bpf_raw_tracepoint_args *ctx)
{
	struct kpm_recent *recent = recent_of(bpf_get_smp_processor_id());
	__u64 ptr = ARG_PTR(ctx), seen = READ_WORD(recent->kmalloc);

	WRITE_WORD(recent->kmalloc, 0);
	if (NO_OBJECT(ptr) || (!again_is_last && likely(seen == ptr)))
		return 0;
	return rescue_kmalloc(ctx);
}

SEC("?raw_tp/kmem_cache_alloc")
int kpm_cache_alloc_again(struct bpf_raw_tracepoint_args *ctx)
{
	struct kpm_recent *recent = recent_of(bpf_get_smp_processor_id());
	__u64 ptr = ARG_PTR(ctx), seen = READ_WORD(recent->cache_alloc);

	WRITE_WORD(recent->cache_alloc, 0);
	if (NO_OBJECT(ptr) || (!again_is_last && likely(seen == ptr)))
		return 0;
	return rescue_cache_alloc(ctx);
}

SEC("?tracepoint/kmem/kmalloc")
int kpm_kmalloc_classic(struct trace_event_raw_kmalloc *event)
{
	__u64 args[] = {event->call_site, (__u64)event->ptr, event->bytes_req, event->bytes_alloc,
			event->gfp_flags};

	if (!NO_OBJECT(args[1]))
		rescue_kmalloc((struct bpf_raw_tracepoint_args *)args);
	return 1;
}

/*
 * The cache of an object, as a number: the verifier forbids arithmetic on the pointer, and forgets
 * what it is in a map's value. No other classic program of this CPU can come between.
 */
static __always_inline __u64 cache_of(__u64 ptr)
{
	struct kpm_recent *recent = recent_of(bpf_get_smp_processor_id());

	WRITE_WORD(recent->cache, (__u64)bpf_get_kmem_cache(ptr));
	return READ_WORD(recent->cache);
}

/*
 * Does an entry in its usual place have a tag of the call site? The event's record has no cache, by
 * which the tag itself could be found, and to have the kernel find it costs more than all the rest.
 */
static __always_inline int is_entered_by(__u64 ptr, __u64 site)
{
	__u64 w1 = entry_in_first_slot(hash_address(ptr), ptr);
	__u32 id = w1 >> KPM_TAG_SHIFT;
	struct kpm_tag_info *info = w1 ? bpf_map_lookup_elem(&taginfo, &id) : 0;

	return info && info->cache && !info->retired && info->site == site;
}

SEC("?tracepoint/kmem/kmem_cache_alloc")
int kpm_cache_alloc_classic(struct trace_event_raw_kmem_cache_alloc *event)
{
	__u64 args[] = {event->call_site, (__u64)event->ptr, 0, 0, 0};

	if (NO_OBJECT(args[1]) || likely(is_entered_by(args[1], args[0])))
		return 1;
	args[2] = cache_of(args[1]);
	if (args[2])
		rescue_cache_alloc((struct bpf_raw_tracepoint_args *)args);
	return 1;
}

#endif
