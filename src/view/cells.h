/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The value of a column in a row, and how it is shown and ordered. A value that is not known is
 * missing, which is not zero.
 */
#ifndef KPM_CELLS_H
#define KPM_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum kpm_cell_type {
	KPM_CELL_MISSING,
	KPM_CELL_UINT,    /* u */
	KPM_CELL_INT,     /* i */
	KPM_CELL_SECONDS, /* i, nanoseconds */
	KPM_CELL_BOOL,    /* u */
	KPM_CELL_TEXT,    /* text, as the kernel or a file has it: not harmless yet */
	KPM_CELL_LIST,    /* text, of words that are joined with `+` */
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

/*
 * Writes the text of a cell for the eye, `-` if it is missing, into buf of KPM_CLEAN_LEN; sizes
 * with units unless `exact`.
 */
void kpm_cell_show(const struct kpm_cell *cell, enum kpm_unit unit, bool exact, char *buf);

/* Compares as qsort(3) does. Missing cells come last in both directions. */
int kpm_cell_order(const struct kpm_cell *a, const struct kpm_cell *b, bool falling);

#endif
