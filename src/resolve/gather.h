/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the words of many files in workers, and hands over the words of each file as they come. */
#ifndef KPM_RESOLVE_GATHER_H
#define KPM_RESOLVE_GATHER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "resolve/index.h"

/* The words of one file. */
struct kpm_words {
	const char *data;                             /* the four areas, one behind the other */
	uint64_t functions, created, strings, others; /* bytes of each; 0 if it could not be read */
	uint32_t flags;                               /* KPM_ENTRY_* */
	const char *note;                             /* why it could not be read; empty: it was */
};

struct kpm_gather_opts {
	const struct kpm_source_file *files;
	const size_t *which; /* [count] files to read, in this order */
	size_t count;
	unsigned int workers;
	int64_t timeout_ns; /* for one file */
	size_t file_max;    /* bytes of an unpacked file */
	/* Takes the words of a file; called in any order. 0, or -errno, which ends it all. */
	int (*take)(void *arg, size_t file, const struct kpm_words *words);
	void (*progress)(void *arg, size_t done, size_t count); /* or NULL */
	void *arg, *progress_arg;
};

/* A file that cannot be read is taken, too, with a note. 0, or -errno and a sentence. */
int kpm_gather(const struct kpm_gather_opts *opts, struct kpm_err *err);

#endif
