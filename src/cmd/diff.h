/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command that compares two samples. */
#ifndef KPOOLMON_DIFF_H
#define KPOOLMON_DIFF_H

#include "base/error.h"
#include "cli/options.h"

/*
 * Compares options->words[0] with words[1] and writes what grew, most first. `warn` gets sentences
 * about what makes the two hard to compare. 0, or -errno and a sentence.
 */
int kpm_diff(const struct kpm_options *options, void (*warn)(const char *text),
	     struct kpm_err *err);

#endif
