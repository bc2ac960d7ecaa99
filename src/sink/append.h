/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds a text to the end of a file that several processes write to. */
#ifndef KPM_APPEND_H
#define KPM_APPEND_H

#include <stddef.h>

#include "base/error.h"

/*
 * Adds to the end of `file`, under a lock: `head` first if the file is empty; otherwise it must
 * begin with it. A torn rest of an append that crashed is cut off before. On failure the file is
 * as it was, but for that rest.
 */
int kpm_append_file(const char *file, const char *head, const char *text, size_t size,
		    struct kpm_err *err);

/* Checks that kpm_append_file() would succeed. 0, or -errno and a sentence. */
int kpm_append_check(const char *file, const char *head, struct kpm_err *err);

#endif
