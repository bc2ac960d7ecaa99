/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel's own files are. The only place that knows paths below /proc and /sys and where
 * distributions put kernels; every root can be replaced, so that tests feed fake trees.
 */
#ifndef KPM_ROOTS_H
#define KPM_ROOTS_H

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
	KPM_FILE_TRACEFS,    /* folder; may not be mounted */
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
	KPM_FILE_CGROUPS,    /* where the one hierarchy of cgroups is mounted */
	KPM_FILE_PROCESSES,  /* folder of the folders of processes */
	KPM_FILE_LOCKS,      /* locks of files */
	KPM_FILE_KEY_USERS,  /* keys of each user */
	KPM_FILE_MESSAGES,   /* System V message queues */
	KPM_FILE_SEMAPHORES,
	KPM_FILE_SEGMENTS, /* System V shared memory */
	KPM_FILE_MOUNTS,
	KPM_FILE_NET_DEVICES,
	KPM_FILE_PINS, /* folder of the pinned tables */
};

/* Writes the path of a file into buf and returns buf. Too long a path is cut and will not open. */
const char *kpm_path(const struct kpm_roots *roots, enum kpm_file file, char *buf, size_t size);

/* What the kernel shows of a process. */
enum kpm_process_file {
	KPM_PROCESS_STAT,
	KPM_PROCESS_STATUS,
	KPM_PROCESS_FD,     /* folder of links */
	KPM_PROCESS_FDINFO, /* folder */
	KPM_PROCESS_MAPS,
	KPM_PROCESS_TIMERS,
	KPM_PROCESS_NET_NAMESPACE, /* a link */
	/* sockets of its network namespace */
	KPM_PROCESS_UDP,
	KPM_PROCESS_UDP6,
	KPM_PROCESS_TCP,
	KPM_PROCESS_TCP6,
	KPM_PROCESS_RAW,
	KPM_PROCESS_RAW6,
};

const char *kpm_process_path(const struct kpm_roots *roots, enum kpm_process_file file,
			     const char *pid, char *buf, size_t size);

/* What the kernel shows of a loaded module. */
enum kpm_module_file {
	KPM_MODULE_BUILD_ID, /* an ELF note */
	KPM_MODULE_SRCVERSION,
	KPM_MODULE_VERSION,
	KPM_MODULE_TAINT,
};

const char *kpm_module_path(const struct kpm_roots *roots, enum kpm_module_file file,
			    const char *module, char *buf, size_t size);

/* Files and folders of a kernel that distributions put in different places: a search path each. */
enum kpm_search_path {
	KPM_SEARCH_TREE,    /* folder of its modules */
	KPM_SEARCH_VMLINUX, /* the kernel as an ELF file */
	KPM_SEARCH_VMLINUZ, /* the kernel as it is booted */
	KPM_SEARCH_SYMBOLS, /* its symbols: System.map */
	KPM_SEARCH_TREES,   /* folder of the folders of modules; without a release */
	KPM_SEARCH_DEBUG,   /* folder of separate debug information; without a release */
};

/* Writes the nth path, the best first, into buf and returns buf; NULL after the last. */
const char *kpm_search_path_get(const struct kpm_roots *roots, enum kpm_search_path which,
				unsigned int nth, const char *release, char *buf, size_t size);

/* The same for the first path that exists; NULL: none does. */
const char *kpm_search_path_find(const struct kpm_roots *roots, enum kpm_search_path which,
				 const char *release, char *buf, size_t size);

#endif
