/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the words of many files by workers, and hands each file's words over in the end. */
#ifndef KPM_RESOLVE_GATHER_H
#define KPM_RESOLVE_GATHER_H

#include "base/error.h"
#include "resolve/index.h"

/* One file's words. */
struct kpm_words {
	const char *data;                             /* the four areas, one behind the other */
	uint64_t functions, created, strings, others; /* bytes of each; 0 if it could not be read */
	uint32_t flags;
	const char *note; /* what went wrong; empty: nothing */
};

struct kpm_gather_opts {
	const struct kpm_source_file *files;
	const size_t *which; /* [count] files to read, the order is kept */
	size_t count;
	unsigned int workers;
	int64_t patience_ns;
	size_t file_max;
	/* Takes what was read of a file; called in any order. 0 or -errno, which ends it. */
	int (*take)(void *arg, size_t file, const struct kpm_words *words);
	void (*progress)(void *arg, size_t done, size_t count);
	void *arg, *progress_arg;
};

int kpm_gather(const struct kpm_gather_opts *opts, struct kpm_err *err);

#endif
