// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The folder for indexes. Somebody who could write there could make the search tell lies, and
 * with a link there could make root write elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolve/index_cache.h"

#define CACHE_OF_ROOT "/var/cache"

static bool usual_folder(char *buf, size_t size)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (xdg && *xdg == '/') {
		snprintf(buf, size, "%s/kpoolmon", xdg);
	} else if (!geteuid()) {
		snprintf(buf, size, CACHE_OF_ROOT "/kpoolmon");
	} else if (home && *home == '/') {
		snprintf(buf, size, "%s/.cache/kpoolmon", home);
	} else {
		return false;
	}
	return true;
}

/* Makes a folder and those above it that are not there, as the XDG base directories ask for. */
static int make_folders(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) && errno != EEXIST) {
			*p = '/';
			return -errno;
		}
		*p = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

int kpm_cache_open(const char *dir, struct kpm_err *err)
{
	char path[4096];
	struct stat st;
	int fd, ret;

	if (dir)
		snprintf(path, sizeof(path), "%s", dir);
	else if (!usual_folder(path, sizeof(path)))
		return kpm_fail(err, -ENOENT, "no folder for the index; set XDG_CACHE_HOME");
	dir = path;
	ret = make_folders(path);
	if (ret)
		return kpm_fail(err, ret,
				"no index is kept: make %.300s: %s; set XDG_CACHE_HOME to another",
				dir, strerror(-ret));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return kpm_fail(err, -errno, "no index is kept: open %.300s: %s", dir,
				strerror(errno));
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 077))
		return fd;
	close(fd);
	return kpm_fail(err, -EPERM,
			"no index is kept: %.300s is not ours alone; remove it or make it our "
			"own with mode 700",
			dir);
}
