// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The audit: finds tracked objects that the allocator itself has as free. Their frees were not seen
 * (a kernel that permits tracepoints only, a path that has no hook).
 *
 * User space runs it, a slice at a time, on the maps of the probes. An entry is taken out only if
 * it is some seconds old and its object is found free in two passes, in the same place, some
 * milliseconds apart. Each free kind has its own proof. The contents of an object prove
 * nothing: a live one may still hold the pointers that it held when it was free.
 *
 *   page     A slab page stays one, of the same cache, as long as an object in it is live; the
 *            pages of a large kmalloc are marked as such, or they are skipped.
 *   slab     The whole freelist of the slab, followed to its end, has as many objects as the
 *            slab's counter says are free, and head and counter are the same afterwards. Should
 *            the list have been taken and given back meanwhile: an object of it that was handed
 *            out is another entry now, see below.
 *   CPU      The transaction number of the CPU's freelist is the same afterwards: it changes with
 *            each object taken or returned.
 *   sheaf    An array and its fill. A CPU fills and empties it only at the top, so what lies below
 *            is not half written; the topmost object counts only if the CPU's lock is seen open
 *            between two reads that agree.
 *
 * An allocation of the object in the meantime raised an event, which has replaced the entry.
 * Loaded by src/source/audit.c.
 */
#include "types.bpf.h"
#define REGION_LINKAGE static __always_inline
#include <kpoolmon/abi.h>
#include <kpoolmon/audit_abi.h>
#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "accounting.bpf.h"
#include "slab.bpf.h"
#include "entries.bpf.h"
#include "freelists.bpf.h"
#include "proofs.bpf.h"
#include "charges.bpf.h"

char LICENSE[] SEC("license") = "GPL";

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

static int scan_slot(__u32 i, void *arg)
{
	__u32 block = *(__u32 *)arg + i / KPM_BLOCK_SLOTS, n = i % KPM_BLOCK_SLOTS;
	struct kpm_block *b = block < block_count ? block_at(block) : 0;
	struct kpm_candidate f = {0};
	struct kpm_slot *slot;
	__u8 *mark;

	slot = b ? slot_of(b, n, &mark) : 0;
	if (!slot)
		return 1;
	if (*(volatile __u8 *)mark) {
		f.w0 = READ_WORD(slot->w0);
		f.w1 = READ_WORD(slot->w1);
		if (is_due(f.w0, f.w1)) {
			state.scanned++;
			if (seems_free(&f) && !record(&f))
				return 1;
		}
	}
	if (n == KPM_BLOCK_SLOTS - 1)
		state.done++;
	return 0;
}

/* The first pass over the table: pages and freelists of slabs. */
SEC("syscall")
int kpm_audit_scan(struct kpm_audit_args *args)
{
	__u32 first = args->first;

	state.done = 0;
	bpf_loop(args->count * KPM_BLOCK_SLOTS, scan_slot, &first, 0);
	return 0;
}

/* The first pass over the lists of CPUs and nodes, whose objects are on no slab's list. */
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
		scan_cache(&w, args);
	}
	bpf_iter_kmem_cache_destroy(&it);
	return 0;
}

/*
 * Takes the entry out, if it is the same to the bit. The compare-and-swap covers the first word
 * alone: the second is read once the slot is ours, and the slot is given back if it has changed.
 */
static __always_inline int take_same(const struct kpm_candidate *f)
{
	struct kpm_block *block;
	struct kpm_slot *slot;
	__u8 *mark;
	__u32 n;

	slot = slot_by(ADDRESS(f->w0), &mark, &n);
	if (!slot)
		return 0;
	if (READ_WORD(slot->w1) != f->w1 ||
	    __sync_val_compare_and_swap(&slot->w0, f->w0, f->w0 | KPM_W0_BUSY) != f->w0)
		return 0;
	if (READ_WORD(slot->w1) != f->w1) {
		WRITE_WORD(slot->w0, f->w0);
		return 0;
	}
	release(slot, mark);
	block = block_of(hash_address(ADDRESS(f->w0)));
	if (block)
		come_back(block, hash_address(ADDRESS(f->w0)), n);
	return 1;
}

static int confirm(__u32 i, void *arg)
{
	__u32 n = *(__u32 *)arg + i, shard = this_shard();
	struct kpm_candidate *f = bpf_map_lookup_elem(&candidates, &n);
	struct kpm_slot entry;
	__u32 free_kind;

	if (!f)
		return 1;
	free_kind = f->free_kind;
	if (free_kind >= KPM_AUDIT_FREE_KINDS || !still_free(f) || !take_same(f))
		return 0;
	entry.w0 = f->w0;
	entry.w1 = f->w1;
	settle(shard, &entry, audited);
	state.taken[free_kind]++;
	return 0;
}

/* The second pass: takes out the candidates that are still free. */
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
	__u32 oo, n = state.records;

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
	state.records = n + 1;
	return 0;
}

/*
 * Collects addresses for the memory map (struct page of address 0): no symbol that can be read
 * everywhere has it, but it follows from a slab whose descriptor and memory are both known.
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
		n = state.records;
		c = bpf_map_lookup_elem(&counted, &n);
		if (!c)
			continue;
		c->cache = cache;
		c->objects = 0;
		c->young = 0;
		c->sampled = 0;
		bpf_probe_read_kernel_str(c->name, sizeof(c->name), (void *)cache_name(cache));
		bpf_map_update_elem(&counted_index, &cache, &n, BPF_ANY);
		state.records = n + 1;
	}
	bpf_iter_kmem_cache_destroy(&it);
	return 0;
}

static int count_slot(__u32 i, void *arg)
{
	struct kpm_counted *c;
	struct kpm_slot *slot;
	__u64 w0, cache;
	__u32 *index;

	slot = slot_from(*(__u32 *)arg, i, &w0);
	if (!slot)
		return 1;
	if (!w0 || w0 & KPM_W0_LARGE)
		return 0;
	state.scanned++;
	cache = cache_of(ADDRESS(w0));
	index = bpf_map_lookup_elem(&counted_index, &cache);
	c = index ? bpf_map_lookup_elem(&counted, index) : 0;
	if (c) {
		c->objects += 1ULL << (w0 & KPM_W0_WEIGHT);
		if (!is_due(w0, READ_WORD(slot->w1)))
			c->young += 1ULL << (w0 & KPM_W0_WEIGHT);
		c->sampled += (w0 & KPM_W0_WEIGHT) != 0;
	} else {
		state.inconclusive++; /* no slab page, or a cache of this moment */
	}
	return 0;
}

/* Counts the tracked objects by the caches that they lie in. */
SEC("syscall")
int kpm_audit_count(struct kpm_audit_args *args)
{
	__u32 first = args->first;

	bpf_loop(args->count * KPM_BLOCK_SLOTS, count_slot, &first, 0);
	return 0;
}
