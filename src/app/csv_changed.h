/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaves out of a frame what stands in a CSV file already. */
#ifndef KPM_CHANGED_H
#define KPM_CHANGED_H

#include "base/error.h"
#include "view/frame.h"

/*
 * Makes `part` the frame with only those rows that are not the same at the end of `file`; of a file
 * that is not there, of another machine, another kernel or an earlier run, with all rows. `order`
 * becomes memory that is to be freed after `part` was used. 0, or -errno and a sentence.
 */
int kpm_changed_rows(const char *file, const struct kpm_frame *frame, struct kpm_frame *part,
		     uint32_t **order, struct kpm_err *err);

#endif
