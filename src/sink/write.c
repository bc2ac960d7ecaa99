// SPDX-License-Identifier: GPL-2.0-or-later
/* Helpers shared by output.c and append.c. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

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
	const char *hint = "";

	if (code == -ENOSPC || code == -EDQUOT)
		hint = "; make room there or name a file on another disk";
	else if (code == -EACCES || code == -EPERM || code == -EROFS)
		hint = "; name a file that you may write";
	else if (code == -ENOENT || code == -ENOTDIR || code == -EISDIR)
		hint = "; name a file in a directory that exists";
	return kpm_fail(err, code, "write %.300s: %s%s", file, strerror(-code), hint);
}
