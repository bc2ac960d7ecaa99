/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers shared by output.c and append.c. */
#ifndef KPM_WRITE_H
#define KPM_WRITE_H

#include <stddef.h>

#include "base/error.h"

/* Writes all of it, also to a pipe that does not block. 0 or -errno. */
int kpm_write_all(int fd, const char *text, size_t size);

/* The sentence for a failed write, with a hint. Returns `code`. */
int kpm_write_failed(const char *file, int code, struct kpm_err *err);

#endif
