/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Common to the ways of writing. */
#ifndef KPM_WRITE_H
#define KPM_WRITE_H

#include <stddef.h>

#include "base/error.h"

/* 0 or -errno. */
int kpm_write_all(int fd, const char *text, size_t size);

/* The sentence for a failed write, with the way out. Returns `code`. */
int kpm_write_failed(const char *file, int code, struct kpm_err *err);

#endif
