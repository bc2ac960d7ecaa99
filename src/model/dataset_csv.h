/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads data sets from CSV files of kpoolmon, whose format heads src/model/dataset_csv.c. */
#ifndef KPM_DATASET_CSV_H
#define KPM_DATASET_CSV_H

#include <stdio.h>

#include "model/dataset.h"

/*
 * Reads a stream up to the time `text` (base/file_time.h), NULL for the last sample, into a data
 * set that is empty. `name` is for messages. 0, or -errno and a sentence: -EINVAL for the time,
 * -EBADMSG for the content, -ENODATA if there is no sample.
 */
int kpm_dataset_read_csv(FILE *in, const char *name, const char *text, struct kpm_dataset *dataset,
			 struct kpm_err *err);

#endif
