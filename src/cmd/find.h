/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kpoolmon find: which files of a kernel know a name. */
#ifndef KPOOLMON_FIND_H
#define KPOOLMON_FIND_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/options.h"

/*
 * Searches and writes to standard output. `warn` gets a sentence for each file that could not be
 * read. 0 or -errno and a sentence; -EPIPE as for dump; -EINVAL: the user's mistake. *found: was
 * there anything?
 */
int kpm_find(const struct kpm_options *options, void (*warn)(const char *text), bool *found,
	     struct kpm_err *err);

#endif
