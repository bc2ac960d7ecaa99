/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that user space does differently on different kernels, decided by the kernel's own
 * type information (BTF) and not by version numbers: distributions backport. bpf/kernel.bpf.h has
 * the list of what the programs do differently. Hashes are those of the mainline:
 *
 *   our minimum      6.1   2c1d697fb8ba  mm/slab_common: drop kmem_alloc & avoid dereferencing
 *                                        fields when not using
 *                          11e9734bcb6a  mm/slab_common: unify NUMA and UMA version of tracepoints
 *   rdonly_cast      6.2   a35b9af4ec2c  bpf: Add a kfunc for generic type cast
 *   preempt_disable  6.10  fc7566ad0a82  bpf: Introduce bpf_preempt_[disable,enable] kfuncs
 *   get_kmem_cache   6.13  a992d7a39791  mm/bpf: Add bpf_get_kmem_cache() kfunc
 *   preemptible      7.0   a46023d5616e  tracing: Guard __DECLARE_TRACE() use of __DO_TRACE_CALL()
 *                                        with SRCU-fast
 *                          f7d327654b88  (rcu_read_lock_dont_migrate())
 *   audit_lacks      6.13  2e9a548009c2  bpf: Add open coded version of kmem_cache iterator
 *   modules                CONFIG_MODULES
 *   hook[].function: the functions to hook, by the names that they have had
 *     ALLOC_BULK     6.10  7bd230a26648  mm/slab: enable slab allocation tagging for kmalloc and
 *                                        friends: names end in _noprof
 *     SHEAF          6.18  ec66e0d59952  slab: add sheaf support for batching kfree_rcu()
 *                                        operations
 *     KFREE_NOLOCK   6.18  af92793e52c3  slab: Introduce kmalloc_nolock() and kfree_nolock().
 *     KMALLOC_NOLOCK       the same
 *     KFREE_RCU_NOLOCK     kfree_call_rcu_nolock() (in 7.3, not in 7.0; commit not known)
 *   bulk_returns_bool      mm/slab: improve kmem_cache_alloc_bulk
 *                          (int in 7.0, bool in 7.3; commit not known)
 *   nolock_args            one more with partitioned kmalloc caches (in 7.3; commit not known)
 *   nolock_context         203890bbd292  mm/slab: introduce slab_alloc_context (in 7.3, not in 7.0)
 */
#ifndef KPM_KERNEL_H
#define KPM_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/abi.h>

#include "base/error.h"
#include "base/roots.h"

/* The function of a hook (model/hooks.h) in this kernel. */
struct kpm_hooked {
	const char *function; /* by its name there; NULL: there is none */
	const char *other;    /* a second one to be hooked as well, or NULL */
	int btf_id;           /* of `function` */
	bool expected;        /* every kernel that we support has it */
};

struct kpm_kernel {
	bool rdonly_cast;     /* has the kfunc bpf_rdonly_cast */
	bool get_kmem_cache;  /* has the kfunc bpf_get_kmem_cache */
	bool preemptible;     /* preempts programs on the events */
	bool preempt_disable; /* has the kfunc bpf_preempt_disable */
	bool modules;         /* loads modules and raises events for them */
	const char
		*audit_lacks; /* a function that the audit needs and the kernel has not, or NULL */
	struct kpm_hooked hook[KPM_HOOKS];
	bool bulk_returns_bool;   /* kmem_cache_alloc_bulk */
	unsigned int nolock_args; /* number of arguments of the nolock allocator */
	bool nolock_context;      /* of which the last is a struct slab_alloc_context * */
	/*
	 * the kernel's own code, _stext to _etext; if hidden, the range that modules never occupy
	 */
	uint64_t text_start, text_end;
};

/*
 * 0, or -errno and a sentence that says what is missing and since which kernel it exists: no BTF
 * (-ENOENT), events older than 6.1 (-EOPNOTSUPP).
 */
int kpm_kernel_probe(const struct kpm_roots *roots, struct kpm_kernel *kernel, struct kpm_err *err);

/*
 * One more than the highest number in a list of the kernel's, KPM_FILE_CPUS or KPM_FILE_NODES; 0 if
 * it cannot be read. The list may have gaps.
 */
uint32_t kpm_kernel_numbers(const struct kpm_roots *roots, enum kpm_file list);

#endif
