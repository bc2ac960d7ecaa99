/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decompresses xz, zstd and gzip streams, the formats that module files are installed in. */
#ifndef KPM_UNPACK_H
#define KPM_UNPACK_H

#include <stddef.h>

#include "base/error.h"
#include "resolve/buffer.h"

enum kpm_packing { KPM_PLAIN, KPM_XZ, KPM_ZSTD, KPM_GZIP };

/* Recognizes the format by the first bytes; KPM_PLAIN if they are of none of these formats. */
enum kpm_packing kpm_packing_of(const void *data, size_t size);

/*
 * Unpacks the stream at the start of `data` into `out`, replacing its content. 0, or -errno and a
 * sentence about `name`: -EFBIG if the result exceeds out->max, -EBADMSG if the stream is damaged,
 * -EOPNOTSUPP for KPM_PLAIN, -ENOMEM.
 */
int kpm_unpack(enum kpm_packing packing, const void *data, size_t size, struct kpm_buffer *out,
	       const char *name, struct kpm_err *err);

#endif
