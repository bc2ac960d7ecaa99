/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of kpoolmon diff: two data sets row by row. */
#ifndef KPM_DIFF_OUTPUT_H
#define KPM_DIFF_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/dataset.h"
#include "sink/sink.h"

struct kpm_compared_row {
	const struct kpm_dataset_row *a, *b; /* NULL: not there */
	int64_t bytes, diff;                 /* b minus a */
};

struct kpm_compared {
	struct kpm_dataset a, b;
	bool same_run;   /* the counters of b go on from those of a */
	double seconds;  /* between them; 0: not known */
	uint64_t per_op; /* 0: not asked for */
	struct kpm_compared_row *rows;
	uint32_t count;
};

/* Writes a table, CSV or JSON. 0 or -ENOMEM. */
int kpm_compared_write(FILE *out, const struct kpm_compared *compared, enum kpm_format format,
		       bool exact);

#endif
