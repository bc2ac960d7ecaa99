// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The folder in the bpf file system. Books are made in a fresh one beside it, which a rename
 * publishes, and are renamed again before they are taken apart: there are all of them or none.
 * Names in that file system have no dot. Who changes something holds a lock on the folder above,
 * so that what stands beside is what a crash left.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/folder.h"

#define BPF_FS_MAGIC 0xcafe4a11
/*
 * The wait for another start or stop, 15 s in all. A start takes less than a second, but a stop or
 * start of a loaded machine may hold the lock for some.
 */
#define LOCK_STEP_NS 20000000
#define LOCK_STEPS   750

void kpm_folder_find(struct kpm_folder *f, const struct kpm_roots *roots)
{
	size_t len;

	kpm_path(roots, KPM_FILE_PINS, f->path, sizeof(f->path));
	len = strlen(f->path);
	while (len > 1 && f->path[len - 1] == '/')
		f->path[--len] = '\0';
	snprintf(f->fresh, sizeof(f->fresh), "%s_new", f->path);
	snprintf(f->old, sizeof(f->old), "%s_old", f->path);
	f->lock = -1;
}

static bool is_bpf_fs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (uint32_t)fs.f_type == BPF_FS_MAGIC;
}

static void above(const struct kpm_folder *f, char *buf, size_t size)
{
	const char *slash = strrchr(f->path, '/');

	if (!slash)
		snprintf(buf, size, ".");
	else
		snprintf(buf, size, "%.*s", slash == f->path ? 1 : (int)(slash - f->path), f->path);
}

/* Makes sure that the folder above is on a bpf file system. */
static int need_bpf_fs(const struct kpm_roots *roots, const char *parent, bool may_mount,
		       struct kpm_err *err)
{
	char usual[4096];

	if (is_bpf_fs(parent))
		return 0;
	kpm_path(roots, KPM_FILE_BPF_FS, usual, sizeof(usual));
	if (may_mount && !strcmp(parent, usual) &&
	    !mount("bpf", parent, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return 0;
	return kpm_fail(
		err, -ENOTSUP,
		"%.200s is on no bpf file system; mount one: mount -t bpf -o mode=0700 bpf %.200s",
		parent, parent);
}

int kpm_folder_lock(struct kpm_folder *f, const struct kpm_roots *roots, bool may_mount,
		    struct kpm_err *err)
{
	const struct timespec step = {.tv_nsec = LOCK_STEP_NS};
	char parent[3072];
	int ret;

	above(f, parent, sizeof(parent));
	ret = need_bpf_fs(roots, parent, may_mount, err);
	if (ret)
		return ret;
	f->lock = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->lock < 0)
		return kpm_fail(err, -errno, "open %.200s: %s; run as root", parent,
				strerror(errno));
	for (int i = 0; flock(f->lock, LOCK_EX | LOCK_NB); i++) {
		if (errno == EWOULDBLOCK && i < LOCK_STEPS) {
			nanosleep(&step, NULL);
			continue;
		}
		ret = kpm_fail(err, -errno,
			       "lock %.200s: another kpoolmon start or stop has held it for 15 "
			       "seconds; see what it does, or end it",
			       parent);
		kpm_folder_unlock(f);
		return ret;
	}
	return 0;
}

void kpm_folder_unlock(struct kpm_folder *f)
{
	if (f->lock >= 0)
		close(f->lock);
	f->lock = -1;
}

int kpm_folder_remove(const char *path)
{
	/* others may put links where they may write */
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), ret = 0;
	const struct dirent *entry;
	DIR *dir;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ENOTDIR)
		return unlink(path) ? -errno : 0;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (!ret && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) && errno != ENOENT)
			ret = -errno;
	}
	closedir(dir);
	return ret ? ret : rmdir(path) ? -errno : 0;
}

const char *kpm_folder_file(int fd, const char *name, char *buf, size_t size)
{
	char files[256];

	kpm_path(NULL, KPM_FILE_SELF_FD, files, sizeof(files));
	snprintf(buf, size, "%s/%d/%s", files, fd, name);
	return buf;
}

int kpm_folder_about(int fd, struct kpm_about *about)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info), zero = 0;
	char path[512], *value;
	int map, ret = 0;

	memset(about, 0, sizeof(*about));
	map = bpf_obj_get(kpm_folder_file(fd, "about", path, sizeof(path)));
	if (map < 0)
		return -errno;
	/* another version's may be larger or smaller: its beginning is the same */
	if (bpf_obj_get_info_by_fd(map, &info, &len))
		ret = -errno;
	value = ret ? NULL : calloc(1, info.value_size + sizeof(*about));
	if (!ret && !value)
		ret = -ENOMEM;
	if (!ret && bpf_map_lookup_elem(map, &zero, value))
		ret = -errno;
	if (!ret)
		memcpy(about, value, sizeof(*about));
	about->version[KPM_ABOUT_VERSION_LEN - 1] = '\0';
	free(value);
	close(map);
	return ret;
}
