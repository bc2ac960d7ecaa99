/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel's own files are. The only place that knows paths below /proc and /sys; every
 * root can be replaced, so that tests feed fake trees.
 */
#ifndef KPOOLMON_ROOTS_H
#define KPOOLMON_ROOTS_H

#include <stddef.h>

/* NULL members stand for the running system's: /proc, /sys. Borrowed strings. */
struct kpm_roots {
	const char *proc;
	const char *sys;
};

enum kpm_file {
	KPM_FILE_MEMINFO,
	KPM_FILE_KALLSYMS,
	KPM_FILE_VMLINUX_BTF,
	KPM_FILE_LOCKDOWN,
	KPM_FILE_KPROBE_PMU, /* there if the kernel has kprobes */
};

/* Writes the path of a file into buf and returns buf. Too long a path is cut and will not open. */
const char *kpm_path(const struct kpm_roots *roots, enum kpm_file file, char *buf, size_t size);

#endif
