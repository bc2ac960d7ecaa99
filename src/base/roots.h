/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel's own files are. The only place that knows paths below /proc and /sys and where
 * distributions put kernels; every root can be replaced, so that tests feed fake trees.
 */
#ifndef KPOOLMON_ROOTS_H
#define KPOOLMON_ROOTS_H

#include <stddef.h>

/* NULL members stand for the running system's: /proc, /sys, /. Borrowed strings. */
struct kpm_roots {
	const char *proc;
	const char *sys;
	const char *fs; /* modules, kernels, debug information */
	/* folder of the pinned tables; NULL: kpoolmon in the system's bpf file system */
	const char *pins;
};

enum kpm_file {
	KPM_FILE_MEMINFO,
	KPM_FILE_KALLSYMS,
	KPM_FILE_VMLINUX_BTF,
	KPM_FILE_LOCKDOWN,
	KPM_FILE_BOOT_ID,
	KPM_FILE_KPROBE_PMU, /* there if the kernel has kprobes */
	KPM_FILE_SLAB,       /* folder of the slab caches */
	KPM_FILE_OOM_SCORE,  /* how readily this process is ended when memory is out */
	KPM_FILE_NOTES,      /* ELF notes of the kernel */
	KPM_FILE_MODULES,    /* folder of the loaded modules */
	KPM_FILE_TAINTED,    /* the kernel's taint mask */
	KPM_FILE_SELF_FD,    /* folder of this process's open files */
	KPM_FILE_BPF_FS,     /* where the bpf file system is mounted */
	KPM_FILE_SLABINFO,   /* objects and slabs of each cache */
	KPM_FILE_NODES,      /* numbers of the NUMA nodes */
	KPM_FILE_CPUS,       /* numbers of the CPUs that there can be */
	KPM_FILE_PINS,       /* folder of the pinned tables */
};

/* Writes the path of a file into buf and returns buf. Too long a path is cut and will not open. */
const char *kpm_path(const struct kpm_roots *roots, enum kpm_file file, char *buf, size_t size);

/* What the kernel shows of a loaded module. */
enum kpm_module_file {
	KPM_MODULE_BUILD_ID, /* an ELF note */
	KPM_MODULE_SRCVERSION,
	KPM_MODULE_VERSION,
	KPM_MODULE_TAINT,
};

const char *kpm_module_path(const struct kpm_roots *roots, enum kpm_module_file file,
			    const char *module, char *buf, size_t size);

/* What belongs to a kernel and may be in several places. */
enum kpm_spot {
	KPM_SPOT_TREE,    /* folder of its modules */
	KPM_SPOT_VMLINUX, /* the kernel as an ELF file */
	KPM_SPOT_VMLINUZ, /* the kernel as it is booted */
	KPM_SPOT_SYMBOLS, /* its symbols: System.map */
	KPM_SPOT_TREES,   /* folder of the folders of modules; without a release */
	KPM_SPOT_DEBUG,   /* folder of separate debug information; without a release */
};

/* Writes the path of the nth place, the best first, into buf; NULL after the last. */
const char *kpm_spot_path(const struct kpm_roots *roots, enum kpm_spot spot, unsigned int nth,
			  const char *release, char *buf, size_t size);

/* The first place where there is something; NULL: nowhere. */
const char *kpm_spot_find(const struct kpm_roots *roots, enum kpm_spot spot, const char *release,
			  char *buf, size_t size);

#endif
