// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths below /proc and /sys. */
#include <stdio.h>

#include <kpoolmon/roots.h>

static const struct {
	int in_sys;
	const char *name;
} files[] = {
	[KPM_FILE_MEMINFO] = {0, "meminfo"},
	[KPM_FILE_KALLSYMS] = {0, "kallsyms"},
	[KPM_FILE_VMLINUX_BTF] = {1, "kernel/btf/vmlinux"},
	[KPM_FILE_LOCKDOWN] = {1, "kernel/security/lockdown"},
	[KPM_FILE_KPROBE_PMU] = {1, "bus/event_source/devices/kprobe/type"},
};

const char *kpm_path(const struct kpm_roots *roots, enum kpm_file file, char *buf, size_t size)
{
	const char *proc = roots && roots->proc ? roots->proc : "/proc";
	const char *sys = roots && roots->sys ? roots->sys : "/sys";

	snprintf(buf, size, "%s/%s", files[file].in_sys ? sys : proc, files[file].name);
	return buf;
}
