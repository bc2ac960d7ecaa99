/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a text as a whole: to standard output, or as a file that appears complete or not at all.
 */
#ifndef KPM_OUTPUT_H
#define KPM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"

/* Modes of new files, before the umask. Addresses of the kernel are for the owner alone. */
#define KPM_MODE_SHARED  0666
#define KPM_MODE_PRIVATE 0600

/* Standard output. -EPIPE if nobody reads it any more. */
int kpm_write_stdout(const char *text, size_t size, struct kpm_err *err);

/*
 * Replaces `file`: a temporary file beside it takes its place once it is complete. A file that was
 * there keeps its mode, but for the rights of others if `mode` has none; a new one gets `mode`.
 * Devices and pipes are written to as they are. On failure the file is as it was.
 */
int kpm_write_file(const char *file, const char *text, size_t size, mode_t mode,
		   struct kpm_err *err);

/* Checks, before the counting, that kpm_write_file() would succeed. 0, or -errno and a sentence. */
int kpm_write_check(const char *file, struct kpm_err *err);

/*
 * Has `write` make a text in memory and writes it to `file`, or to standard output if that is NULL.
 * `write` returns 0 or -ENOMEM. 0, or -errno and a sentence.
 */
int kpm_print(const char *file, int (*write)(FILE *out, const void *arg), const void *arg,
	      struct kpm_err *err);

#endif
