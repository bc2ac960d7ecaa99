/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in memory, unpacked if it is compressed. The size is bounded: a small file that unpacks to
 * gigabytes is refused. Used in worker processes only.
 */
#ifndef KPM_IMAGE_H
#define KPM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "resolve/buffer.h"

struct kpm_image {
	const char *data;
	size_t size;
	bool unpacked; /* it is in the buffer; else it is the file itself, mapped */
	struct kpm_buffer *buffer;
};

/*
 * Maps a regular file, or unpacks it into `buf`. 0, or -errno and a sentence. A file that is
 * truncated while it is mapped may end the process with SIGBUS.
 */
int kpm_image_open(const char *path, struct kpm_buffer *buf, struct kpm_image *image,
		   struct kpm_err *err);
void kpm_image_close(struct kpm_image *image);

/*
 * Replaces a bootable image (vmlinuz), which must not be in `buf`, by the kernel in it, unpacked
 * into `buf`. 0, or -EBADMSG and a sentence.
 */
int kpm_image_kernel(struct kpm_image *image, struct kpm_buffer *buf, const char *path,
		     struct kpm_err *err);

#endif
