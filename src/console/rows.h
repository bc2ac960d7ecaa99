/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table: headings, rows with their trends, and totals. */
#ifndef KPM_CONSOLE_ROWS_H
#define KPM_CONSOLE_ROWS_H

#include "console/screen.h"

/* Draws the table from line y to the line before `end`, and sets the state's rows and needs. */
void draw_table(struct kpm_console *c, const struct kpm_scene *scene, int y, int end);
/* Draws the last `there` of `count` values as a sparkline; those before are not known. */
void draw_spark(const struct kpm_console *c, int y, int x, const uint64_t *values, uint32_t there,
		uint32_t count);
/* Keeps the cursor on the selected tag, or the selection on the cursor if the tag is gone. */
void follow_selection(struct kpm_console *c, const struct kpm_frame *frame);

#endif
