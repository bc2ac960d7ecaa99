/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two data sets side by side, and how they are written. */
#ifndef KPM_COMPARED_H
#define KPM_COMPARED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/dataset.h"
#include "sink/sink.h"

struct kpm_compared_row {
	const struct kpm_dataset_row *a, *b; /* NULL: not there */
	int64_t bytes, diff;                 /* b less a */
};

struct kpm_compared {
	struct kpm_dataset a, b;
	bool same_run;   /* the counters of b go on from those of a */
	double seconds;  /* between them; 0: not known */
	uint64_t per_op; /* 0: not asked for */
	struct kpm_compared_row *rows;
	uint32_t count;
};

/* 0 or -ENOMEM. `sink`: table, csv or json. */
int kpm_compared_write(FILE *out, const struct kpm_compared *compared, const struct kpm_sink *sink,
		       bool exact);

#endif
