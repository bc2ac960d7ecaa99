/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of the table: which columns fit on the screen, and how wide they are. */
#ifndef KPM_CONSOLE_LAYOUT_H
#define KPM_CONSOLE_LAYOUT_H

#include "console/screen.h"

#define SPARK_LEAST 12 /* columns of the screen below which the table shows no trend */

/*
 * Can the column be shown? Not if it has one value for all rows, or is shown beside another column
 * as its change.
 */
bool can_be_shown(const struct kpm_column *column);
/* Lays out c->columns for `count` rows of the frame, beginning with `from`, into c->drawn. */
void lay_out(struct kpm_console *c, const struct kpm_frame *frame, uint32_t from, uint32_t count);
/* Drops the widths that were measured: the cells will be of another kind. */
void reset_widths(struct kpm_console *c);
/* The text of a cell, abbreviated where the layout wants it. In c->buf. */
const char *cell_text(struct kpm_console *c, const struct kpm_column *column,
		      const struct kpm_frame *frame, const struct kpm_row *row);

#endif
