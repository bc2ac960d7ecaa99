/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in memory, unpacked if it is compressed. What comes out is bounded: a small file that
 * unpacks to gigabytes is refused. Used in worker processes only.
 */
#ifndef KPOOLMON_IMAGE_H
#define KPOOLMON_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Memory that grows to a bound and is used again for the next file. */
struct kpm_buffer {
	char *data;
	size_t size;     /* in use */
	size_t capacity; /* mapped */
	size_t max;
};

void kpm_buffer_init(struct kpm_buffer *buf, size_t max);
void kpm_buffer_done(struct kpm_buffer *buf);
/* Makes room for at least `more` bytes behind `size`. 0, -EFBIG beyond max, -ENOMEM. */
int kpm_buffer_room(struct kpm_buffer *buf, size_t more);

enum kpm_packing { KPM_PLAIN, KPM_XZ, KPM_ZSTD, KPM_GZIP };

/* What a file is, by its first bytes. */
enum kpm_packing kpm_packing_of(const void *data, size_t size);

/*
 * Unpacks the stream at the start of `data` into `out`, whose content it replaces. 0, or -errno and
 * a sentence about `name`: -EFBIG larger than out->max, -EBADMSG broken, -EOPNOTSUPP.
 */
int kpm_unpack(enum kpm_packing packing, const void *data, size_t size, struct kpm_buffer *out,
	       const char *name, struct kpm_err *err);

struct kpm_image {
	const char *data;
	size_t size;
	bool unpacked; /* it is in the buffer; else it is the file itself, mapped */
	struct kpm_buffer *buffer;
};

/*
 * Reads a regular file, with `buf` for what is unpacked. 0, or -errno and a sentence. A file that
 * is cut while it is read may end the process with SIGBUS.
 */
int kpm_image_open(const char *path, struct kpm_buffer *buf, struct kpm_image *image,
		   struct kpm_err *err);
void kpm_image_close(struct kpm_image *image);

/* The kernel that a bootable image (vmlinuz) carries, unpacked; in place of the image. */
int kpm_image_kernel(struct kpm_image *image, struct kpm_buffer *buf, const char *path,
		     struct kpm_err *err);

#endif
