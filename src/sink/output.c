// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes standard output and whole files. Files come into being complete, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memstream.h"
#include "sink/output.h"
#include "sink/write.h"

int kpm_write_stdout(const char *text, size_t size, struct kpm_err *err)
{
	int ret = kpm_write_all(STDOUT_FILENO, text, size);

	return ret ? kpm_write_failed("standard output", ret, err) : 0;
}

/*
 * The file to replace: links are followed, so that they go on pointing there; but for those that
 * the kernel does not follow for us, as others' in /tmp (fs.protected_symlinks).
 */
static int find_target(const char *file, char *buf, const char **target)
{
	struct stat st;

	if (stat(file, &st) && errno != ENOENT)
		return -errno;
	*target = realpath(file, buf) ? buf : file;
	return 0;
}

/* A device or a pipe cannot be replaced. */
static bool special(const char *file)
{
	struct stat st;

	return !stat(file, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* Makes a file `.BASE.RANDOM` in the folder that is the first `folder` bytes of `file`. */
static int open_new(const char *file, int folder, const char *base, mode_t mode, char *name,
		    size_t size)
{
	uint64_t random;
	int fd;

	do {
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -errno;
		if (snprintf(name, size, "%.*s.%.200s.%016" PRIx64, folder, file, base, random) >=
		    (int)size)
			return -ENAMETOOLONG;
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	} while (fd < 0 && errno == EEXIST);
	return fd < 0 ? -errno : fd;
}

/* Opens a temporary file beside `file`, with the mode that `file` has or will get. */
static int open_temporary(const char *file, mode_t mode, char *name, size_t size)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	struct stat st;
	bool there = !stat(file, &st);
	int fd;

	if (!*base || (there && S_ISDIR(st.st_mode)))
		return -EISDIR;
	fd = open_new(file, (int)(base - file), base, mode, name, size);
	if (fd < 0)
		return fd;
	if (there && fchmod(fd, st.st_mode & (mode & 077 ? 07777 : 07700))) {
		int code = -errno;

		unlink(name);
		close(fd);
		return code;
	}
	return fd;
}

static int write_special(const char *file, const char *text, size_t size, struct kpm_err *err)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY), ret;

	if (fd < 0)
		return kpm_write_failed(file, -errno, err);
	ret = kpm_write_all(fd, text, size);
	if (close(fd) && !ret)
		ret = -errno;
	return ret ? kpm_write_failed(file, ret, err) : 0;
}

int kpm_write_file(const char *file, const char *text, size_t size, mode_t mode,
		   struct kpm_err *err)
{
	char path[PATH_MAX], name[PATH_MAX];
	const char *to = file;
	int fd, ret = find_target(file, path, &to);

	if (ret)
		return kpm_write_failed(file, ret, err);
	if (special(to))
		return write_special(to, text, size, err);
	fd = open_temporary(to, mode, name, sizeof(name));
	if (fd < 0)
		return kpm_write_failed(file, fd, err);
	ret = kpm_write_all(fd, text, size);
	/* else a power cut could leave the new name with nothing behind it */
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(name, to))
		ret = -errno;
	if (!ret)
		return 0;
	unlink(name);
	return kpm_write_failed(file, ret, err);
}

int kpm_write_check(const char *file, struct kpm_err *err)
{
	char path[PATH_MAX], name[PATH_MAX];
	const char *to = file;
	int fd = find_target(file, path, &to);

	if (fd)
		return kpm_write_failed(file, fd, err);
	if (special(to))
		return access(to, W_OK) ? kpm_write_failed(file, -errno, err) : 0;
	fd = open_temporary(to, KPM_MODE_PRIVATE, name, sizeof(name));
	if (fd < 0)
		return kpm_write_failed(file, fd, err);
	unlink(name);
	close(fd);
	return 0;
}

int kpm_print(const char *file, int (*write)(FILE *out, const void *arg), const void *arg,
	      struct kpm_err *err)
{
	struct kpm_memstream m;
	int ret = kpm_memstream_open(&m, err);

	if (!ret)
		ret = kpm_memstream_close(&m, write(m.stream, arg), err);
	if (ret)
		return ret;
	ret = file ? kpm_write_file(file, m.text, m.size, KPM_MODE_SHARED, err)
		   : kpm_write_stdout(m.text, m.size, err);
	free(m.text);
	return ret;
}
