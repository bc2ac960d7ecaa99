// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes standard output and whole files. Files come into being complete, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/output.h"
#include "sink/write.h"

int kpm_write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t done = write(fd, text, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN) {
			/* a pipe that its owner made non-blocking */
			poll(&(struct pollfd){fd, POLLOUT, 0}, 1, -1);
			continue;
		}
		if (done < 0)
			return -errno;
		text += done;
		size -= done;
	}
	return 0;
}

int kpm_write_failed(const char *file, int code, struct kpm_err *err)
{
	const char *way_out = "";

	if (code == -ENOSPC || code == -EDQUOT)
		way_out = "; make room there or name a file on another disk";
	else if (code == -EACCES || code == -EPERM || code == -EROFS)
		way_out = "; name a file that you may write";
	else if (code == -ENOENT || code == -ENOTDIR || code == -EISDIR)
		way_out = "; name a file in a directory that exists";
	return kpm_fail(err, code, "write %.300s: %s%s", file, strerror(-code), way_out);
}

int kpm_write_stdout(const char *text, size_t size, struct kpm_err *err)
{
	int ret = kpm_write_all(STDOUT_FILENO, text, size);

	return ret ? kpm_write_failed("standard output", ret, err) : 0;
}

/*
 * What is to be replaced: links are followed, so that they go on pointing there; but for those that
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
static int special(const char *file)
{
	struct stat st;

	return !stat(file, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* Opens a temporary file beside `file`, with the mode that `file` has or would get. */
static int open_temporary(const char *file, char *name, size_t size)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	mode_t mask = umask(0);
	struct stat st;
	int fd;

	umask(mask);
	if (!*base || (!stat(file, &st) && S_ISDIR(st.st_mode)))
		return -EISDIR;
	if (snprintf(name, size, "%.*s.%.200s.XXXXXX", (int)(base - file), file, base) >= (int)size)
		return -ENAMETOOLONG;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, stat(file, &st) ? 0666 & ~mask : st.st_mode & 07777)) {
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

int kpm_write_file(const char *file, const char *text, size_t size, struct kpm_err *err)
{
	char path[PATH_MAX], name[PATH_MAX];
	const char *to = file;
	int fd, ret = find_target(file, path, &to);

	if (ret)
		return kpm_write_failed(file, ret, err);
	if (special(to))
		return write_special(to, text, size, err);
	fd = open_temporary(to, name, sizeof(name));
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
	fd = open_temporary(to, name, sizeof(name));
	if (fd < 0)
		return kpm_write_failed(file, fd, err);
	unlink(name);
	close(fd);
	return 0;
}
