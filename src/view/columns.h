/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns: one table with a getter each, which serves table, CSV, JSON, order and help.
 * A cell that is not known is missing, which is not zero.
 */
#ifndef KPOOLMON_COLUMNS_H
#define KPOOLMON_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "view/frame.h"

enum kpm_cell_type {
	KPM_CELL_MISSING,
	KPM_CELL_UINT,    /* u */
	KPM_CELL_INT,     /* i */
	KPM_CELL_SECONDS, /* i, nanoseconds */
	KPM_CELL_BOOL,    /* u */
	KPM_CELL_TEXT,    /* text, as the kernel or a file has it: not harmless yet */
};

struct kpm_cell {
	enum kpm_cell_type type;
	uint64_t u;
	int64_t i;
	const char *text; /* borrowed; NULL: it is in `own` */
	char own[80];     /* a module's name has 55 characters */
};

static inline const char *kpm_cell_text(const struct kpm_cell *cell)
{
	return cell->text ? cell->text : cell->own;
}

enum kpm_unit {
	KPM_UNIT_NONE,
	KPM_UNIT_OBJECTS,
	KPM_UNIT_BYTES,
	KPM_UNIT_BYTES_PER_SECOND,
	KPM_UNIT_SECONDS,
};

struct kpm_column {
	const char *name;  /* in CSV, JSON and on the command line */
	const char *title; /* in the table */
	enum kpm_unit unit;
	bool right;         /* set against the right edge */
	bool falling;       /* greatest first is the natural order */
	bool sample;        /* the same in all rows of a sample */
	unsigned int needs; /* enum kpm_location_part: what the resolver has to find out for it */
	const char *change; /* name of the column with this one's change, or NULL */
	const char *help;
	void (*get)(const struct kpm_frame *frame, const struct kpm_row *row,
		    struct kpm_cell *cell);
};

/* Columns of the table and of the console by default: poolmon's, with module and cache. */
#define KPM_USUAL_COLUMNS "tag,type,allocs,frees,diff,bytes,per_alloc,module,cache"

extern const struct kpm_column kpm_columns[];
extern const size_t kpm_column_count;

/* NULL: no column of that name. */
const struct kpm_column *kpm_column_find(const char *name);

/* The value of a column in a row of a frame. */
void kpm_column_get(const struct kpm_column *column, const struct kpm_frame *frame,
		    const struct kpm_row *row, struct kpm_cell *cell);

#define KPM_COLUMNS_MAX 64 /* more than there are */
/* Columns that are shown, in this order, each once. */
struct kpm_column_list {
	const struct kpm_column *column[KPM_COLUMNS_MAX];
	size_t count;
};

/*
 * Appends the columns of a list of names, separated by commas. 0, or -EINVAL and a sentence.
 */
int kpm_columns_parse(struct kpm_column_list *list, const char *names, struct kpm_err *err);

/*
 * Writes the text of a cell for the eye, `-` if it is missing, into buf of KPM_CLEAN_LEN; sizes
 * with units unless `exact`.
 */
void kpm_cell_show(const struct kpm_column *column, const struct kpm_cell *cell, bool exact,
		   char *buf);

/* Less, equal, greater than 0: a before, with, after b. Missing cells come last, either way. */
int kpm_cell_order(const struct kpm_cell *a, const struct kpm_cell *b, bool falling);

#endif
