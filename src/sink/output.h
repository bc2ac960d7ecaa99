/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a sample goes: standard output, a file as a whole, or the end of a file. */
#ifndef KPOOLMON_OUTPUT_H
#define KPOOLMON_OUTPUT_H

#include <stddef.h>

#include "base/error.h"

/* Standard output. -EPIPE if nobody reads it any more. */
int kpm_write_stdout(const char *text, size_t size, struct kpm_err *err);

/*
 * Makes `file` anew: a temporary file beside it takes its place once it is complete. What is no
 * regular file (a device, a pipe) is written to as it is. On failure the file is what it was.
 */
int kpm_write_file(const char *file, const char *text, size_t size, struct kpm_err *err);

/* Could that be done? To know it before the counting. */
int kpm_write_check(const char *file, struct kpm_err *err);

/*
 * Adds to the end of `file`, under a lock: `head` first if the file is empty; otherwise it must
 * begin with it. What a crash left of an earlier append is cut off before. On failure the file is
 * what it was, but for that.
 */
int kpm_append_file(const char *file, const char *head, const char *text, size_t size,
		    struct kpm_err *err);

/* Could that be done, and does the file begin with `head`, if it is not empty? */
int kpm_append_check(const char *file, const char *head, struct kpm_err *err);

#endif
