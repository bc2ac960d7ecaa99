// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Start and stop of tracking. Maps are pinned under their names, programs as `prog_NAME`, links as
 * `link_NAME`. Pinned objects stay in the kernel when the process ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "source/folder.h"
#include "source/pins.h"
#include "source/probes.h"

#define PROGRAMS_MAX (KPM_EVENTS + KPM_HOOKS * KPM_HOOK_LINKS + 1)

static int pin_failed(const char *path, int code, struct kpm_err *err)
{
	return kpm_fail(err, -code, "pin %.300s: %s; run as root or with CAP_BPF", path,
			strerror(code));
}

static int pin(const char *folder, const char *kind, const char *name, int fd, struct kpm_err *err)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s%s", folder, kind, name);
	return bpf_obj_pin(fd, path) ? pin_failed(path, errno, err) : 0;
}

struct pinning {
	const char *folder;
	struct kpm_err *err;
};

static int pin_attached(void *arg, struct bpf_program *program, struct bpf_link *link)
{
	const struct pinning *p = arg;
	const char *name = bpf_program__name(program);
	int ret = pin(p->folder, "prog_", name, bpf_program__fd(program), p->err);

	return ret ? ret : pin(p->folder, "link_", name, bpf_link__fd(link), p->err);
}

static int pin_maps(const struct kpm_probes *probes, const char *folder, struct kpm_err *err)
{
	struct kpm_tables_fds fds;
	int ret;

	kpm_probes_fds(probes, &fds);
	if ((ret = pin(folder, "", "objects", fds.objects, err)) ||
	    (ret = pin(folder, "", "tags", fds.tags, err)) ||
	    (ret = pin(folder, "", "taginfo", fds.taginfo, err)) ||
	    (ret = pin(folder, "", "taglist", fds.taglist, err)) ||
	    (ret = pin(folder, "", "counters", fds.counters, err)) ||
	    (ret = pin(folder, "", "shards", fds.shards, err)) ||
	    (ret = pin(folder, "", "samples", fds.samples, err)) ||
	    (ret = pin(folder, "", "stacks", fds.stacks, err)) ||
	    (ret = pin(folder, "", "sampled", fds.sampled, err)) ||
	    (ret = pin(folder, "", "gone", fds.gone, err)) ||
	    (ret = pin(folder, "", "runs", fds.runs, err)) ||
	    (ret = pin(folder, "", "credits", fds.credits, err)))
		return ret;
	return pin(folder, "", "control", fds.control, err);
}

static int pin_about(const struct kpm_probes *probes, const char *folder, const char *version,
		     struct kpm_err *err)
{
	struct kpm_about about = {.abi = KPM_ABI_VERSION};
	uint32_t zero = 0;
	int fd, ret;

	about.second = probes->second;
	about.started_wall = kpm_wall() - (kpm_now() - probes->started_ns);
	snprintf(about.version, sizeof(about.version), "%s", version);
	for (int i = 0; i < KPM_HOOKS; i++)
		about.attach[i] = probes->hooks.attach[i];
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kpm_about", sizeof(zero), sizeof(about), 1, NULL);
	if (fd < 0)
		return pin_failed("about", errno, err);
	if (bpf_map_update_elem(fd, &zero, &about, 0))
		ret = pin_failed("about", errno, err);
	else
		ret = pin(folder, "", "about", fd, err);
	close(fd);
	return ret;
}

static int pin_all(const struct kpm_probes *probes, const char *folder, const char *version,
		   struct kpm_err *err)
{
	struct pinning pinning = {folder, err};
	int ret;

	if (mkdir(folder, 0700))
		return kpm_fail(err, -errno, "make %.300s: %s; run as root", folder,
				strerror(errno));
	ret = pin_maps(probes, folder, err);
	if (!ret)
		ret = pin(folder, "prog_", "kpm_now", bpf_program__fd(kpm_probes_clock(probes)),
			  err);
	if (!ret)
		ret = kpm_probes_each(probes, pin_attached, &pinning);
	return ret ? ret : pin_about(probes, folder, version, err);
}

static int started_already(const char *path, struct kpm_err *err)
{
	struct kpm_about about = {0};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		kpm_folder_about(fd, &about);
		close(fd);
	}
	return kpm_fail(err, -EEXIST,
			"kpoolmon %s tracks already (pinned in %.200s); kpoolmon stop ends that",
			*about.version ? about.version : "of another version", path);
}

static int remove_leftovers(const struct kpm_folder *folder, struct kpm_err *err)
{
	const char *const left[] = {folder->fresh, folder->old};

	for (int i = 0; i < 2; i++) {
		int ret = kpm_folder_remove(left[i]);

		if (ret)
			return kpm_fail(err, ret, "remove %.300s: %s; run as root", left[i],
					strerror(-ret));
	}
	return 0;
}

/* Closes the probes of this process; what is pinned stays in the kernel. */
static void close_own_side(struct kpm_probes *probes)
{
	/* libbpf would disable the events of kprobes before it closes them */
	for (int i = 0; i < KPM_HOOKS; i++)
		for (int k = 0; k < KPM_HOOK_LINKS; k++)
			if (probes->hooks.links[i][k])
				bpf_link__disconnect(probes->hooks.links[i][k]);
	kpm_probes_unload(probes);
}

int kpm_pins_start(const struct kpm_live_opts *opts, const char *version, struct kpm_err *err)
{
	struct kpm_probes probes = {0};
	struct kpm_folder folder;
	int ret;

	kpm_folder_find(&folder, &opts->roots);
	ret = kpm_folder_lock(&folder, &opts->roots, true, err);
	if (ret)
		return ret;
	ret = remove_leftovers(&folder, err);
	if (!ret && !access(folder.path, F_OK))
		ret = started_already(folder.path, err);
	if (!ret)
		ret = kpm_probes_load(&probes, opts, err);
	if (ret)
		goto unlock;
	ret = kpm_probes_attach(&probes, err);
	if (!ret)
		ret = pin_all(&probes, folder.fresh, version, err);
	if (!ret && rename(folder.fresh, folder.path))
		ret = kpm_fail(err, -errno, "rename %.200s to %.200s: %s", folder.fresh,
			       folder.path, strerror(errno));
	if (ret) {
		kpm_folder_remove(folder.fresh);
		kpm_probes_unload(&probes);
	} else {
		close_own_side(&probes);
	}
unlock:
	kpm_folder_unlock(&folder);
	return ret;
}

/* Sets the flag that readers check; in mapped memory, since probes write beside it. */
static void tell_readers(int folder)
{
	struct kpm_about about;
	struct kpm_control *control;
	char path[512];
	int fd;

	if (kpm_folder_about(folder, &about) || about.abi != KPM_ABI_VERSION)
		return;
	fd = bpf_obj_get(kpm_folder_file(folder, "control", path, sizeof(path)));
	if (fd < 0)
		return;
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control != MAP_FAILED) {
		__atomic_store_n(&control->stopped, 1, __ATOMIC_RELEASE);
		munmap(control, sizeof(*control));
	}
	close(fd);
}

/* Ids of the programs in a folder, to see when they are freed. */
static unsigned int list_programs(int folder, uint32_t *ids)
{
	unsigned int count = 0;
	char path[512];

	for (int i = 0; i < KPM_EVENTS; i++) {
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		char name[64];
		int fd;

		snprintf(name, sizeof(name), "prog_%s", kpm_event_table[i].program);
		fd = bpf_obj_get(kpm_folder_file(folder, name, path, sizeof(path)));
		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			ids[count++] = info.id;
		close(fd);
	}
	return count;
}

/*
 * The kernel frees programs after a grace period: the whole of a stop took 24 ms on two idle CPUs.
 * A reader that still holds them delays that; after 1.5 s the stop is over all the same.
 */
#define END_STEP_NS 10000000
#define END_STEPS   150

/* Waits until the kernel has freed the programs. */
static void await_end(const uint32_t *ids, unsigned int count)
{
	const struct timespec step = {.tv_nsec = END_STEP_NS};

	for (int i = 0; i < END_STEPS && count; i++) {
		int fd = bpf_prog_get_fd_by_id(ids[count - 1]);

		if (fd < 0) {
			count--;
			continue;
		}
		close(fd);
		nanosleep(&step, NULL);
	}
}

int kpm_pins_stop(const struct kpm_roots *roots, bool *were, struct kpm_err *err)
{
	uint32_t ids[PROGRAMS_MAX];
	unsigned int count = 0;
	struct kpm_folder folder;
	int ret, fd;

	*were = false;
	kpm_folder_find(&folder, roots);
	ret = kpm_folder_lock(&folder, roots, false, err);
	if (ret == -ENOTSUP || ret == -ENOENT) /* nowhere to pin: nothing pinned */
		return 0;
	if (ret)
		return ret;
	fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		*were = true;
		tell_readers(fd);
		count = list_programs(fd, ids);
		close(fd);
		/* `old` may be there from a stop that was killed */
		ret = kpm_folder_remove(folder.old);
		if (!ret && rename(folder.path, folder.old))
			ret = -errno;
		if (ret)
			kpm_fail(err, ret, "remove %.300s: %s; run as root", folder.path,
				 strerror(-ret));
	} else if (errno != ENOENT) {
		ret = kpm_fail(err, -errno, "open %.300s: %s; run as root", folder.path,
			       strerror(errno));
	}
	if (!ret)
		ret = remove_leftovers(&folder, err);
	if (!ret)
		await_end(ids, count);
	kpm_folder_unlock(&folder);
	return ret;
}

uint32_t kpm_pins_layout(void)
{
	return KPM_ABI_VERSION;
}

bool kpm_pins_exist(const struct kpm_roots *roots)
{
	struct kpm_folder folder;

	kpm_folder_find(&folder, roots);
	return !access(folder.path, F_OK);
}
