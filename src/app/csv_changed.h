/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops the rows of a frame that a CSV file already has. */
#ifndef KPM_CHANGED_H
#define KPM_CHANGED_H

#include "base/error.h"
#include "view/frame.h"

/*
 * Fills `part` with the rows that differ from the last ones in `file`, or with all rows if the file
 * is missing or from another machine, kernel or run. The caller frees *order after the use of
 * `part`. 0, or -errno and a sentence.
 */
int kpm_changed_rows(const char *file, const struct kpm_frame *frame, struct kpm_frame *part,
		     uint32_t **order, struct kpm_err *err);

#endif
