/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples: the stack, the process and the cgroup of some allocations (struct kpm_sample), which
 * live as long as their objects.
 *
 * Which: the entries of a tag come by, each of them if it allocates rarely or was raised, else one
 * in each run of SAMPLE_RUN, at a pseudo-random place in the run. (A fixed place would be in step
 * with loops, a coin flip has a larger error.) Of those that come by, exactly one in each run of 2^m
 * is sampled, at a random place again: m is chosen when the run begins and stays for it, and it does
 * not depend on the place, so that the weights, 1/probability, are right whatever m does.
 *
 *   rate     A tag and CPU has up to SAMPLE_TOKENS tokens, and gets one more each period, 1/16 s at
 *            first. A sample takes one, and with each 64 that are gone samples become half as many:
 *            a burst is sampled well and costs little, and in the long run a sample is taken each
 *            period. A run that has become too long, since entries are rare now, is given up.
 *   credit   Each CPU has nanoseconds for samples, so many a jiffy, saved up for bursts. When they
 *            get few, the periods become longer: the busiest tags give way first. When there are
 *            none, a sample is put off: its run becomes twice as long, and those after it, too. (One
 *            that is lost would be missing in the share of those who come last.)
 *   room     A tag of many living objects is sampled thinner, twice with each doubling.
 *
 * A program cannot pass its context to a global function, where the accounting happens, and
 * bpf_get_stack() takes no other: the accounting returns a verdict, and the program takes the
 * sample. No free of the object can run before the event of its allocation ends.
 */
#ifndef KPM_SAMPLES_H
#define KPM_SAMPLES_H

#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "objects.bpf.h"

KPM_ARRAY(samples, struct kpm_sample);
KPM_ARRAY(stacks, struct kpm_stack);
KPM_ARRAY(sampled, struct kpm_sampled);
KPM_ARRAY(gone, struct kpm_gone);
KPM_ARRAY(runs, __u64);
KPM_ARRAY(credits, struct kpm_credit);

/* Numbers of places, powers of two, less one. */
const volatile __u32 samples_mask = KPM_SET - 1;
const volatile __u32 stacks_mask = KPM_SET - 1;
const volatile __u32 run_groups_mask = 0;
/* Nanoseconds that a CPU gets with each jiffy, for usual samples and for raised ones; 0: none. */
const volatile __u64 usual_fill = 0;
const volatile __u64 raised_fill = 0;
const volatile __u64 jiffies_a_second = 250;

/* Verdicts of the accounting: not entered, entered, or SAMPLE_ME and log2 of the weight. */
#define NOT_ENTERED 0
#define ENTERED     1
#define SAMPLE_ME   2
/* the same of a tag that is raised: another credit pays */
#define RAISED 0x100

/* One of so many entries of a tag comes by. */
#define SAMPLE_RUN_LOG 6
#define SAMPLE_RUN     (1ULL << SAMPLE_RUN_LOG)

/*
 * Is the n-th entry the one of its run that comes by? Its place is taken from the number of the
 * run, by the top bits of a product.
 */
static __always_inline int comes_by(__u64 n)
{
	return (n & (SAMPLE_RUN - 1)) ==
	       ((n >> SAMPLE_RUN_LOG) * 0x9e3779b97f4a7c15ULL >> (64 - SAMPLE_RUN_LOG));
}

/*
 * The state of a tag on a group of CPUs, a word of `runs`:
 *
 *   63..40  jiffy of the last token
 *   39..30  tokens
 *   29..26  m of the present run
 *   25..13  visits left in the run; 0: none has begun
 *   12..0   the sample is taken when so many are left
 */
#define RUN_TIME_SHIFT   40
#define RUN_TIME_MASK    0xffffffULL
#define RUN_TOKENS_SHIFT 30
#define SAMPLE_TOKENS    1023ULL
#define RUN_M_SHIFT      26
#define RUN_LEFT_SHIFT   13
#define RUN_COUNT_MASK   0x1fffULL
#define RUN_M_MAX        12

/* Tokens a second while there is credit, and how many make samples half as many. */
#define SAMPLE_RATE      16
#define TOKENS_A_HALVING 64
#define HALVINGS(tokens) ((SAMPLE_TOKENS - (tokens)) / TOKENS_A_HALVING)
/* Tokens with which exactly the entries that come by one in a run are sampled. */
#define TOKENS_OF_RUN (SAMPLE_TOKENS - SAMPLE_RUN_LOG * TOKENS_A_HALVING)

/* Credit is saved up for so many seconds. */
#define CREDIT_SECONDS 20
/* The parts of the saved up credit in which it is measured: below the first number periods become
 * longer, below the second all tags are sampled thinner, and with the last part at a half, a quarter
 * and so on so much thinner again that it hardly ever ends. */
#define CREDIT_PARTS  16
#define CREDIT_ENOUGH 12
#define CREDIT_FEW    6
/* A sample is charged no more: the rest is the preemption of the task, or of the machine. */
#define SAMPLE_NS_MAX 100000

/* Living objects of a tag that are all sampled, if they come by. */
#define LIVING_ENOUGH        256
#define LIVING_ENOUGH_RAISED 4096

/*
 * Inlined, as the programs call as deep as the verifier permits, eight frames; without branches, each
 * of which it would follow.
 */
static __always_inline __u32 log2_of(__u64 n)
{
	__u32 log = 0;

#pragma unroll
	for (__u32 step = 32; step; step /= 2) {
		__u64 high = n >> step;
		__u32 shift = (__u32)((high | -high) >> 63) * step;

		n >>= shift;
		log += shift;
	}
	return log;
}

/* The credit in parts of what can be saved up, and its refill. */
static __always_inline __u32 credit_parts(struct kpm_credit *credit, __u64 now, int raised)
{
	__u64 full = (raised ? raised_fill : usual_fill) * jiffies_a_second * CREDIT_SECONDS;
	__u64 elapsed = now - credit->time;
	__s64 left;

	if (elapsed) {
		__s64 usual_max = usual_fill * jiffies_a_second * CREDIT_SECONDS;
		__s64 raised_max = raised_fill * jiffies_a_second * CREDIT_SECONDS;

		credit->time = now;
		if (elapsed > jiffies_a_second * CREDIT_SECONDS)
			elapsed = jiffies_a_second * CREDIT_SECONDS;
		credit->usual += elapsed * usual_fill;
		credit->raised += elapsed * raised_fill;
		if (credit->usual > usual_max)
			credit->usual = usual_max;
		if (credit->raised > raised_max)
			credit->raised = raised_max;
	}
	left = raised ? credit->raised : credit->usual;
	return left <= 0 || !full ? 0 : 1 + (__u64)left * (CREDIT_PARTS - 1) / full;
}

/* log2 of how much thinner samples are taken, since of the parts of the credit only so many are left. */
static __always_inline __u32 thin_by_credit(struct kpm_credit *credit, __u32 parts, int raised)
{
	__u32 enough = raised ? CREDIT_ENOUGH : CREDIT_FEW;
	__u64 left = raised ? credit->raised : credit->usual;
	__u64 part = (raised ? raised_fill : usual_fill) * jiffies_a_second * CREDIT_SECONDS /
		     CREDIT_PARTS;

	if (parts >= enough)
		return 0;
	return enough - parts + (parts == 1 && left ? 2 * log2_of(part / left) : 0);
}

/*
 * Takes the raise from a tag whose deadline has passed. The clock runs modulo a little over a
 * year.
 */
static __always_inline int is_raised(struct kpm_tag *tag, struct kpm_sampled *s)
{
	__u64 now = bpf_jiffies64() * jiffies_scale >> 32;

	if (((s->deadline - now) & KPM_TIME_MASK) <= KPM_TIME_MASK / 2)
		return 1;
	__sync_fetch_and_and(&tag->word, ~((__u64)KPM_TAG_RAISED << 8));
	return 0;
}

/* How full is the table of samples, in parts of 16? From a set chosen by the time. */
static __always_inline __u32 samples_load(__u64 seed)
{
	__u32 used = 0;

	seed *= 0x9e3779b97f4a7c15ULL;
	for (__u32 i = 0; i < 16; i++) {
		__u32 at = (__u32)(seed >> 32) + i;
		struct kpm_sample *s;

		at &= samples_mask;
		s = bpf_map_lookup_elem(&samples, &at);
		if (s) {
			__u64 w0 = READ_WORD(s->w0);

			used += (w0 | -w0) >> 63; /* no branch: the verifier would follow each */
		}
	}
	return used;
}

/*
 * log2 of the entries for which there is room for one sample: a tag's samples grow with the logarithm
 * of its living objects. Not static, see put_in().
 */
__noinline __u32 thin_by_room(__u32 id, __u64 now, int raised)
{
	__u64 enough = raised ? LIVING_ENOUGH_RAISED : LIVING_ENOUGH, living;
	struct kpm_sampled *s = bpf_map_lookup_elem(&sampled, &id);
	__u32 load = samples_load(now);

	if (!s)
		return 0;
	living = s->living;

	/* from half full on, down to 1 in 16 of that */
	if (load > 8)
		enough >>= load - 8;
	return (__s64)living <= (__s64)enough ? 0 : log2_of(living / (enough ? enough : 1)) + 1;
}

/* The least time between two tokens, jiffies. */
#define TOKEN_PERIOD (jiffies_a_second / SAMPLE_RATE + 1)

/*
 * The usual visit of a busy tag: in the middle of a run, with no token due. Only the run goes on, as
 * visit() would have it.
 */
static __always_inline int goes_on(__u64 *run, __u64 now)
{
	__u64 word = READ_WORD(*run), left = word >> RUN_LEFT_SHIFT & RUN_COUNT_MASK;

	if (!left || left == (word & RUN_COUNT_MASK) ||
	    ((now - (word >> RUN_TIME_SHIFT)) & RUN_TIME_MASK) >= TOKEN_PERIOD)
		return 0;
	WRITE_WORD(*run, word - (1ULL << RUN_LEFT_SHIFT));
	return 1;
}

/*
 * An entry of a tag comes by, one of 2^base. ENTERED, or SAMPLE_ME plus log2 of what the sample
 * stands for. Not static, see put_in().
 */
__noinline int visit(__u32 id, __u32 base)
{
	__u32 cpu = bpf_get_smp_processor_id(), at, parts, m, thin, scarce, room;
	__u64 now = bpf_jiffies64(), word, elapsed, period, tokens, left, place, last;
	struct kpm_tag *tag = tag_of(id);
	struct kpm_credit *credit;
	struct kpm_sampled *s;
	int raised = 0, rare_no_more = 0, verdict = ENTERED;
	__u64 *run;

	if (!usual_fill)
		return ENTERED;
	id &= tag_mask;
	at = (cpu & run_groups_mask) * (__u32)tag_slots + id;
	run = bpf_map_lookup_elem(&runs, &at);
	if (run && base &&
	    !(KPM_TAG_FLAGS(READ_WORD(tag->word)) & (KPM_TAG_RAISED | KPM_TAG_WRAPPER)) &&
	    goes_on(run, now))
		return ENTERED;
	s = bpf_map_lookup_elem(&sampled, &id);
	credit = bpf_map_lookup_elem(&credits, &cpu);
	if (!s || !credit || !run || KPM_TAG_FLAGS(READ_WORD(tag->word)) & KPM_TAG_WRAPPER)
		return ENTERED;
	if (KPM_TAG_FLAGS(READ_WORD(tag->word)) & KPM_TAG_RAISED)
		raised = is_raised(tag, s);
	parts = credit_parts(credit, now, raised);
	period = TOKEN_PERIOD << (parts < CREDIT_ENOUGH ? CREDIT_ENOUGH - parts : 0);
	word = READ_WORD(*run);
	tokens = word ? word >> RUN_TOKENS_SHIFT & SAMPLE_TOKENS : SAMPLE_TOKENS;
	m = word >> RUN_M_SHIFT & 15;
	left = word >> RUN_LEFT_SHIFT & RUN_COUNT_MASK;
	place = word & RUN_COUNT_MASK;
	last = word ? word >> RUN_TIME_SHIFT : now;
	elapsed = (now - last) & RUN_TIME_MASK;
	if (elapsed >= period) {
		tokens += elapsed / period;
		if (tokens > SAMPLE_TOKENS)
			tokens = SAMPLE_TOKENS;
		last = now;
	}
	/* a run that began before the tag was raised is too long */
	if (raised && m > base && parts >= CREDIT_ENOUGH)
		left = 0;
	/* two periods after the last token: no entry came by for one of them */
	if (elapsed >= 2 * period) {
		left = 0;
		if (!base)
			tokens = SAMPLE_TOKENS;
		else if (tokens < TOKENS_OF_RUN)
			tokens = TOKENS_OF_RUN;
		if (base && elapsed > jiffies_a_second) {
			tokens = SAMPLE_TOKENS;
			__sync_fetch_and_or(&tag->word, (__u64)KPM_TAG_RARE << 8);
		}
	}
	if (!left) {
		thin = HALVINGS(tokens);
		scarce = thin_by_credit(credit, parts, raised);
		if (raised || thin < scarce)
			thin = scarce;
		if (!raised && !base && thin >= SAMPLE_RUN_LOG) {
			__sync_fetch_and_and(&tag->word, ~((__u64)KPM_TAG_RARE << 8));
			rare_no_more = 1;
		}
		room = thin_by_room(id, now, raised);
		if (thin < room)
			thin = room;
		m = thin > base ? thin - base : 0;
		if (m > RUN_M_MAX)
			m = RUN_M_MAX;
		/* a longer run would go on with entries that come by one in a run of theirs */
		if (rare_no_more)
			m = 0;
		left = 1ULL << m;
		place = 1 + (bpf_get_prandom_u32() & (left - 1));
	}
	if (left == place) {
		__u64 price = parts ? 1 : TOKENS_A_HALVING;

		tokens -= tokens < price ? tokens : price;
		if (parts) {
			verdict = (SAMPLE_ME + base + m) | (raised ? RAISED : 0);
		} else if (m < RUN_M_MAX && !rare_no_more) {
			/* a run of twice the length, whose sample is yet to come */
			left += 1ULL << m;
			place = 1 + (bpf_get_prandom_u32() * (left - 1) >> 32);
			m++;
		} else {
			add(&s->lost, 1);
		}
	}
	left--;
	WRITE_WORD(*run, (last & RUN_TIME_MASK) << RUN_TIME_SHIFT | tokens << RUN_TOKENS_SHIFT |
				 (__u64)m << RUN_M_SHIFT | left << RUN_LEFT_SHIFT | place);
	return verdict;
}

static __always_inline __u32 sample_hash(__u64 key)
{
	return (key >> KPM_ADDR_SHIFT) * 0xd6e8feb86659fd93ULL >> 32;
}

/* The i-th place where a sample or stack of that hash can be: two sets. */
static __always_inline __u32 place_of(__u32 hash, __u32 i, __u32 mask)
{
	__u32 set = i < KPM_SET ? hash : hash * 0x85ebca6bU ^ hash >> 13;

	return ((set & ~(KPM_SET - 1)) | (i & (KPM_SET - 1))) & mask;
}

/* A sample no longer has the stack. */
static __always_inline void leave_stack(__u32 at)
{
	struct kpm_stack *stack = bpf_map_lookup_elem(&stacks, &at);

	if (stack)
		add(&stack->refs, -1);
}

/*
 * Takes out the sample of an object whose entry is given up. It matches by the second word, too:
 * the audit takes out entries while their addresses are allocated again. Not static, see put_in().
 */
__noinline int forget_sample(__u64 key, __u64 w1)
{
	__u32 hash = sample_hash(key), id = w1 >> KPM_TAG_SHIFT;
	struct kpm_sampled *sum;

	key &= ~KPM_W0_META;
	for (__u32 i = 0; i < 2 * KPM_SET; i++) {
		__u32 at = place_of(hash, i, samples_mask), stack;
		struct kpm_sample *s = bpf_map_lookup_elem(&samples, &at);
		__u64 weight;

		if (!s || READ_WORD(s->w0) != key || READ_WORD(s->w1) != w1)
			continue;
		if (__sync_val_compare_and_swap(&s->w0, key, key | KPM_W0_BUSY) != key)
			continue;
		stack = s->stack;
		weight = 1ULL << (s->weight & 63);
		WRITE_WORD(s->w0, 0);
		leave_stack(stack);
		sum = bpf_map_lookup_elem(&sampled, &id);
		if (sum)
			add(&sum->living, -weight);
		return 1;
	}
	return 0;
}

/* Takes the sample of an entry that was given up, if it has one. */
static __always_inline void forget_with(const struct kpm_slot *entry)
{
	if (unlikely(entry->w0 & KPM_W0_SAMPLE))
		forget_sample(entry->w0 & ~KPM_W0_META, entry->w1);
}

/* Frames that are fetched: those of the probe come first, at most SKIP_MAX. */
#define FETCH_FRAMES 64
#define SKIP_MAX     (FETCH_FRAMES - KPM_STACK_FRAMES)

/* Whose memory for a stack it is: that of a program and CPU, as one program may interrupt another. */
enum sampler { BY_KMALLOC, BY_CACHE_ALLOC, BY_BULK, BY_NOLOCK, SAMPLERS };

/* Objects of one call that are sampled together. */
#define PENDING_MAX 48
struct scratch {
	__u64 ip[FETCH_FRAMES];
	__u64 ptr[PENDING_MAX];
	__u8 weight[PENDING_MAX];
	__u32 pending;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SAMPLERS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* Is there a place for that stack? The sample that will have it is counted. */
static __always_inline int has_stack(struct kpm_stack *stack, __u64 hash)
{
	__u64 refs = READ_WORD(stack->refs);

	return !(refs & KPM_STACK_BUSY) && READ_WORD(stack->hash) == hash &&
	       __sync_val_compare_and_swap(&stack->refs, refs, refs + 1) == refs;
}

/* Claims a place that no sample has; it stays busy. */
static __always_inline int claim_stack(struct kpm_stack *stack)
{
	__u64 refs = READ_WORD(stack->refs), next = (KPM_STACK_GENERATION(refs) + 1) << 32;

	return !(__u32)refs &&
	       __sync_val_compare_and_swap(&stack->refs, refs, next | KPM_STACK_BUSY) == refs;
}

static __always_inline const __u64 *frame_of(const struct scratch *from, __u32 n)
{
	n &= FETCH_FRAMES - 1;
	HOLD(n);
	return &from->ip[n];
}

#define NO_STACK (~0ULL)

/* The index and generation of a place that the caller holds. */
static __always_inline __u64 stack_at(__u32 at, const struct kpm_stack *stack)
{
	return KPM_STACK_GENERATION(READ_WORD(stack->refs)) << 32 | at;
}

/* The hash of a stack in the scratch memory; never 0. Not static, see put_in(). */
__noinline __u64 hash_stack(__u32 by, __u32 tag, __u32 first, __u32 frames)
{
	const struct scratch *from = bpf_map_lookup_elem(&scratches, &by);
	__u64 hash = tag * 0x9e3779b97f4a7c15ULL + 1;

	if (!from)
		return 1;
	for (__u32 i = 0; i < KPM_STACK_FRAMES; i++) {
		if (i >= frames)
			break;
		hash = (hash ^ *frame_of(from, first + i)) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 32;
	}
	return hash + !hash;
}

/* The place of a stack that is kept, or NO_STACK. Not static, see put_in(). */
__noinline __u64 find_stack(__u64 hash)
{
	for (__u32 i = 0; i < 2 * KPM_SET; i++) {
		__u32 at = place_of(hash, i, stacks_mask);
		struct kpm_stack *stack = bpf_map_lookup_elem(&stacks, &at);

		if (stack && has_stack(stack, hash))
			return stack_at(at, stack);
	}
	return NO_STACK;
}

/*
 * Claims a place for a stack: rather one that was never used than one whose figures would go.
 * NO_STACK: there is none. Not static, see put_in().
 */
__noinline __u64 find_room(__u64 hash, int used)
{
	for (__u32 i = 0; i < 2 * KPM_SET; i++) {
		__u32 at = place_of(hash, i, stacks_mask);
		struct kpm_stack *stack = bpf_map_lookup_elem(&stacks, &at);

		if (stack && (used || !READ_WORD(stack->hash)) && claim_stack(stack))
			return stack_at(at, stack);
	}
	return NO_STACK;
}

/*
 * Figures of a stack are judged as if it had been there for a minute more: of one that has just come by
 * nobody knows how often it does.
 */
#define STACK_AGE_LEAST 64

/*
 * Claims the place of a stack that no sample has, the one whose figures are missed least: of which
 * the fewest objects a second were taken. What is taken tells which functions allocate for many
 * others. NO_STACK: there is none. Not static, see put_in().
 */
__noinline __u64 find_least(__u64 hash, __u64 now)
{
	__u64 least = ~0ULL;
	struct kpm_stack *stack;
	__u32 best = 0;

	for (__u32 i = 0; i < 2 * KPM_SET; i++) {
		__u32 at = place_of(hash, i, stacks_mask);
		__u64 rate;

		stack = bpf_map_lookup_elem(&stacks, &at);
		if (!stack || (__u32)READ_WORD(stack->refs))
			continue;
		rate = (READ_WORD(stack->taken) << 16) /
		       (((now - stack->time) >> 30) + STACK_AGE_LEAST);
		if (rate < least) {
			least = rate;
			best = at;
		}
	}
	stack = bpf_map_lookup_elem(&stacks, &best);
	return least != ~0ULL && stack && claim_stack(stack) ? stack_at(best, stack) : NO_STACK;
}

/*
 * Finds the stack in the scratch memory, or writes it where there is room; NO_STACK: nowhere. `first`
 * is its first frame there, FETCH_FRAMES if that is not known.
 */
static __noinline __u64 keep_stack(__u64 now, __u32 by, __u32 tag, __u32 first, __u32 frames)
{
	struct scratch *from = bpf_map_lookup_elem(&scratches, &by);
	__u64 hash = hash_stack(by, tag, first, frames), found = find_stack(hash);
	__u32 at, kept = frames;
	struct kpm_stack *stack;

	if (found != NO_STACK)
		return found;
	found = find_room(hash, 0);
	if (found == NO_STACK)
		found = find_least(hash, now);
	/* another CPU was faster */
	if (found == NO_STACK)
		found = find_room(hash, 1);
	at = found;
	stack = bpf_map_lookup_elem(&stacks, &at);
	if (!stack || !from || found == NO_STACK)
		return NO_STACK;
	if (kept > KPM_STACK_FRAMES)
		kept = KPM_STACK_FRAMES;
	stack->taken = 0;
	stack->time = now;
	stack->tag = tag;
	stack->frames = kept;
	stack->cut = frames > KPM_STACK_FRAMES;
	stack->whole = first == FETCH_FRAMES;
	/* what lies behind the end of the frames is read, too, and is not looked at */
	bpf_probe_read_kernel(stack->ip, sizeof(stack->ip), frame_of(from, first));
	WRITE_WORD(stack->hash, hash);
	add(&stack->refs, 1 - KPM_STACK_BUSY);
	return stack_at(at, stack);
}

/* Who is running. */
static __noinline int identify(struct kpm_sample *s)
{
	__u64 task = bpf_get_current_task(), ids = bpf_get_current_pid_tgid();
	__u64 leader = WORD(task, task_struct, group_leader);

	s->pid = ids >> 32;
	s->tid = ids;
	s->started = WORD(leader, task_struct, start_boottime);
	((__u64 *)s->comm)[0] = WORD(leader, task_struct, comm);
	((__u64 *)s->comm)[1] = read_word(leader + OFFSET(task_struct, comm) + 8);
	s->cgroup = bpf_get_current_cgroup_id();
	s->cpu = bpf_get_smp_processor_id();
	s->flags = NUMBER(task, task_struct, flags) & PF_KTHREAD ? KPM_SAMPLE_KTHREAD : 0;
	return 0;
}

/* Writes the sample of an object, whose entry has that second word; 0: there is no room. */
static __always_inline int write_sample(__u64 key, __u64 w1, __u64 now, __u64 stack, __u32 weight)
{
	__u32 hash = sample_hash(key);

	for (__u32 i = 0; i < 2 * KPM_SET; i++) {
		__u32 at = place_of(hash, i, samples_mask);
		struct kpm_sample *s = bpf_map_lookup_elem(&samples, &at);

		if (!s)
			return 0;
		if (READ_WORD(s->w0) || __sync_val_compare_and_swap(&s->w0, 0, key | KPM_W0_BUSY))
			continue;
		s->sequence++;
		s->time = now;
		s->stack = stack;
		s->generation = stack >> 32;
		s->weight = weight;
		identify(s);
		WRITE_WORD(s->w1, w1);
		WRITE_WORD(s->w0, key);
		return 1;
	}
	return 0;
}

static __noinline int sample_lost(__u32 id)
{
	struct kpm_sampled *s = bpf_map_lookup_elem(&sampled, &id);

	if (s)
		add(&s->lost, 1);
	return 0;
}

/*
 * Marks the entry of an object as sampled; 0 if it is another one by now. No free of the object is
 * expected before its event has ended, but a slot must not be spoilt by one that is.
 */
static __always_inline int mark_sampled(struct kpm_slot *slot, __u64 key, __u64 w1)
{
	__u64 w0 = READ_WORD(slot->w0), marked = w0 | KPM_W0_SAMPLE;

	if (!tells_of(w0, key) || __sync_val_compare_and_swap(&slot->w0, w0, marked) != w0)
		return 0;
	if (READ_WORD(slot->w1) == w1)
		return 1;
	__sync_val_compare_and_swap(&slot->w0, marked, w0);
	return 0;
}

/* Where a stack lies in the scratch memory, in a number: a function has five arguments. */
#define STACK_SHAPE(by, first, frames) ((by) | (first) << 8 | (frames) << 16)

/*
 * Enters the sample of an object under a stack that was fetched. `weight` is log2 of the entries
 * that it stands for. Not static, see put_in().
 */
__noinline int enter_sample(__u64 ptr, __u64 now, __u32 shape, __u32 weight)
{
	__u32 by = shape & 0xff, first = shape >> 8 & 0xff, frames = shape >> 16;
	__u64 hash = hash_address(ptr), key = KPM_W0_KEY(ptr), w1, at;
	struct kpm_block *block = block_of(hash);
	struct kpm_sampled *sum;
	struct kpm_stack *stack;
	struct kpm_bucket *b;
	__u32 n, passed, id, place;

	if (!block)
		return 0;
	n = find_anywhere(block, hash, key, &b, &passed);
	if (n >= KPM_BUCKET_SLOTS)
		return 0;
	w1 = READ_WORD(b->slot[n].w1);
	id = w1 >> KPM_TAG_SHIFT;
	/* another copy of the program has taken it */
	if (READ_WORD(b->slot[n].w0) & KPM_W0_SAMPLE)
		return 0;
	weight += READ_WORD(b->slot[n].w0) & KPM_W0_WEIGHT;
	at = frames ? keep_stack(now, by, id, first, frames) : NO_STACK;
	if (at == NO_STACK)
		return sample_lost(id);
	place = at;
	if (!write_sample(key, w1, now, at, weight)) {
		leave_stack(place);
		return sample_lost(id);
	}
	stack = bpf_map_lookup_elem(&stacks, &place);
	if (stack)
		add(&stack->taken, 1ULL << (weight & 63));
	sum = bpf_map_lookup_elem(&sampled, &id);
	if (sum) {
		add(&sum->taken, 1);
		add(&sum->living, 1ULL << (weight & 63));
	}
	if (!mark_sampled(&b->slot[n], key, w1))
		forget_sample(key, w1);
	return 1;
}

/* Fetches the stack and enters the sample of an object, or, without one, those of all pending. */
static __noinline int take_sample(void *ctx, __u64 site, __u64 ptr, int verdict, __u32 by)
{
	struct scratch *to = bpf_map_lookup_elem(&scratches, &by);
	__u32 cpu = bpf_get_smp_processor_id(), first = FETCH_FRAMES, frames = 0;
	struct kpm_credit *credit = bpf_map_lookup_elem(&credits, &cpu);
	__u64 now = bpf_ktime_get_ns(), cost;
	long bytes;

	if (!to || !credit)
		return 0;
	bytes = fetch_stack(ctx, to->ip, sizeof(to->ip));
	if (bytes > 0 && bytes <= (long)sizeof(to->ip))
		frames = (__u32)bytes / 8;
	/* the probe's own frames are not always as many: they end where the call site is */
	for (__u32 i = 0; i < SKIP_MAX; i++) {
		if (i >= frames)
			break;
		if (to->ip[i] == site) {
			first = i;
			frames -= i;
			break;
		}
	}
	if (ptr) {
		enter_sample(ptr, now, STACK_SHAPE(by, first, frames),
			     (verdict - SAMPLE_ME) & (RAISED - 1));
	} else {
		for (__u32 i = 0; i < PENDING_MAX; i++) {
			if (i >= to->pending)
				break;
			enter_sample(to->ptr[i], now, STACK_SHAPE(by, first, frames),
				     to->weight[i]);
		}
		to->pending = 0;
	}
	cost = bpf_ktime_get_ns() - now;
	if (cost > SAMPLE_NS_MAX)
		cost = SAMPLE_NS_MAX;
	credit->spent += cost;
	if (verdict & RAISED)
		credit->raised -= cost;
	else
		credit->usual -= cost;
	return 0;
}

/* Takes the samples that were put off. */
static __always_inline int take_pending(void *ctx, __u64 site, __u32 by)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &by);

	return scratch && scratch->pending ? take_sample(ctx, site, 0, SAMPLE_ME, by) : 0;
}

#endif
