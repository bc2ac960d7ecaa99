// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adds samples to the end of a file that many write to and that must live for years.
 *
 * An append is all or nothing: before it writes, a symbolic link `.NAME.kpoolmon` is made beside
 * the file whose target is a note, `OLD-SIZE NEW-SIZE INODE`. A link comes into being at once and
 * whole and needs no room on a full disk. The next append finds the note that a crash left and
 * cuts off what was written behind the old size. Where no note can be made, only a torn last
 * line is recognized and cut off.
 *
 * The lock is flock(2) on the file itself, so that it cannot outlive anybody. Whoever gets it
 * looks whether the name still is that file: logrotate may have moved it meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/append.h"
#include "sink/output.h"
#include "sink/write.h"

struct note {
	char path[PATH_MAX];
	bool made;
};

static void note_path(const char *file, struct note *note)
{
	char real[PATH_MAX];
	const char *name = realpath(file, real) ? real : file;
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	int len = snprintf(note->path, sizeof(note->path), "%.*s.%s.kpoolmon", (int)(base - name),
			   name, base);

	note->made = false;
	if (len >= (int)sizeof(note->path))
		note->path[0] = '\0'; /* cannot be made: does without */
}

static void note_make(struct note *note, off_t old, size_t size, ino_t inode)
{
	char text[100];

	snprintf(text, sizeof(text), "%jd %jd %ju", (intmax_t)old, (intmax_t)(old + size),
		 (uintmax_t)inode);
	note->made = !symlink(text, note->path);
}

static void note_remove(struct note *note)
{
	if (note->made)
		unlink(note->path);
	note->made = false;
}

/* The size to which the note of a crashed append cuts the file; -1: nothing to cut. */
static off_t note_read(const struct note *note, const struct stat *st)
{
	intmax_t old, wanted;
	uintmax_t inode;
	char text[100];
	ssize_t len = readlink(note->path, text, sizeof(text) - 1);

	if (len < 0)
		return -1;
	text[len] = '\0';
	if (sscanf(text, "%jd %jd %ju", &old, &wanted, &inode) != 3 || inode != st->st_ino ||
	    old < 0 || st->st_size <= old || st->st_size >= wanted)
		return -1;
	return old;
}

/* Where the last whole line ends. */
static int last_line_end(int fd, off_t size, off_t *end)
{
	char block[4096];

	while (size) {
		size_t n = size % sizeof(block) ? size % sizeof(block) : sizeof(block);
		const char *nl;

		if (pread(fd, block, n, size - n) != (ssize_t)n)
			return -EIO;
		nl = memrchr(block, '\n', n);
		if (nl) {
			*end = size - n + (nl - block) + 1;
			return 0;
		}
		size -= n;
	}
	*end = 0;
	return 0;
}

/* Cuts off what a crash left behind. */
static int repair(int fd, struct note *note, off_t *size)
{
	struct stat st;
	off_t end;
	int ret;

	if (fstat(fd, &st))
		return -errno;
	end = note_read(note, &st);
	if (end < 0) {
		ret = last_line_end(fd, st.st_size, &end);
		if (ret)
			return ret;
	}
	if (end < st.st_size && ftruncate(fd, end))
		return -errno;
	unlink(note->path);
	*size = end;
	return 0;
}

/* Opens and locks the file that has the name now. */
static int open_locked(const char *file, int flags)
{
	struct stat mine, named;

	for (;;) {
		int fd = open(file, flags | O_CLOEXEC | O_NOCTTY, 0666);

		if (fd < 0)
			return -errno;
		if (fstat(fd, &mine) || (!S_ISREG(mine.st_mode) && (errno = ESPIPE)) ||
		    flock(fd, LOCK_EX)) {
			int code = -errno;

			close(fd);
			return code;
		}
		if (!fstat(fd, &mine) && !stat(file, &named) && mine.st_ino == named.st_ino &&
		    mine.st_dev == named.st_dev)
			return fd;
		close(fd); /* rotated meanwhile */
	}
}

/* Does the file, which is not empty, begin with `head`, or is all of it the beginning of it? */
static bool same_head(int fd, const char *head)
{
	size_t len = strlen(head);
	char *begin = malloc(len + 1);
	ssize_t got;
	bool same;

	if (!begin)
		return false;
	got = pread(fd, begin, len, 0);
	same = got > 0 && !memcmp(begin, head, got);
	free(begin);
	return same;
}

/* A file of JSON Lines has no head, but it does not begin like anything. */
static bool fits(int fd, const char *head)
{
	char first;

	if (*head)
		return same_head(fd, head);
	return pread(fd, &first, 1, 0) == 1 && first == '{';
}

static int failed(const char *file, int code, struct kpm_err *err)
{
	if (code == -ESPIPE)
		return kpm_fail(err, code,
				"append to %.300s: it is no regular file; leave out "
				"--append",
				file);
	return kpm_write_failed(file, code, err);
}

static int other_columns(const char *file, struct kpm_err *err)
{
	return kpm_fail(err, -EEXIST,
			"append to %.300s: it has other columns or another format; "
			"give the --columns and --format that it was made with, or name another "
			"file",
			file);
}

/* Writes head and text at `size`. On failure the file is cut back. */
static int write_end(int fd, off_t size, const char *head, const char *text, size_t len)
{
	size_t head_len = size ? 0 : strlen(head);
	int ret = lseek(fd, size, SEEK_SET) < 0 ? -errno : 0;

	if (!ret)
		ret = kpm_write_all(fd, head, head_len);
	if (!ret)
		ret = kpm_write_all(fd, text, len);
	/* some file systems find out that the disk is full when they come to write */
	if (!ret && fsync(fd))
		ret = -errno;
	if (ret && ftruncate(fd, size))
		ret = -errno;
	return ret;
}

int kpm_append_file(const char *file, const char *head, const char *text, size_t len,
		    struct kpm_err *err)
{
	int fd = open_locked(file, O_RDWR | O_CREAT), ret;
	struct note note;
	struct stat st;
	off_t size = 0;

	if (fd < 0)
		return failed(file, fd, err);
	note_path(file, &note);
	ret = repair(fd, &note, &size);
	if (!ret && size && !fits(fd, head)) {
		close(fd);
		return other_columns(file, err);
	}
	if (!ret && !fstat(fd, &st)) {
		note_make(&note, size, len + (size ? 0 : strlen(head)), st.st_ino);
		ret = write_end(fd, size, head, text, len);
		note_remove(&note);
	}
	/* closing gives the lock back */
	if (close(fd) && !ret)
		ret = -errno;
	return ret ? failed(file, ret, err) : 0;
}

int kpm_append_check(const char *file, const char *head, struct kpm_err *err)
{
	int fd = open(file, O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int ret = 0;

	if (fd < 0 && errno == ENOENT)
		return kpm_write_check(file, err);
	if (fd < 0)
		return failed(file, -errno, err);
	if (fstat(fd, &st))
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		ret = -ESPIPE;
	if (ret)
		failed(file, ret, err);
	else if (st.st_size && !fits(fd, head))
		ret = other_columns(file, err);
	close(fd);
	return ret;
}
