/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that differs between the kernels that we support, 6.1 to 7.3: a condition for each
 * difference, the kernel types that the programs read (CO-RE, hand-written, only the members used),
 * and how to read them. src/source/kernel.h has the list of what user space asks the kernel.
 *
 * Conditions, by the version that brought the change; hashes are those of the mainline:
 *
 *   have_rdonly_cast     6.2   a35b9af4ec2c  bpf: Add a kfunc for generic type cast
 *   kvfree_rcu_object()  6.2   04a522b7da3d  rcu: Refactor kvfree_call_rcu() and high-level helpers
 *   HAVE_MODULE_MEMORY   6.4   ac3b43283923  module: replace module_layout with module_memory
 *   HAVE_SLAB_FLAG_BITS  6.9   cc61eb851c9a  mm, slab: use an enum to define SLAB_ cache creation
 *                                            flags
 *   is_allocator()       6.10  7bd230a26648  mm/slab: enable slab allocation tagging for kmalloc
 *                                            and friends
 *   have_get_kmem_cache  6.13  a992d7a39791  mm/bpf: Add bpf_get_kmem_cache() kfunc
 *   the audit            6.13  2e9a548009c2  bpf: Add open coded version of kmem_cache iterator
 *   HAVE_LARGE_KMALLOC_TYPE    page type of large kmallocs: in 6.18, not in 6.12; commit not known
 *   HAVE_SHEAVES         6.18  2d517aa09bbc  slab: add opt-in caching layer of percpu sheaves
 *   HAVE_BARNS           6.18  the same
 *   HAVE_NODE_BARN       6.18  the same, until HAVE_PER_NODE_PTRS
 *   nolock_args          6.18  af92793e52c3  slab: Introduce kmalloc_nolock() and kfree_nolock().
 *   HAVE_CPU_SLABS       until 7.0: 32c894c7274b  slab: remove struct kmem_cache_cpu
 *   HAVE_PER_NODE_PTRS   7.1   5ba6bc27b1f9  slab: decouple pointer to barn from kmem_cache_node
 *   preemptible, have_classic  7.0 a46023d5616e  tracing: Guard __DECLARE_TRACE() use of
 *                              __DO_TRACE_CALL() with SRCU-fast; the copies of second.bpf.h
 *   bulk_returns_bool          mm/slab: improve kmem_cache_alloc_bulk
 *                              (int in 7.0, bool in 7.3; commit not known)
 *   nolock_context             203890bbd292  mm/slab: introduce slab_alloc_context
 *                              (in 7.3, not in 7.0)
 *
 * By configuration:
 *
 *   HAVE_HARDENED_FREELISTS    CONFIG_SLAB_FREELIST_HARDENED
 *   HAVE_TRYLOCK_STATE         not with CONFIG_PREEMPT_RT
 *
 * Differences that need no condition, since one way serves all versions:
 *
 *   6.1   05b24ff9b2cf  bpf: Prevent bpf program recursion for raw tracepoint probes; the free
 *                       programs are attached twice (kpoolmon.bpf.c)
 *   6.2   struct kmem_cache lies in the verifier's reach: before, copy_cache() reads CACHE_HEAD
 *         bytes; there the stack is short as well, see revive_tag()
 *   6.10  7bd230a26648  a large kmalloc raises two events: KPM_TAG_WRAPPER
 *   6.16  1271a40eeafa  bpf: Allow access to const void pointer arguments in tracing programs;
 *                       slots_of() copies arguments instead
 *   6.19  402e44b31e9d  bpf: implement "jmp" mode for trampoline: find_caller()
 *   6.19  slab: turn freelist_aba_t to a struct and fully define counters there (commit not known);
 *         members of struct slab are found by name
 *   7.x   no arithmetic on a pointer that bpf_rdonly_cast() has read: read_word()
 *   verifiers that follow a product only in one order of its factors: MULTIPLY()
 */
#ifndef KPM_KERNEL_BPF_H
#define KPM_KERNEL_BPF_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define OFFSET(type, member) bpf_core_field_offset(struct type, member)
#define EXISTS(type, member) bpf_core_field_exists(struct type, member)

/* Set by user space from the kernel's BTF before loading: dead code goes at verification. */
const volatile __u8 have_rdonly_cast = 0;
const volatile __u8 have_classic = 0; /* classic copies are attached, see second.bpf.h */
const volatile __u8 have_get_kmem_cache = 0;
const volatile __u8 bulk_returns_bool = 0;
const volatile __u8 disable_preemption = 0; /* programs are preempted, and can forbid it */
const volatile __u8 nolock_args = 3;        /* of the nolock allocator, its result follows */
const volatile __u8 nolock_context = 0;     /* its last one is a struct slab_alloc_context * */

/* Typed reads of kernel memory without a helper call. */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
/* The slab cache that an address lies in, NULL outside slab pages. */
extern struct kmem_cache *bpf_get_kmem_cache(__u64 addr) __ksym __weak;

/* trace/events/kmem.h: the records of the classic tracepoints */
struct trace_event_raw_kmalloc {
	unsigned long call_site;
	const void *ptr;
	unsigned long bytes_req;
	unsigned long bytes_alloc;
	unsigned long gfp_flags;
} __attribute__((preserve_access_index));

struct trace_event_raw_kmem_cache_alloc {
	unsigned long call_site;
	const void *ptr;
} __attribute__((preserve_access_index));

struct trace_event_raw_kfree {
	const void *ptr;
} __attribute__((preserve_access_index));

struct trace_event_raw_kmem_cache_free {
	const void *ptr;
} __attribute__((preserve_access_index));

/* Since 6.10. */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* The iterator over all slab caches. */
struct bpf_iter_kmem_cache {
	__u64 opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_kmem_cache_new(struct bpf_iter_kmem_cache *it) __ksym __weak;
extern struct kmem_cache *bpf_iter_kmem_cache_next(struct bpf_iter_kmem_cache *it) __ksym __weak;
extern void bpf_iter_kmem_cache_destroy(struct bpf_iter_kmem_cache *it) __ksym __weak;

/* mm/slab.h, include/linux/slub_def.h */
struct kmem_cache {
	unsigned int flags;
	unsigned int size;
	unsigned int object_size;
	const char *name;
} __attribute__((preserve_access_index));

/* Enumerators are found by name: one of each enum is enough. */

/* include/linux/slab.h; before it was an enum, SLAB_RECLAIM_ACCOUNT was 0x20000 */
enum _slab_flag_bits { _SLAB_RECLAIM_ACCOUNT = 17 };
#define HAVE_SLAB_FLAG_BITS bpf_core_enum_value_exists(enum _slab_flag_bits, _SLAB_RECLAIM_ACCOUNT)
enum _slab_flag_bits___debug {
	_SLAB_CONSISTENCY_CHECKS = 0,
	_SLAB_RED_ZONE = 1,
	_SLAB_POISON = 2,
	_SLAB_STORE_USER = 7,
	_SLAB_TRACE = 10,
};
/* include/linux/slab.h: equal to KMALLOC_NORMAL (0) where the kernel has no such caches */
enum kmalloc_cache_type { KMALLOC_RECLAIM = 3, KMALLOC_DMA = 2 };

/* include/linux/gfp_types.h; the same in 5.10 to 7.3 */
#define GFP_DMA         (1U << 0)
#define GFP_RECLAIMABLE (1U << 4)

/* The largest kmalloc that comes from a slab cache: KMALLOC_MAX_CACHE_SIZE, two pages. */
#define KMALLOC_SLAB_MAX 8192

struct timespec64 {
	__s64 tv_sec;
} __attribute__((preserve_access_index));

struct list_head {
	struct list_head *next;
} __attribute__((preserve_access_index));

/* include/linux/sched.h */
struct task_struct {
	unsigned int flags;
	struct task_struct *group_leader;
	__u64 start_boottime;
	char comm[16];
} __attribute__((preserve_access_index));
#define PF_KTHREAD 0x00200000 /* the same in 5.10 to 7.3 */

/* include/linux/module.h */
#define MODULE_NAME_LEN 56
struct module {
	char name[MODULE_NAME_LEN];
} __attribute__((preserve_access_index));

/* a module's code */
enum mod_mem_type { MOD_TEXT = 0, MOD_INIT_TEXT = 4 };
struct module_memory {
	void *base;
	unsigned int size;
} __attribute__((preserve_access_index));
struct module___mem {
	struct module_memory mem[7];
} __attribute__((preserve_access_index));
#define HAVE_MODULE_MEMORY EXISTS(module___mem, mem)

/* the same without HAVE_MODULE_MEMORY */
struct module_layout {
	void *base;
	unsigned int size;
} __attribute__((preserve_access_index));
struct module___layout {
	struct module_layout core_layout;
	struct module_layout init_layout;
} __attribute__((preserve_access_index));

struct page {
	unsigned int page_type;
	unsigned long memcg_data;
} __attribute__((preserve_access_index));

/* include/linux/page-flags.h */
enum pagetype { PGTY_large_kmalloc = 0xf8 };
#define HAVE_LARGE_KMALLOC_TYPE                                                                    \
	(bpf_core_enum_value_exists(enum pagetype, PGTY_large_kmalloc) && EXISTS(page, page_type))

/* mm/slab.h; `freelist` and `counters` lie in unions or, since 6.19, in a struct of their own */
struct slab {
	struct kmem_cache *slab_cache;
	struct list_head slab_list;
	void *freelist;
	unsigned long counters;
	unsigned int inuse : 16;
	unsigned int objects : 15;
	unsigned int obj_exts_in_object : 1;
	unsigned int obj_exts_needs_objcg : 1;
	unsigned long obj_exts;
} __attribute__((preserve_access_index));
#define HAVE_EXTENSION_BITS EXISTS(slab, obj_exts_needs_objcg)

/* a slab's word `counters` with the distance of extensions in it, between 7.0 and 7.3 */
struct freelist_counters {
	unsigned short stride;
} __attribute__((preserve_access_index));

/*
 * The extension of an object. With HAVE_EXTENSION_BITS the members are parts of a union, and how
 * many there are is told by the slab; not by this header, if there are codetags among them.
 */
struct slabobj_ext {
	struct obj_cgroup *objcg;
} __attribute__((preserve_access_index));
struct slabobj_ext___parts {
	struct obj_cgroup *_objcg;
	unsigned long _ctref;
} __attribute__((preserve_access_index));

/* include/linux/memcontrol.h */
struct obj_cgroup {
	struct mem_cgroup *memcg;
} __attribute__((preserve_access_index));

struct cgroup_subsys_state {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));

/* one obj_cgroup, or since 7.x one for each node */
struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct obj_cgroup *objcg;
	struct obj_cgroup *orig_objcg;
	struct mem_cgroup_per_node *nodeinfo[0];
} __attribute__((preserve_access_index));

struct mem_cgroup_per_node {
	struct obj_cgroup *objcg;
	struct obj_cgroup *orig_objcg;
} __attribute__((preserve_access_index));

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
} __attribute__((preserve_access_index));

struct cgroup_root {
	int hierarchy_id;
} __attribute__((preserve_access_index));

struct kernfs_node {
	unsigned long id;
} __attribute__((preserve_access_index));

#define HAVE_CHARGES                                                                               \
	(bpf_core_type_exists(struct obj_cgroup) && EXISTS(slab, obj_exts) &&                      \
	 !EXISTS(freelist_counters, stride) &&                                                     \
	 (HAVE_EXTENSION_BITS                                                                      \
		  ? EXISTS(slabobj_ext___parts, _objcg) && !EXISTS(slabobj_ext___parts, _ctref)    \
		  : EXISTS(slabobj_ext, objcg)))

/* order << 16 | objects in a slab of that order */
struct kmem_cache_order_objects {
	unsigned int x;
} __attribute__((preserve_access_index));

/* with HAVE_CPU_SLABS: the freelist that a CPU took from its slab */
struct kmem_cache_cpu {
	void **freelist;
	unsigned long tid;
	struct slab *slab;
} __attribute__((preserve_access_index));

/* with HAVE_SHEAVES; the head that call_rcu() gets is the first member, in a union */
struct slab_sheaf {
	struct list_head barn_list;
	struct kmem_cache *cache;
	unsigned int size;
	void *objects[1];
} __attribute__((preserve_access_index));

/* include/linux/local_lock_internal.h */
typedef struct {
	unsigned char acquired;
} __attribute__((preserve_access_index)) local_trylock_t;

struct slub_percpu_sheaves {
	local_trylock_t lock;
	struct slab_sheaf *main;
	struct slab_sheaf *spare;
	struct slab_sheaf *rcu_free;
} __attribute__((preserve_access_index));
#define HAVE_TRYLOCK_STATE EXISTS(slub_percpu_sheaves, lock.acquired)

struct node_barn {
	struct list_head sheaves_full;
} __attribute__((preserve_access_index));
#define HAVE_BARNS bpf_core_type_exists(struct node_barn)

struct kmem_cache_node {
	struct list_head partial;
	struct node_barn *barn;
} __attribute__((preserve_access_index));
#define HAVE_NODE_BARN EXISTS(kmem_cache_node, barn)

struct kmem_cache_per_node_ptrs {
	struct node_barn *barn;
	struct kmem_cache_node *node;
} __attribute__((preserve_access_index));

/* the rest of struct kmem_cache */
struct kmem_cache___lists {
	struct kmem_cache_cpu *cpu_slab;
	struct slub_percpu_sheaves *cpu_sheaves;
	unsigned int offset;
	struct kmem_cache_order_objects oo;
	struct kmem_cache_order_objects min;
	unsigned long random;
	struct kmem_cache_node *node[1];
	struct kmem_cache_per_node_ptrs per_node[1];
} __attribute__((preserve_access_index));
#define HAVE_CPU_SLABS          EXISTS(kmem_cache___lists, cpu_slab)
#define HAVE_SHEAVES            EXISTS(kmem_cache___lists, cpu_sheaves)
#define HAVE_PER_NODE_PTRS      EXISTS(kmem_cache___lists, per_node)
#define HAVE_HARDENED_FREELISTS EXISTS(kmem_cache___lists, random)

/* mm/slub.c: the last argument of the nolock allocator, with nolock_context */
struct slab_alloc_context {
	unsigned long caller_addr;
} __attribute__((preserve_access_index));

/* include/linux/bpf.h: the copies of a per-CPU map */
struct bpf_array {
	void *pptrs[1];
} __attribute__((preserve_access_index));

/*
 * Eight bytes of kernel memory; 0 where there is none. Through bpf_rdonly_cast as the first
 * member of a struct: a number, for since 7.x no arithmetic is permitted on a pointer read by it.
 */
static __always_inline __u64 read_word(__u64 addr)
{
	struct timespec64 *at;
	__u64 word = 0;

	if (have_rdonly_cast) {
		at = bpf_rdonly_cast((void *)addr, bpf_core_type_id_kernel(struct timespec64));
		return at->tv_sec;
	}
	bpf_probe_read_kernel(&word, sizeof(word), (void *)addr);
	return word;
}

/* Members of a struct at an address; a read that faults gives 0. */
#define WORD(addr, type, member)   read_word((addr) + OFFSET(type, member))
#define NUMBER(addr, type, member) ((__u32)read_word((addr) + OFFSET(type, member)))
/* CO-RE knows no index that is not constant */
#define SLOT(addr, type, array, i) read_word((addr) + OFFSET(type, array) + (i)*8ULL)

static __always_inline __u64 cache_name(__u64 cache)
{
	return read_word(cache + bpf_core_field_offset(struct kmem_cache, name));
}

/*
 * The stack of an event, bytes or a negative error. Where programs are preempted, another one could
 * take the registers that bpf_get_stack() borrows.
 */
static __always_inline long fetch_stack(void *ctx, void *to, __u32 size)
{
	long bytes;

	if (disable_preemption)
		bpf_preempt_disable();
	bytes = bpf_get_stack(ctx, to, size, 0);
	if (disable_preemption)
		bpf_preempt_enable();
	return bytes;
}

/* Facts about a slab cache. */
struct cache_facts {
	__u32 size;
	__u32 object_size;
	__u32 flags;
	__u64 name;
};

/* Reaches beyond all members of interest before 6.2: the verifier holds it to that. */
#define CACHE_HEAD 128

/* Without have_rdonly_cast: one helper call for all of them; a frame of its own for the copy. */
static __noinline int copy_cache(__u64 cache, struct cache_facts *facts)
{
	__u8 head[CACHE_HEAD] __attribute__((aligned(8)));

	bpf_probe_read_kernel(head, sizeof(head), (void *)cache);
	facts->size = *(__u32 *)(head + bpf_core_field_offset(struct kmem_cache, size));
	facts->object_size =
		*(__u32 *)(head + bpf_core_field_offset(struct kmem_cache, object_size));
	facts->flags = *(__u32 *)(head + bpf_core_field_offset(struct kmem_cache, flags));
	facts->name = *(__u64 *)(head + bpf_core_field_offset(struct kmem_cache, name));
	return 0;
}

static __always_inline void read_cache(__u64 cache, struct cache_facts *facts)
{
	struct kmem_cache *s;

	if (!have_rdonly_cast) {
		copy_cache(cache, facts);
		return;
	}
	s = bpf_rdonly_cast((void *)cache, bpf_core_type_id_kernel(struct kmem_cache));
	facts->size = s->size;
	facts->object_size = s->object_size;
	facts->flags = s->flags;
	facts->name = cache_name(cache);
}

static __always_inline __u8 cache_kind(const struct cache_facts *facts)
{
	__u32 bit = 17;

	if (HAVE_SLAB_FLAG_BITS)
		bit = bpf_core_enum_value(enum _slab_flag_bits, _SLAB_RECLAIM_ACCOUNT);
	return facts->flags >> bit & 1 ? KPM_PAGED : KPM_NONP;
}

/*
 * kmalloc_type(): DMA goes before RECLAIMABLE; allocations above the largest slab take whole pages,
 * which are always counted as unreclaimable.
 */
static __always_inline __u8 kmalloc_kind(__u32 gfp, __u64 bytes_alloc)
{
	if (!(gfp & GFP_RECLAIMABLE) || bytes_alloc > KMALLOC_SLAB_MAX)
		return KPM_NONP;
	if (!bpf_core_enum_value(enum kmalloc_cache_type, KMALLOC_RECLAIM))
		return KPM_NONP;
	if ((gfp & GFP_DMA) && bpf_core_enum_value(enum kmalloc_cache_type, KMALLOC_DMA))
		return KPM_NONP;
	return KPM_PAGED;
}

/*
 * The object that kvfree_call_rcu(head, second) frees. Until 6.1 `second` is a function: the offset
 * of the head in the object, or the object if there is no head. Since then it is the object.
 */
static __always_inline __u64 kvfree_rcu_object(__u64 head, __u64 second)
{
	return head && second < 4096 ? head - second : second;
}

static __always_inline int has_prefix(const char *s, const char *prefix, int len)
{
	for (int i = 0; i < len; i++)
		if (s[i] != prefix[i])
			return 0;
	return 1;
}

/*
 * Does the symbol belong to the allocator itself, as the call site of the first of the two events
 * of a large kmalloc does: __kmalloc_noprof, __kmalloc_node_noprof,
 * __kmalloc_node_track_caller_noprof, __kvmalloc_node_noprof?
 */
static __always_inline int is_allocator(const char *symbol)
{
	return has_prefix(symbol, "__kmalloc_", 10) || has_prefix(symbol, "__kvmalloc_", 11);
}

#endif
