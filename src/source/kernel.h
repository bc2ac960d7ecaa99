/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel offers to the probes, from its own type information (BTF). */
#ifndef KPOOLMON_KERNEL_H
#define KPOOLMON_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/abi.h>

#include "base/error.h"
#include "base/roots.h"

/* Where a hook of src/model/hooks.h goes. */
struct kpm_hooked {
	const char *function; /* as this kernel calls it; NULL: it has none */
	const char *other;    /* a second one that is hooked as well, or NULL */
	int btf_id;           /* of `function` */
	bool expected;        /* every kernel that we support has it */
};

struct kpm_kernel {
	bool rdonly_cast;    /* kfunc bpf_rdonly_cast, 6.2 */
	bool get_kmem_cache; /* kfunc bpf_get_kmem_cache, 6.13 */
	bool modules;        /* the kernel loads modules and says so */
	struct kpm_hooked hook[KPM_HOOKS];
	bool bulk_returns_bool;   /* kmem_cache_alloc_bulk: since 7.1 */
	unsigned int nolock_args; /* number of arguments of the nolock allocator */
	bool nolock_context;      /* of which the last is a struct slab_alloc_context * */
	/* the kernel's own code, _stext to _etext; where modules cannot be if it is not told */
	uint64_t text_start, text_end;
};

/*
 * 0, or -errno and a sentence that says what is missing and since which kernel it exists: no BTF
 * (-ENOENT), events older than 6.1 (-EOPNOTSUPP).
 */
int kpm_kernel_probe(const struct kpm_roots *roots, struct kpm_kernel *kernel, struct kpm_err *err);

/*
 * The number after the highest of a list of the kernel's, KPM_FILE_CPUS or KPM_FILE_NODES, which
 * may leave some out; 0 if it cannot be read.
 */
uint32_t kpm_kernel_numbers(const struct kpm_roots *roots, enum kpm_file list);

#endif
