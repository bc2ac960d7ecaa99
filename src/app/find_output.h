/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What find found, and how it is written. */
#ifndef KPM_FINDINGS_H
#define KPM_FINDINGS_H

#include <stdio.h>

#include "resolve/search.h"

/* Of one NAME. */
struct kpm_findings {
	const char *name;
	struct kpm_hit *hits;
	size_t count;
	size_t shown; /* the first so many of them */
	char **merged;
};

struct kpm_report {
	const char *release; /* NULL: a folder of modules without one */
	const struct kpm_index *index;
	size_t files;
	struct kpm_findings *findings;
	size_t count;
};

/* 0 or -ENOMEM. */
int kpm_findings_table(FILE *out, const struct kpm_report *report);
int kpm_findings_json(FILE *out, const struct kpm_report *report);

#endif
