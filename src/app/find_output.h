/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of kpoolmon find: for each NAME the files that know it. */
#ifndef KPM_FIND_OUTPUT_H
#define KPM_FIND_OUTPUT_H

#include <stdio.h>

#include "resolve/search.h"

/* Of one NAME. */
struct kpm_found_files {
	const char *name;
	struct kpm_hit *hits;
	size_t count;
	size_t shown; /* how many of them to write */
	char **merged;
};

struct kpm_find_output {
	const char *release; /* NULL: a folder of modules without one */
	const struct kpm_index *index;
	size_t files;
	struct kpm_found_files *names;
	size_t count;
};

/* Write a struct kpm_find_output, for kpm_print(). 0 or -ENOMEM. */
int kpm_find_table(FILE *out, const void *output);
int kpm_find_json(FILE *out, const void *output);

#endif
