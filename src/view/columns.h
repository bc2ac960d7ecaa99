/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns: one row each with a getter, which serves table, CSV, JSON, order and help. */
#ifndef KPM_COLUMNS_H
#define KPM_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/cells.h"
#include "view/frame.h"

struct kpm_column {
	const char *name;  /* in CSV, JSON and on the command line */
	const char *title; /* in the table */
	enum kpm_unit unit;
	bool right;         /* aligned to the right */
	bool falling;       /* greatest first is the natural order */
	bool sample;        /* the same in all rows of a sample */
	bool who;           /* needs to know who is behind the tags */
	unsigned int needs; /* enum kpm_location_part: parts of a location that it shows */
	const char *change; /* name of the column with this one's change, or NULL */
	const char *help;
	void (*get)(const struct kpm_frame *frame, const struct kpm_row *row,
		    struct kpm_cell *cell);
};

/* Columns of the table and of the console by default: poolmon's, with module and cache. */
#define KPM_USUAL_COLUMNS "tag,type,allocs,frees,diff,bytes,per_alloc,module,cache"

/* The columns of a roll-up: of a table, and of the machine formats. */
const char *kpm_group_columns(enum kpm_rollup_by by, bool machine);

extern const struct kpm_column kpm_columns[];
extern const size_t kpm_column_count;

/* The value of a column in a row of a frame. */
void kpm_column_get(const struct kpm_column *column, const struct kpm_frame *frame,
		    const struct kpm_row *row, struct kpm_cell *cell);

#endif
