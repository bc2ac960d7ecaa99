// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The audit: which objects of the books does the allocator itself hold for free? Their frees were
 * not seen (a kernel that permits tracepoints only, a path that has no hook).
 *
 * Run by user space, a slice at a time, on the maps of the probes. An entry goes only if it was
 * there for some seconds and its object is found free twice, in the same place, some milliseconds
 * apart. Each kind of place has its own proof; a free object's contents prove nothing, for a live
 * one may still hold what it held when it was free.
 *
 *   page     A slab page stays one, of the same cache, as long as an object in it is live; the
 *            pages of a large kmalloc are marked as such (in 6.18; before that may not be so, and
 *            then they are let alone).
 *   slab     The whole freelist of the slab, followed to its end, has as many objects as the
 *            slab's counter says are free, and head and counter are the same afterwards: no object
 *            was taken from it meanwhile, so all pointers that were followed were a free object's.
 *   CPU      The transaction number of the CPU's freelist is the same afterwards: it changes with
 *            each object taken or returned.
 *   sheaf    An array and its fill. A CPU fills and empties it only at the top, so what lies below
 *            is not half written; the topmost object counts only if the CPU's lock is seen open
 *            between two looks that agree.
 *
 * And whatever took the object since, raised an event, which has made another entry of this one.
 * Loaded by src/source/audit.c.
 */
#include "types.bpf.h"
#include <kpoolmon/abi.h>
#include <kpoolmon/audit_abi.h>
#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "accounting.bpf.h"
#include "slab.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Longer lists are let alone: no slab has more objects (MAX_OBJS_PER_PAGE is 32767). */
#define LIST_MAX 32768
/* MAX_FULL_SHEAVES is 10, the largest sheaf has 256 objects or what the cache asked for */
#define BARN_MAX  64
#define SHEAF_MAX 4096

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KPM_FOUND_MAX);
	__type(key, __u32);
	__type(value, struct kpm_found);
} found SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KPM_LANDMARKS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} landmarks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KPM_CACHES_MAX);
	__type(key, __u32);
	__type(value, struct kpm_counted);
} counted SEC(".maps");

/* Index in `counted` by cache. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KPM_CACHES_MAX);
	__type(key, __u64);
	__type(value, __u32);
} counted_index SEC(".maps");

/* Its copies lie as far apart as the memory of the CPUs does. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu SEC(".maps");

struct bpf_iter_kmem_cache {
	__u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_kmem_cache_new(struct bpf_iter_kmem_cache *it) __ksym __weak;
extern struct kmem_cache *bpf_iter_kmem_cache_next(struct bpf_iter_kmem_cache *it) __ksym __weak;
extern void bpf_iter_kmem_cache_destroy(struct bpf_iter_kmem_cache *it) __ksym __weak;

/*
 * What all functions share. Those that are not static the verifier looks at once, whoever calls
 * them: therefore they have numbers for arguments, and nothing is handed down.
 */
struct kpm_audit_state state;

/* Turns pointers into numbers: what is read back from here is one. One process at a time. */
static volatile __u64 number[3];

static __always_inline __u64 cache_of(__u64 ptr)
{
	number[0] = (__u64)bpf_get_kmem_cache(ptr);
	return number[0];
}

/* How far a CPU's memory lies from the per-CPU pointers of the kernel; 0 if it is not known. */
static __noinline __u64 offset_of_cpu(__u32 cpu)
{
	__u32 zero = 0;
	void *copy = bpf_map_lookup_percpu_elem(&per_cpu, &zero, cpu);

	number[1] = (__u64)copy;
	number[2] = (__u64)&per_cpu;
	if (!number[1])
		return 0;
	return number[1] - WORD(number[2], bpf_array, pptrs);
}

/* Addresses of the table have 56 bits; those of the kernel all begin alike. */
#define ADDRESS(w0) (0xffULL << 56 | ((w0) & ~KPM_W0_META) >> KPM_ADDR_SHIFT << 3)

/* Was the entry made long enough ago? */
static __always_inline int is_due(__u64 w0, __u64 w1)
{
	return w0 && !(w0 & KPM_W0_BUSY) && ((birth() - w1) & KPM_BIRTH_MASK) >= state.min_age;
}

/*
 * Where in its block an address stands: 1 + bucket * KPM_BUCKET_SLOTS + slot, 0: not on the books.
 * Not static, as put_in() is not: the verifier looks at it once.
 */
__noinline int find_entry(__u64 hash, __u64 key)
{
	struct kpm_block *block = block_of(hash);
	struct kpm_bucket *b;
	__u32 n, which;

	if (!block)
		return 0;
	which = hash & (KPM_BLOCK_BUCKETS - 1);
	b = &block->bucket[which];
	n = find_in(b, MARK(hash), key);
	for (__u32 i = 0; i <= BUCKETS_BEYOND && n >= KPM_BUCKET_SLOTS; i++) {
		if (!(READ_WORD(b->marks[1]) & SPILLED))
			return 0;
		which = ((hash >> 5) + i) & (KPM_BLOCK_BUCKETS - 1);
		b = &block->bucket[which];
		n = find_in(b, MARK(hash), key);
	}
	return n < KPM_BUCKET_SLOTS ? 1 + which * KPM_BUCKET_SLOTS + n : 0;
}

#define HIDE(x) __asm__ volatile("" : "+r"(x))

/* A slot of a block by its number; NULL if there is none. */
static __always_inline struct kpm_slot *slot_of(struct kpm_block *block, __u32 n, __u8 **mark)
{
	__u32 which = n / KPM_BUCKET_SLOTS, k = n % KPM_BUCKET_SLOTS;

	/* the compiler knows that they are in range, the verifier does not */
	HIDE(which);
	HIDE(k);
	if (which >= KPM_BLOCK_BUCKETS || k >= KPM_BUCKET_SLOTS)
		return 0;
	*mark = &block->bucket[which].mark[k];
	return &block->bucket[which].slot[k];
}

/* The slot of an address that is on the books, else NULL. */
static __always_inline struct kpm_slot *slot_by(__u64 ptr, __u8 **mark)
{
	__u64 hash = hash_address(ptr);
	struct kpm_block *block = block_of(hash);
	int n = find_entry(hash, KPM_W0_KEY(ptr));

	return block && n > 0 ? slot_of(block, n - 1, mark) : 0;
}

static __always_inline int record(const struct kpm_found *what)
{
	__u32 n = state.found;
	struct kpm_found *f = n < KPM_FOUND_MAX ? bpf_map_lookup_elem(&found, &n) : 0;

	if (!f)
		return 0;
	*f = *what;
	state.found = n + 1;
	return 1;
}

/* Follows a freelist in search of an object. */
struct search {
	struct freelist list;
	__u64 wanted, at, low, high;
	__u32 steps, seen, strange;
};

static int follow(__u32 i __attribute__((unused)), void *arg)
{
	struct search *s = arg;

	if (!s->at)
		return 1;
	if (s->at < s->low || s->at >= s->high) {
		s->strange = 1;
		return 1;
	}
	s->steps++;
	s->seen |= s->at == s->wanted;
	s->at = next_free(&s->list, s->at);
	return 0;
}

/* Is the object on the freelist of its slab? STRANGE: it seems to be, but the list is wrong. */
#define STRANGE 2
__noinline int on_slab(__u64 ptr, __u64 cache)
{
	struct search s = {.wanted = ptr};
	__u64 head, counters;
	struct place p;

	if (!find_place(ptr, cache, state.map_base, &p))
		return 0;
	head = WORD(p.slab, slab, freelist);
	if (!head)
		return 0;
	counters = WORD(p.slab, slab, counters);
	freelist_of(cache, &s.list);
	/* what it would hold if it were on the list: not even a candidate else */
	s.at = next_free(&s.list, ptr);
	if (s.at && (s.at < p.low || s.at >= p.high))
		return 0;
	s.at = head;
	s.low = p.low;
	s.high = p.high;
	bpf_loop(p.objects & (LIST_MAX - 1), follow, &s, 0);
	if (s.strange || s.at || s.steps != p.objects - objects_in_use(counters) ||
	    WORD(p.slab, slab, freelist) != head || WORD(p.slab, slab, counters) != counters ||
	    WORD(p.slab, slab, slab_cache) != cache)
		return s.seen ? STRANGE : 0;
	return s.seen;
}

/* Does the allocator know the page for one of the tag's cache? */
static __always_inline int on_page(__u64 cache, __u32 tag)
{
	struct kpm_tag_info *info = bpf_map_lookup_elem(&taginfo, &tag);

	if (!info)
		return 0;
	return !cache || (info->cache && info->cache != cache) ||
	       (!info->cache && info->size != NUMBER(cache, kmem_cache, size));
}

/* The first look at an entry's object, by its page and its slab. */
static __always_inline int looks_free(struct kpm_found *f)
{
	__u64 ptr = ADDRESS(f->w0);
	int how;

	f->place = KPM_AUDIT_PAGE;
	if (f->w0 & KPM_W0_LARGE)
		return is_not_large(ptr, state.map_base);
	f->cache = cache_of(ptr);
	if (on_page(f->cache, f->w1 >> KPM_TAG_SHIFT))
		return 1;
	f->place = KPM_AUDIT_SLAB;
	how = is_debugged(f->cache) ? 0 : on_slab(ptr, f->cache);
	state.strange += how == STRANGE;
	return how == 1;
}

static int scan_slot(__u32 i, void *arg)
{
	__u32 block = *(__u32 *)arg + i / KPM_BLOCK_SLOTS, n = i % KPM_BLOCK_SLOTS;
	struct kpm_block *b = bpf_map_lookup_elem(&objects, &block);
	struct kpm_found f = {0};
	struct kpm_slot *slot;
	__u8 *mark;

	slot = b ? slot_of(b, n, &mark) : 0;
	if (!slot)
		return 1;
	if (*(volatile __u8 *)mark) {
		f.w0 = READ_WORD(slot->w0);
		f.w1 = READ_WORD(slot->w1);
		if (is_due(f.w0, f.w1)) {
			state.looked++;
			if (looks_free(&f) && !record(&f))
				return 1;
		}
	}
	if (n == KPM_BLOCK_SLOTS - 1)
		state.done++;
	return 0;
}

/* Looks through the table: pages and freelists of slabs. */
SEC("syscall")
int kpm_audit_scan(struct kpm_audit_args *args)
{
	__u32 first = args->first;

	state.done = 0;
	bpf_loop(args->count * KPM_BLOCK_SLOTS, scan_slot, &first, 0);
	return 0;
}

/* Where a free object lies, in a word: place, CPU or node. */
#define WHERE(place, unit) ((__u64)(place) << 32 | (unit))

/* Looks a free object up in the books and records its entry. 0 if there is no room to do so. */
__noinline int look_up(__u64 ptr, __u64 cache, __u64 where, __u64 sheaf, __u32 index)
{
	struct kpm_found f = {
		.cache = cache,
		.sheaf = sheaf,
		.index = index,
		.place = where >> 32,
		.unit = where,
	};
	struct kpm_slot *slot;
	__u8 *mark;

	state.looked++;
	slot = slot_by(ptr, &mark);
	if (!slot)
		return 1;
	f.w0 = READ_WORD(slot->w0);
	f.w1 = READ_WORD(slot->w1);
	return (f.w0 ^ KPM_W0_KEY(ptr)) > KPM_W0_META || !is_due(f.w0, f.w1) || record(&f);
}

/* A list or a sheaf of free objects, all of which are looked up. */
struct list {
	struct freelist links;
	__u64 cache, where, at, low, high, sheaf;
	__u32 strange;
};

static int look_up_next(__u32 i __attribute__((unused)), void *arg)
{
	struct list *l = arg;

	if (!l->at)
		return 1;
	if (l->at < l->low || l->at >= l->high) {
		l->strange = 1;
		return 1;
	}
	if (!look_up(l->at, l->cache, l->where, 0, 0))
		return 1;
	l->at = next_free(&l->links, l->at);
	return 0;
}

/* The freelist of a CPU: the objects that it took from its slab and has not handed out. */
__noinline int look_at_cpu(__u64 cache, __u64 cpu_slab, __u32 cpu)
{
	struct list l = {.cache = cache, .where = WHERE(KPM_AUDIT_CPU, cpu)};
	__u32 found_before = state.found;
	__u64 tid, slab;
	struct place p;

	if (!EXISTS(kmem_cache___lists, cpu_slab))
		return 0;
	tid = WORD(cpu_slab, kmem_cache_cpu, tid);
	slab = WORD(cpu_slab, kmem_cache_cpu, slab);
	l.at = WORD(cpu_slab, kmem_cache_cpu, freelist);
	if (!l.at || !slab)
		return 0;
	if (find_place(l.at, cache, state.map_base, &p) && p.slab == slab) {
		l.low = p.low;
		l.high = p.high;
		freelist_of(cache, &l.links);
		bpf_loop(LIST_MAX, look_up_next, &l, 0);
	} else {
		l.strange = 1;
	}
	if (WORD(cpu_slab, kmem_cache_cpu, tid) != tid) /* what was read may be of then or of now */
		state.found = found_before;
	else
		state.strange += l.strange;
	return 0;
}

static int look_up_in_sheaf(__u32 i, void *arg)
{
	struct list *l = arg;

	return !look_up(SLOT(l->sheaf, slab_sheaf, objects, i), l->cache, l->where, l->sheaf, i);
}

__noinline int look_at_sheaf(__u64 cache, __u64 sheaf, __u64 where)
{
	struct list l = {.cache = cache, .where = where, .sheaf = sheaf};
	__u32 size;

	if (!EXISTS(kmem_cache___lists, cpu_sheaves) || !sheaf ||
	    WORD(sheaf, slab_sheaf, cache) != cache)
		return 0;
	size = NUMBER(sheaf, slab_sheaf, size);
	if (size <= SHEAF_MAX)
		bpf_loop(size, look_up_in_sheaf, &l, 0);
	return 0;
}

/* A sheaf of a CPU; `sheaves` is its struct slub_percpu_sheaves. */
static __always_inline __u64 sheaf_of(__u64 sheaves, __u32 place)
{
	if (place == KPM_AUDIT_MAIN)
		return WORD(sheaves, slub_percpu_sheaves, main);
	if (place == KPM_AUDIT_SPARE)
		return WORD(sheaves, slub_percpu_sheaves, spare);
	return WORD(sheaves, slub_percpu_sheaves, rcu_free);
}

__noinline int look_at_cpus_lists(__u64 cache, __u32 cpu)
{
	__u64 offset = offset_of_cpu(cpu), at;

	if (!offset)
		return 0;
	if (EXISTS(kmem_cache___lists, cpu_sheaves)) {
		at = WORD(cache, kmem_cache___lists, cpu_sheaves);
		for (__u32 place = KPM_AUDIT_MAIN; at && place <= KPM_AUDIT_RCU_FREE; place++)
			look_at_sheaf(cache, sheaf_of(at + offset, place), WHERE(place, cpu));
	}
	if (EXISTS(kmem_cache___lists, cpu_slab)) {
		at = WORD(cache, kmem_cache___lists, cpu_slab);
		if (at)
			look_at_cpu(cache, at + offset, cpu);
	}
	return 0;
}

/* Goes from sheaf to sheaf of a barn: looks for the wanted one or looks at all. */
struct barn_walk {
	__u64 cache, where, at, end, wanted;
	__u32 seen;
};

static int next_of_barn(__u32 i __attribute__((unused)), void *arg)
{
	struct barn_walk *w = arg;
	__u64 sheaf;

	if (!w->at || w->at == w->end)
		return 1;
	sheaf = w->at - OFFSET(slab_sheaf, barn_list);
	if (!w->wanted)
		look_at_sheaf(w->cache, sheaf, w->where);
	else if (sheaf == w->wanted)
		w->seen = 1;
	w->at = WORD(w->at, list_head, next);
	return w->seen;
}

/* Looks at the full sheaves of a node, or, if one is wanted, whether it is among them. */
__noinline int walk_barn(__u64 cache, __u32 node, __u64 wanted)
{
	struct barn_walk w = {
		.cache = cache, .where = WHERE(KPM_AUDIT_BARN, node), .wanted = wanted};
	__u64 barn;

	if (!bpf_core_type_exists(struct node_barn))
		return 0;
	barn = barn_of(cache, node);
	if (!barn)
		return 0;
	w.end = barn + OFFSET(node_barn, sheaves_full);
	w.at = WORD(w.end, list_head, next);
	bpf_loop(BARN_MAX, next_of_barn, &w, 0);
	return w.seen;
}

/* The CPUs and nodes of one cache. */
struct cache_walk {
	__u64 cache;
	__u32 first;
};

static int next_cpu(__u32 i, void *arg)
{
	struct cache_walk *w = arg;

	look_at_cpus_lists(w->cache, w->first + i);
	return 0;
}

static int next_node(__u32 i, void *arg)
{
	struct cache_walk *w = arg;

	walk_barn(w->cache, i, 0);
	return 0;
}

static __always_inline void look_at_cache(struct cache_walk *w, const struct kpm_audit_args *args)
{
	if (is_debugged(w->cache))
		return;
	bpf_loop(args->count, next_cpu, w, 0);
	if (!w->first)
		bpf_loop(state.nodes, next_node, w, 0);
}

/* Looks through the lists of the CPUs and the nodes: what lies on them is on no slab's list. */
SEC("syscall")
int kpm_audit_lists(struct kpm_audit_args *args)
{
	struct cache_walk w = {.first = args->first};
	struct bpf_iter_kmem_cache it;
	struct kmem_cache *s;

	bpf_iter_kmem_cache_new(&it);
	while ((s = bpf_iter_kmem_cache_next(&it))) {
		number[0] = (__u64)s;
		w.cache = number[0];
		look_at_cache(&w, args);
	}
	bpf_iter_kmem_cache_destroy(&it);
	return 0;
}

/* Is the object still in the sheaf, at that index, with so many above it? */
__noinline int in_sheaf(__u64 ptr, __u64 cache, __u64 sheaf, __u32 index, __u32 above)
{
	if (!EXISTS(kmem_cache___lists, cpu_sheaves))
		return 0;
	return WORD(sheaf, slab_sheaf, cache) == cache &&
	       NUMBER(sheaf, slab_sheaf, size) > index + above &&
	       SLOT(sheaf, slab_sheaf, objects, index) == ptr;
}

/* Is the object on the freelist of that CPU? */
__noinline int on_cpu(__u64 ptr, __u64 cache, __u64 cpu_slab)
{
	struct search s = {.wanted = ptr};
	struct place p;
	__u64 tid;

	if (!EXISTS(kmem_cache___lists, cpu_slab))
		return 0;
	tid = WORD(cpu_slab, kmem_cache_cpu, tid);
	if (!find_place(ptr, cache, state.map_base, &p) ||
	    WORD(cpu_slab, kmem_cache_cpu, slab) != p.slab)
		return 0;
	s.at = WORD(cpu_slab, kmem_cache_cpu, freelist);
	s.low = p.low;
	s.high = p.high;
	freelist_of(cache, &s.list);
	bpf_loop(LIST_MAX, follow, &s, 0);
	return s.seen && !s.strange && !s.at && WORD(cpu_slab, kmem_cache_cpu, tid) == tid;
}

/* Is the lock of a CPU's sheaves open? Then nothing is half written. */
static __always_inline int is_open(__u64 sheaves)
{
	return EXISTS(slub_percpu_sheaves, lock.acquired) &&
	       !(__u8)WORD(sheaves, slub_percpu_sheaves, lock.acquired);
}

/* Is the object still in the same of the CPU's sheaves? */
static __always_inline int in_cpus_sheaf(const struct kpm_found *f, __u64 ptr, __u64 offset)
{
	__u64 sheaves;
	__u32 above;

	if (!EXISTS(kmem_cache___lists, cpu_sheaves))
		return 0;
	sheaves = WORD(f->cache, kmem_cache___lists, cpu_sheaves) + offset;
	if (sheaf_of(sheaves, f->place) != f->sheaf ||
	    !in_sheaf(ptr, f->cache, f->sheaf, f->index, 0))
		return 0;
	above = is_open(sheaves) ? 0 : 1;
	return in_sheaf(ptr, f->cache, f->sheaf, f->index, above) &&
	       sheaf_of(sheaves, f->place) == f->sheaf;
}

/* Is the entry's object free where it was found to be? */
static __always_inline int still_free(const struct kpm_found *f)
{
	__u64 ptr = ADDRESS(f->w0), offset;

	if (f->w0 & KPM_W0_LARGE)
		return is_not_large(ptr, state.map_base);
	if (f->place == KPM_AUDIT_PAGE)
		return on_page(cache_of(ptr), f->w1 >> KPM_TAG_SHIFT);
	if (f->place == KPM_AUDIT_SLAB)
		return cache_of(ptr) == f->cache && on_slab(ptr, f->cache) == 1;
	if (f->place == KPM_AUDIT_BARN)
		return walk_barn(f->cache, f->unit, f->sheaf) &&
		       in_sheaf(ptr, f->cache, f->sheaf, f->index, 0) &&
		       walk_barn(f->cache, f->unit, f->sheaf);
	offset = offset_of_cpu(f->unit);
	if (!offset)
		return 0;
	if (f->place != KPM_AUDIT_CPU)
		return in_cpus_sheaf(f, ptr, offset);
	if (!EXISTS(kmem_cache___lists, cpu_slab))
		return 0;
	return on_cpu(ptr, f->cache, WORD(f->cache, kmem_cache___lists, cpu_slab) + offset);
}

/*
 * Takes the entry off, if it is the same to the bit. Ours is a compare-and-swap on the first word
 * alone: the second is looked at once the slot is ours, and the slot is given back if it is
 * another's.
 */
static __always_inline int take_same(const struct kpm_found *f)
{
	struct kpm_slot *slot;
	__u8 *mark;

	slot = slot_by(ADDRESS(f->w0), &mark);
	if (!slot)
		return 0;
	if (READ_WORD(slot->w1) != f->w1 ||
	    __sync_val_compare_and_swap(&slot->w0, f->w0, f->w0 | KPM_W0_BUSY) != f->w0)
		return 0;
	if (READ_WORD(slot->w1) != f->w1) {
		WRITE_WORD(slot->w0, f->w0);
		return 0;
	}
	*(volatile __u8 *)mark = 0;
	WRITE_WORD(slot->w0, 0);
	return 1;
}

static int confirm(__u32 i, void *arg)
{
	__u32 n = *(__u32 *)arg + i, shard = this_shard();
	struct kpm_found *f = bpf_map_lookup_elem(&found, &n);
	struct kpm_slot entry;
	__u32 place;

	if (!f)
		return 1;
	place = f->place;
	if (place >= KPM_AUDIT_PLACES || !still_free(f) || !take_same(f))
		return 0;
	entry.w0 = f->w0;
	entry.w1 = f->w1;
	settle(shard, &entry, audited);
	state.taken[place]++;
	return 0;
}

/* The second look at what was found: what is still free goes off the books. */
SEC("syscall")
int kpm_audit_confirm(struct kpm_audit_args *args)
{
	__u32 first = args->first;

	bpf_loop(args->count, confirm, &first, 0);
	return 0;
}

static int note_partial(__u32 i, void *arg)
{
	__u64 cache = *(__u64 *)arg, node = node_of(cache, i), slab, free, bytes, *base;
	__u32 oo, n = state.found;

	if (!node)
		return 0;
	slab = WORD(node, kmem_cache_node, partial);
	/* an empty list begins with its head */
	if (!slab || slab == node + OFFSET(kmem_cache_node, partial))
		return 0;
	slab -= OFFSET(slab, slab_list);
	oo = NUMBER(cache, kmem_cache___lists, oo);
	free = WORD(slab, slab, freelist);
	if (!free || WORD(slab, slab, slab_cache) != cache ||
	    objects_of_slab(WORD(slab, slab, counters)) != (oo & 0xffff))
		return 0;
	base = bpf_map_lookup_elem(&landmarks, &n);
	if (!base)
		return 1;
	bytes = 4096ULL << (oo >> 16 & 15);
	*base = slab - ((free & ~(bytes - 1)) >> 12) * bpf_core_type_size(struct page);
	state.found = n + 1;
	return 0;
}

/*
 * Where the memory map lies: no symbol that can be read everywhere tells, but slabs whose
 * descriptor and whose memory are both known do.
 */
SEC("syscall")
int kpm_audit_landmarks(struct kpm_audit_args *args __attribute__((unused)))
{
	struct bpf_iter_kmem_cache it;
	struct kmem_cache *s;
	__u64 cache;

	bpf_iter_kmem_cache_new(&it);
	while ((s = bpf_iter_kmem_cache_next(&it))) {
		number[0] = (__u64)s;
		cache = number[0];
		if (!is_debugged(cache))
			bpf_loop(state.nodes, note_partial, &cache, 0);
	}
	bpf_iter_kmem_cache_destroy(&it);
	return 0;
}

/* Lists the caches, with nothing counted yet. */
SEC("syscall")
int kpm_audit_caches(struct kpm_audit_args *args __attribute__((unused)))
{
	struct bpf_iter_kmem_cache it;
	struct kpm_counted *c;
	struct kmem_cache *s;
	__u64 cache;
	__u32 n = 0;

	bpf_iter_kmem_cache_new(&it);
	while ((s = bpf_iter_kmem_cache_next(&it))) {
		number[0] = (__u64)s;
		cache = number[0];
		n = state.found;
		c = bpf_map_lookup_elem(&counted, &n);
		if (!c)
			continue;
		c->cache = cache;
		c->objects = 0;
		bpf_probe_read_kernel_str(c->name, sizeof(c->name), (void *)cache_name(cache));
		bpf_map_update_elem(&counted_index, &cache, &n, BPF_ANY);
		state.found = n + 1;
	}
	bpf_iter_kmem_cache_destroy(&it);
	return 0;
}

static int count_slot(__u32 i, void *arg)
{
	__u32 block = *(__u32 *)arg + i / KPM_BLOCK_SLOTS, *index;
	struct kpm_block *b = bpf_map_lookup_elem(&objects, &block);
	struct kpm_counted *c;
	struct kpm_slot *slot;
	__u64 w0, cache;
	__u8 *mark;

	slot = b ? slot_of(b, i % KPM_BLOCK_SLOTS, &mark) : 0;
	if (!slot)
		return 1;
	if (!*(volatile __u8 *)mark)
		return 0;
	w0 = READ_WORD(slot->w0);
	if (!w0 || w0 & (KPM_W0_BUSY | KPM_W0_LARGE))
		return 0;
	state.looked++;
	cache = cache_of(ADDRESS(w0));
	index = bpf_map_lookup_elem(&counted_index, &cache);
	c = index ? bpf_map_lookup_elem(&counted, index) : 0;
	if (c)
		c->objects += 1ULL << (w0 & KPM_W0_WEIGHT);
	else
		state.strange++; /* no slab page, or a cache of this moment */
	return 0;
}

/* Counts the objects of the books by the caches that they lie in. */
SEC("syscall")
int kpm_audit_count(struct kpm_audit_args *args)
{
	__u32 first = args->first;

	bpf_loop(args->count * KPM_BLOCK_SLOTS, count_slot, &first, 0);
	return 0;
}
