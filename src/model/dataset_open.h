/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens a data set by the name of its file. */
#ifndef KPM_DATASET_OPEN_H
#define KPM_DATASET_OPEN_H

#include "base/error.h"
#include "model/dataset.h"

/*
 * Reads FILE or FILE@TIME (base/file_time.h); without a time the last sample. A CSV file may hold
 * only the rows that changed (dump --changed): a row stays as it was until the file has it again.
 * 0, or -errno and a sentence; then there is nothing to release.
 */
int kpm_dataset_open(const char *name, struct kpm_dataset *dataset, struct kpm_err *err);

#endif
