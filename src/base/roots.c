// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths below /proc, /sys and of kernels. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/roots.h"

static const struct {
	int in_sys;
	const char *name;
} files[] = {
	[KPM_FILE_MEMINFO] = {0, "meminfo"},
	[KPM_FILE_KALLSYMS] = {0, "kallsyms"},
	[KPM_FILE_VMLINUX_BTF] = {1, "kernel/btf/vmlinux"},
	[KPM_FILE_LOCKDOWN] = {1, "kernel/security/lockdown"},
	[KPM_FILE_BOOT_ID] = {0, "sys/kernel/random/boot_id"},
	[KPM_FILE_KPROBE_PMU] = {1, "bus/event_source/devices/kprobe/type"},
	[KPM_FILE_TRACEFS] = {1, "kernel/tracing"},
	[KPM_FILE_SLAB] = {1, "kernel/slab"},
	[KPM_FILE_OOM_SCORE] = {0, "self/oom_score_adj"},
	[KPM_FILE_NOTES] = {1, "kernel/notes"},
	[KPM_FILE_MODULES] = {1, "module"},
	[KPM_FILE_TAINTED] = {0, "sys/kernel/tainted"},
	[KPM_FILE_SELF_FD] = {0, "self/fd"},
	[KPM_FILE_BPF_FS] = {1, "fs/bpf"},
	[KPM_FILE_SLABINFO] = {0, "slabinfo"},
	[KPM_FILE_NODES] = {1, "devices/system/node/possible"},
	[KPM_FILE_CPUS] = {1, "devices/system/cpu/possible"},
	[KPM_FILE_CGROUPS] = {1, "fs/cgroup"},
	[KPM_FILE_PROCESSES] = {0, "."},
	[KPM_FILE_LOCKS] = {0, "locks"},
	[KPM_FILE_KEY_USERS] = {0, "key-users"},
	[KPM_FILE_MESSAGES] = {0, "sysvipc/msg"},
	[KPM_FILE_SEMAPHORES] = {0, "sysvipc/sem"},
	[KPM_FILE_SEGMENTS] = {0, "sysvipc/shm"},
	[KPM_FILE_MOUNTS] = {0, "self/mountinfo"},
	[KPM_FILE_NET_DEVICES] = {0, "self/net/dev"},
	[KPM_FILE_PINS] = {1, "fs/bpf/kpoolmon"},
};

const char *kpm_path(const struct kpm_roots *roots, enum kpm_file file, char *buf, size_t size)
{
	const char *proc = roots && roots->proc ? roots->proc : "/proc";
	const char *sys = roots && roots->sys ? roots->sys : "/sys";

	if (file == KPM_FILE_PINS && roots && roots->pins)
		snprintf(buf, size, "%s", roots->pins);
	else
		snprintf(buf, size, "%s/%s", files[file].in_sys ? sys : proc, files[file].name);
	return buf;
}

const char *kpm_process_path(const struct kpm_roots *roots, enum kpm_process_file file,
			     const char *pid, char *buf, size_t size)
{
	static const char *const names[] = {
		[KPM_PROCESS_STAT] = "stat",
		[KPM_PROCESS_STATUS] = "status",
		[KPM_PROCESS_FD] = "fd",
		[KPM_PROCESS_FDINFO] = "fdinfo",
		[KPM_PROCESS_MAPS] = "maps",
		[KPM_PROCESS_TIMERS] = "timers",
		[KPM_PROCESS_NET_NAMESPACE] = "ns/net",
		[KPM_PROCESS_UDP] = "net/udp",
		[KPM_PROCESS_UDP6] = "net/udp6",
		[KPM_PROCESS_TCP] = "net/tcp",
		[KPM_PROCESS_TCP6] = "net/tcp6",
		[KPM_PROCESS_RAW] = "net/raw",
		[KPM_PROCESS_RAW6] = "net/raw6",
	};

	snprintf(buf, size, "%s/%s/%s", roots && roots->proc ? roots->proc : "/proc", pid,
		 names[file]);
	return buf;
}

const char *kpm_module_path(const struct kpm_roots *roots, enum kpm_module_file file,
			    const char *module, char *buf, size_t size)
{
	static const char *const names[] = {
		[KPM_MODULE_BUILD_ID] = "notes/.note.gnu.build-id",
		[KPM_MODULE_SRCVERSION] = "srcversion",
		[KPM_MODULE_VERSION] = "version",
		[KPM_MODULE_TAINT] = "taint",
	};

	snprintf(buf, size, "%s/module/%s/%s", roots && roots->sys ? roots->sys : "/sys", module,
		 names[file]);
	return buf;
}

#define PATHS_MAX 8

/* `@` stands for the release. */
static const char *const search_paths[][PATHS_MAX] = {
	[KPM_SEARCH_TREE] = {"/lib/modules/@", "/usr/lib/modules/@"},
	[KPM_SEARCH_VMLINUX] = {"/usr/lib/debug/boot/vmlinux-@", "/boot/vmlinux-@",
				"/usr/lib/debug/lib/modules/@/vmlinux",
				"/usr/lib/debug/usr/lib/modules/@/vmlinux",
				"/lib/modules/@/build/vmlinux", "/usr/lib/modules/@/build/vmlinux",
				"/usr/lib/debug/boot/vmlinux-@.debug"},
	[KPM_SEARCH_VMLINUZ] = {"/boot/vmlinuz-@", "/lib/modules/@/vmlinuz",
				"/usr/lib/modules/@/vmlinuz"},
	[KPM_SEARCH_SYMBOLS] = {"/boot/System.map-@", "/lib/modules/@/System.map",
				"/usr/lib/modules/@/System.map"},
	[KPM_SEARCH_TREES] = {"/lib/modules", "/usr/lib/modules"},
	[KPM_SEARCH_DEBUG] = {"/usr/lib/debug"},
};

const char *kpm_search_path_get(const struct kpm_roots *roots, enum kpm_search_path which,
				unsigned int nth, const char *release, char *buf, size_t size)
{
	const char *form = nth < PATHS_MAX ? search_paths[which][nth] : NULL;
	const char *fs = roots && roots->fs ? roots->fs : "", *at;

	if (!form)
		return NULL;
	at = strchr(form, '@');
	snprintf(buf, size, "%s%.*s%s%s", fs, at ? (int)(at - form) : (int)strlen(form), form,
		 at ? release : "", at ? at + 1 : "");
	return buf;
}

const char *kpm_search_path_find(const struct kpm_roots *roots, enum kpm_search_path which,
				 const char *release, char *buf, size_t size)
{
	for (unsigned int i = 0; kpm_search_path_get(roots, which, i, release, buf, size); i++)
		if (!access(buf, F_OK))
			return buf;
	return NULL;
}
