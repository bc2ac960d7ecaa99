// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tracepoint's number is in tracefs, events/GROUP/NAME/id: one line, decimal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/classic.h"

/* The root of a tracefs that is mounted nowhere, or -1. */
static int open_tracefs(void)
{
	int context = fsopen("tracefs", FSOPEN_CLOEXEC), root = -1;

	if (context < 0)
		return -1;
	if (!fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		root = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	close(context);
	return root;
}

static int read_id(int folder, const char *event)
{
	char path[128], text[32];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "events/kmem/%s/id", event);
	fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -EIO;
	text[len] = '\0';
	return atoi(text);
}

/* The number of a tracepoint, or -errno. */
static int find_id(const struct kpm_roots *roots, const char *event)
{
	char path[4096];
	int folder, id;

	folder = open(kpm_path(roots, KPM_FILE_TRACEFS, path, sizeof(path)),
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	id = folder < 0 ? -errno : read_id(folder, event);
	if (folder >= 0)
		close(folder);
	if (id != -ENOENT)
		return id;
	folder = open_tracefs();
	if (folder < 0)
		return -ENOENT;
	id = read_id(folder, event);
	close(folder);
	return id;
}

int kpm_classic_open(const struct kpm_roots *roots, const char *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.disabled = 1,
	};
	int id = find_id(roots, event);
	long fd;

	if (id < 0)
		return id;
	attr.config = id;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

struct bpf_link *kpm_classic_attach(struct bpf_program *program, const struct kpm_roots *roots,
				    const char *event)
{
	int fd = kpm_classic_open(roots, event), code;
	struct bpf_link *link;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	link = bpf_program__attach_perf_event(program, fd);
	if (link) {
		ioctl(fd, PERF_EVENT_IOC_DISABLE, 0); /* libbpf has enabled it */
		return link;
	}
	code = errno;
	close(fd);
	errno = code;
	return NULL;
}
