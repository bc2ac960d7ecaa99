/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hooks: probes on the functions that allocate or free without raising an event. By fentry and
 * fexit, twice (as with the events, a program is not run inside itself). Where the kernel preempts
 * programs, the first copy of a free hook is a kprobe, which is not preempted and has another guard;
 * of a function's probes it runs first. Where the kernel refuses fentry, by kprobe and kretprobe,
 * once: of kprobes the kernel runs none inside another, a second copy would be skipped together
 * with the first.
 *
 * User space chooses which are loaded and on which function they sit (src/source/hook_programs.c).
 */
#ifndef KPM_HOOKS_BPF_H
#define KPM_HOOKS_BPF_H

#include "accounting.bpf.h"
#include "tags.bpf.h"

/* room for five arguments and the result, and a power of two for the verifier's sake */
#define SLOTS 8

static __always_inline void ran(enum kpm_hook hook)
{
	add(&shard_of(this_shard())->hook_runs[hook], 1);
}

/* One object that is freed without an event, tracked or not. */
__noinline int give_back(__u64 ptr, int again)
{
	if (!NO_OBJECT(ptr) && leave(ptr) && again)
		rescued(KPM_RESCUE_HOOK);
	return 0;
}

/* kvfree_call_rcu(head, object), kfree_call_rcu_nolock(head, object) */
static __always_inline int hand_over(const __u64 *arg, int again)
{
	return give_back(kvfree_rcu_object(arg[0], arg[1]), again);
}

struct array {
	__u64 at;
	int again;
};

static int give_back_element(__u32 i, struct array *array)
{
	give_back(read_word(array->at + i * 8ULL), array->again);
	return 0;
}

__noinline int give_back_array(__u64 at, __u64 count, int again)
{
	struct array array = {at, again};

	bpf_loop(count, give_back_element, &array, 0);
	return 0;
}

/* kmem_cache_free_bulk(s, size, p) */
static __always_inline int free_bulk(const __u64 *arg, int again)
{
	return give_back_array(arg[2], arg[1], again);
}

/* kfree_nolock(object) */
static __always_inline int free_nolock(const __u64 *arg, int again)
{
	return give_back(arg[0], again);
}

/* rcu_free_sheaf(head): objects of kfree_rcu(), where kvfree_call_rcu() itself is not hooked */
static __always_inline int free_sheaf(const __u64 *arg, int again)
{
	__u64 count = read_word(arg[0] + bpf_core_field_offset(struct slab_sheaf, size));

	return give_back_array(arg[0] + bpf_core_field_offset(struct slab_sheaf, objects),
			       (__u32)count, again);
}

struct batch {
	__u64 at;
	__u64 asked;
	__u32 id;
	int again;
};

/* The second copy of an alloc hook does nothing if the first has run: the object is entered. */
__noinline int enter_again(__u64 ptr, __u64 asked, __u64 about, __u32 id, __u64 word)
{
	__u64 w1;

	if (asked > KPM_ASKED_MAX)
		asked = KPM_ASKED_MAX;
	w1 = (__u64)id << KPM_TAG_SHIFT | asked << KPM_ASKED_SHIFT;
	if (!is_entered(hash_address(ptr), KPM_W0_KEY(ptr), TAG_AND_ASKED(w1), 0))
		enter_rescued(ptr, asked, about, id, word, KPM_RESCUE_HOOK);
	return 0;
}

/* An object of a batch is to be sampled, once the program comes to it; not static, see put_in(). */
__noinline int put_off(__u64 ptr, __u32 by, int verdict, __u32 id)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &by);
	__u32 n;

	if (!scratch)
		return 0;
	n = scratch->pending;
	if (n >= PENDING_MAX)
		return sample_lost(id);
	scratch->ptr[n] = ptr;
	scratch->weight[n] = (verdict - SAMPLE_ME) & (RAISED - 1);
	scratch->pending = n + 1;
	return 0;
}

static int take_element(__u32 i, struct batch *batch)
{
	__u64 ptr = read_word(batch->at + i * 8ULL), word;
	__u32 id = batch->id & tag_mask;
	int verdict;

	if (NO_OBJECT(ptr))
		return 0;
	word = READ_WORD(tag_of(id)->word);
	if (batch->again) {
		enter_again(ptr, batch->asked, KPM_W0_CACHE, id, word);
		return 0;
	}
	verdict = enter_slow_path(ptr, batch->asked, KPM_W0_CACHE, id, word);
	if (verdict >= SAMPLE_ME)
		put_off(ptr, BY_BULK, verdict, id);
	return 0;
}

static int drop_element(__u32 i, struct batch *batch)
{
	return drop(read_word(batch->at + i * 8ULL), 0, batch->again);
}

/* The tag of a batch and its size; a stack frame of its own, for the calls below it are many. */
static __noinline int describe_batch(__u64 site, __u64 cache, struct batch *batch)
{
	__u64 args[] = {site, 0, cache, 0, 0};
	struct cache_facts facts;

	read_cache(cache, &facts);
	batch->asked = facts.object_size;
	return search_cache_tag((struct bpf_raw_tracepoint_args *)args,
				cache_key(site, cache, generation_of(site)));
}

/* A batch of objects of one cache, as if each had raised kmem_cache_alloc. */
__noinline int take_array(__u64 site, __u64 cache, __u64 at, __u64 count, int again)
{
	struct batch batch = {.at = at, .again = again};
	int id = describe_batch(site, cache, &batch);

	batch.id = id;
	if (id < 0)
		bpf_loop(count, drop_element, &batch, 0);
	else
		bpf_loop(count, take_element, &batch, 0);
	return 0;
}

/* An object of the nolock allocator, as if it had raised kmalloc; the verdict about a sample. */
__noinline int take_nolock(__u64 site, __u64 ptr, __u64 asked, int again)
{
	__u64 args[] = {site, ptr, asked, 0, 0};
	struct cache_facts facts;
	struct kmem_cache *s;
	int id;

	if (NO_OBJECT(ptr) || !have_get_kmem_cache)
		return 0;
	s = bpf_get_kmem_cache(ptr);
	if (!s)
		return 0;
	read_cache((__u64)s, &facts);
	args[3] = facts.size;
	id = search_kmalloc_tag((struct bpf_raw_tracepoint_args *)args,
				kmalloc_key(site, facts.size, KPM_NONP, generation_of(site)));
	if (id < 0)
		return drop(ptr, 0, again);
	id &= tag_mask;
	if (again)
		return enter_again(ptr, asked, 0, id, READ_WORD(tag_of(id)->word));
	return enter_slow_path(ptr, asked, 0, id, READ_WORD(tag_of(id)->word));
}

/*
 * The return address into the caller of the traced function, which has n arguments. On x86 behind
 * those of a trampoline lie the result, its frame pointer and its return address: into the entry of
 * the function, whose caller's comes next, or, since 6.19, that of the caller itself
 * (arch/x86/net/bpf_jit_comp.c, arch_prepare_bpf_trampoline()). Elsewhere it is searched: the
 * stack's frame after that of the function; 0 if that has none.
 */
#define FUNCTION_ENTRY 32
#define STACK_DEPTH    8

static __noinline __u64 find_caller(void *ctx, const __u64 *arg, __u32 n)
{
	__u64 function = bpf_get_func_ip(ctx), site;
#ifdef __TARGET_ARCH_x86

	site = arg[(n + 2) & (SLOTS - 1)];
	if (site - function < FUNCTION_ENTRY)
		site = arg[(n + 3) & (SLOTS - 1)];
#else
	__u64 at[STACK_DEPTH] = {};

	(void)arg;
	(void)n;
	site = 0;
	if (bpf_get_stack(ctx, at, sizeof(at), 0) < 0)
		return 0;
#pragma unroll
	for (int i = STACK_DEPTH - 2; i >= 0; i--)
		if (at[i] - function < FUNCTION_ENTRY)
			site = at[i + 1];
#endif
	return site;
}

/* kmem_cache_alloc_bulk(s, flags, size, p): all or nothing; a number or a bool */
static __always_inline int alloc_bulk(void *ctx, __u64 site, const __u64 *arg, __u64 result,
				      int again)
{
	if (bulk_returns_bool ? !(result & 0xff) : (__s32)result <= 0)
		return 0;
	take_array(site, arg[0], arg[3], arg[2], again);
	return again ? 0 : take_pending(ctx, site, BY_BULK);
}

static __always_inline int sample_nolock(void *ctx, __u64 site, __u64 ptr, int verdict)
{
	return verdict >= SAMPLE_ME ? take_sample(ctx, site, ptr, verdict, BY_NOLOCK) : 0;
}

static __always_inline __u64 nolock_caller(const __u64 *arg)
{
	return read_word(arg[(nolock_args - 1U) & (SLOTS - 1)] +
			 bpf_core_field_offset(struct slab_alloc_context, caller_addr));
}

/* The verifiers before 6.16 refuse to let a program read pointers that lead to no struct. */
static __always_inline void slots_of(void *ctx, __u64 *arg)
{
	bpf_probe_read_kernel(arg, SLOTS * 8, ctx);
}

static __always_inline void registers_of(const struct pt_regs *regs, __u64 *arg)
{
	arg[0] = regs->di;
	arg[1] = regs->si;
	arg[2] = regs->dx;
	arg[3] = regs->cx;
	arg[4] = regs->r8;
	arg[5] = regs->r9;
}

#define FREE_HOOK(name, hook, body)                                                                \
	SEC("?fentry")                                                                             \
	int kpm_##name(void *ctx)                                                                  \
	{                                                                                          \
		__u64 arg[SLOTS];                                                                  \
                                                                                                   \
		ran(hook);                                                                         \
		slots_of(ctx, arg);                                                                \
		return body(arg, 0);                                                               \
	}                                                                                          \
	SEC("?fentry")                                                                             \
	int kpm_##name##_again(void *ctx)                                                          \
	{                                                                                          \
		__u64 arg[SLOTS];                                                                  \
                                                                                                   \
		slots_of(ctx, arg);                                                                \
		return body(arg, 1);                                                               \
	}                                                                                          \
	SEC("?kprobe")                                                                             \
	int kpm_##name##_kprobe(struct pt_regs *regs)                                              \
	{                                                                                          \
		__u64 arg[SLOTS];                                                                  \
                                                                                                   \
		ran(hook);                                                                         \
		registers_of(regs, arg);                                                           \
		return body(arg, 0);                                                               \
	}

FREE_HOOK(kfree_rcu, KPM_HOOK_KFREE_RCU, hand_over)
FREE_HOOK(kfree_rcu_nolock, KPM_HOOK_KFREE_RCU_NOLOCK, hand_over)
FREE_HOOK(free_bulk, KPM_HOOK_FREE_BULK, free_bulk)
FREE_HOOK(kfree_nolock, KPM_HOOK_KFREE_NOLOCK, free_nolock)
FREE_HOOK(sheaf, KPM_HOOK_SHEAF, free_sheaf)
FREE_HOOK(sheaf_nobarn, KPM_HOOK_SHEAF, free_sheaf)

SEC("?fexit")
int kpm_alloc_bulk(void *ctx)
{
	__u64 arg[SLOTS];

	ran(KPM_HOOK_ALLOC_BULK);
	slots_of(ctx, arg);
	return alloc_bulk(ctx, find_caller(ctx, arg, 4), arg, arg[4], 0);
}

SEC("?fexit")
int kpm_alloc_bulk_again(void *ctx)
{
	__u64 arg[SLOTS];

	slots_of(ctx, arg);
	return alloc_bulk(ctx, find_caller(ctx, arg, 4), arg, arg[4], 1);
}

static __always_inline int alloc_nolock(void *ctx, int again)
{
	__u64 arg[SLOTS], site, ptr;
	int verdict;

	slots_of(ctx, arg);
	site = nolock_context ? nolock_caller(arg) : find_caller(ctx, arg, nolock_args);
	ptr = arg[nolock_args & (SLOTS - 1)];
	verdict = take_nolock(site, ptr, arg[0], again);
	return again ? 0 : sample_nolock(ctx, site, ptr, verdict);
}

SEC("?fexit")
int kpm_kmalloc_nolock(void *ctx)
{
	ran(KPM_HOOK_KMALLOC_NOLOCK);
	return alloc_nolock(ctx, 0);
}

SEC("?fexit")
int kpm_kmalloc_nolock_again(void *ctx)
{
	return alloc_nolock(ctx, 1);
}

/*
 * The arguments are gone when a kretprobe runs: the kprobe on the same call stores them by the
 * stack address of the return address, which no other call uses meanwhile. If the return is not
 * seen, they stay until that address is used again.
 */
struct call {
	__u64 site;
	__u64 arg[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

static __always_inline int note_call(struct pt_regs *regs, __u64 site)
{
	struct call call = {site, {regs->di, regs->si, regs->dx, regs->cx}};
	__u64 stack_pointer = regs->sp;

	bpf_map_update_elem(&calls, &stack_pointer, &call, BPF_ANY);
	return 0;
}

/* Fetches the arguments that the kprobe has stored; 0 if there are none. */
static __always_inline int noted_call(struct pt_regs *regs, struct call *call)
{
	__u64 stack_pointer = regs->sp - 8;
	struct call *noted = bpf_map_lookup_elem(&calls, &stack_pointer);

	if (!noted)
		return 0;
	*call = *noted;
	bpf_map_delete_elem(&calls, &stack_pointer);
	return 1;
}

SEC("?kprobe")
int kpm_alloc_bulk_kprobe(struct pt_regs *regs)
{
	ran(KPM_HOOK_ALLOC_BULK);
	return note_call(regs, read_word(regs->sp));
}

SEC("?kretprobe")
int kpm_alloc_bulk_kretprobe(struct pt_regs *regs)
{
	struct call call;

	if (!noted_call(regs, &call))
		return 0;
	return alloc_bulk(regs, call.site, call.arg, regs->ax, 0);
}

SEC("?kprobe")
int kpm_kmalloc_nolock_kprobe(struct pt_regs *regs)
{
	__u64 arg[SLOTS];

	ran(KPM_HOOK_KMALLOC_NOLOCK);
	registers_of(regs, arg);
	return note_call(regs, nolock_context ? nolock_caller(arg) : read_word(regs->sp));
}

SEC("?kretprobe")
int kpm_kmalloc_nolock_kretprobe(struct pt_regs *regs)
{
	struct call call;

	if (!noted_call(regs, &call))
		return 0;
	return sample_nolock(regs, call.site, regs->ax,
			     take_nolock(call.site, regs->ax, call.arg[0], 0));
}

#endif
