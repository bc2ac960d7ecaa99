/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom tracked objects are charged to. The allocator keeps an obj_cgroup for each object of a slab
 * in a vector of extensions, and takes it out again when the object is freed; that of whole pages
 * is in their first page. An object without one is charged to nobody.
 */
#ifndef KPM_CHARGES_BPF_H
#define KPM_CHARGES_BPF_H

#include "entries.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KPM_GROUPS_MAX);
	__type(key, __u32);
	__type(value, struct kpm_group);
} groups SEC(".maps");

/* Index in `groups` by obj_cgroup. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, KPM_GROUPS_MAX);
	__type(key, __u64);
	__type(value, __u32);
} group_index SEC(".maps");

/* Objects by tag and group. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, KPM_CHARGES_MAX);
	__type(key, __u64);
	__type(value, __u64);
} charges SEC(".maps");

/* Of the sample in that place: 1: its object is charged. Sized by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} charged_samples SEC(".maps");

#define VECTOR_FLAGS     7ULL /* of slab.obj_exts */
#define MEMCG_DATA_FLAGS 3ULL /* of page.memcg_data */
#define MEMCG_DATA_KMEM  2ULL

/* The distance of two objects' extensions; 0: the slab has none for charges. */
static __always_inline __u32 extension_stride(__u64 slab, __u32 size)
{
	__u64 word;

	if (!HAVE_EXTENSION_BITS)
		return bpf_core_type_size(struct slabobj_ext);
	word = WORD(slab, slab, counters);
	if (!COUNTER(word, obj_exts_needs_objcg))
		return 0;
	return COUNTER(word, obj_exts_in_object) ? size : sizeof(__u64);
}

/* The obj_cgroup of an object, 0: none. */
static __always_inline __u64 objcg_of(__u64 ptr)
{
	__u64 cache = cache_of(ptr), vector, index, page, data;
	struct containing_slab p;
	__u32 size, stride;

	if (!cache) {
		page = state.map_base + (ptr >> 12) * bpf_core_type_size(struct page);
		data = EXISTS(page, memcg_data) ? WORD(page, page, memcg_data) : 0;
		return (data & MEMCG_DATA_FLAGS) == MEMCG_DATA_KMEM ? data & ~MEMCG_DATA_FLAGS : 0;
	}
	if (!find_slab(ptr, cache, state.map_base, &p))
		return 0;
	size = NUMBER(cache, kmem_cache, size);
	vector = WORD(p.slab, slab, obj_exts) & ~VECTOR_FLAGS;
	stride = extension_stride(p.slab, size);
	if (!vector || !stride || !size)
		return 0;
	index = (ptr - p.low) / size;
	if (index >= p.objects)
		return 0;
	vector += index * stride;
	return EXISTS(slabobj_ext, objcg) ? WORD(vector, slabobj_ext, objcg) : read_word(vector);
}

struct own {
	__u64 memcg, objcg;
	__u32 found;
};

static int is_of_node(__u32 n, void *arg)
{
	struct own *own = arg;
	__u64 node = SLOT(own->memcg, mem_cgroup, nodeinfo, n);

	if (!node || (WORD(node, mem_cgroup_per_node, objcg) != own->objcg &&
		      WORD(node, mem_cgroup_per_node, orig_objcg) != own->objcg))
		return 0;
	own->found = 1;
	return 1;
}

/* Is the obj_cgroup the cgroup's own, and not that of one below it that was removed? */
static __always_inline __u32 is_own(__u64 memcg, __u64 objcg)
{
	struct own own = {.memcg = memcg, .objcg = objcg};

	if (EXISTS(mem_cgroup, objcg))
		return WORD(memcg, mem_cgroup, objcg) == objcg ||
		       WORD(memcg, mem_cgroup, orig_objcg) == objcg;
	bpf_loop(state.nodes, is_of_node, &own, 0);
	return own.found;
}

/* The key of a group, entered if it is new. */
static __always_inline __u32 group_of(__u64 objcg)
{
	__u32 *known = bpf_map_lookup_elem(&group_index, &objcg), n = state.groups;
	struct kpm_group *g;
	__u64 memcg, cgroup;

	if (known)
		return 1 + *known;
	g = bpf_map_lookup_elem(&groups, &n);
	if (!g || bpf_map_update_elem(&group_index, &objcg, &n, BPF_ANY))
		return KPM_NO_GROUP;
	memcg = WORD(objcg, obj_cgroup, memcg);
	cgroup = read_word(memcg + OFFSET(mem_cgroup, css) + OFFSET(cgroup_subsys_state, cgroup));
	g->objcg = objcg;
	g->id = read_word(WORD(cgroup, cgroup, kn) + OFFSET(kernfs_node, id));
	g->hierarchy = NUMBER(WORD(cgroup, cgroup, root), cgroup_root, hierarchy_id);
	g->inherited = !is_own(memcg, objcg);
	state.groups = n + 1;
	return 1 + n;
}

static __always_inline void count_charge(__u64 tag, __u32 group, __u64 objects)
{
	__u64 key = tag << 32 | group, *sum = bpf_map_lookup_elem(&charges, &key);

	if (sum)
		*sum += objects;
	else if (bpf_map_update_elem(&charges, &key, &objects, BPF_ANY))
		state.charges_lost += objects;
}

static int charge_slot(__u32 i, void *arg)
{
	__u64 w0, w1, objcg;
	struct kpm_slot *slot = slot_from(*(__u32 *)arg, i, &w0);
	__u32 group = KPM_NOT_CHARGED;

	if (!slot)
		return 1;
	if (!w0)
		return 0;
	w1 = READ_WORD(slot->w1);
	objcg = objcg_of(ADDRESS(w0));
	/* freed meanwhile: what was read may be another object's */
	if (READ_WORD(slot->w0) != w0)
		return 0;
	if (objcg)
		group = group_of(objcg);
	count_charge(w1 >> KPM_TAG_SHIFT, group, 1ULL << (w0 & KPM_W0_WEIGHT));
	return 0;
}

/* Counts the tracked objects by tag and group. */
SEC("syscall")
int kpm_audit_charges(struct kpm_audit_args *args)
{
	__u32 first = args->first;

	if (!HAVE_CHARGES) {
		state.charges_unknown = 1;
		return 0;
	}
	bpf_loop(args->count * KPM_BLOCK_SLOTS, charge_slot, &first, 0);
	return 0;
}

static int charge_sample(__u32 i, void *arg __attribute__((unused)))
{
	struct kpm_sample *sample = bpf_map_lookup_elem(&samples, &i);
	__u64 *charged = bpf_map_lookup_elem(&charged_samples, &i), w0;

	if (!sample || !charged)
		return 1;
	w0 = READ_WORD(sample->w0);
	*charged = w0 && !(w0 & KPM_W0_BUSY) && objcg_of(ADDRESS(w0));
	return 0;
}

/* Finds the samples whose objects are charged. */
SEC("syscall")
int kpm_audit_charged_samples(struct kpm_audit_args *args)
{
	if (HAVE_CHARGES)
		bpf_loop(args->count, charge_sample, 0, 0);
	return 0;
}

#endif
