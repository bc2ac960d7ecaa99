/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of kpoolmon suspects. */
#ifndef KPM_DIAGNOSIS_OUTPUT_H
#define KPM_DIAGNOSIS_OUTPUT_H

#include <stdio.h>

#include "app/diagnosis.h"

/* Write a struct kpm_diagnosis, for kpm_print(). The CSV has a row for each tag. 0 or -ENOMEM. */
int kpm_diagnosis_table(FILE *out, const void *diagnosis);
int kpm_diagnosis_json(FILE *out, const void *diagnosis);
int kpm_diagnosis_csv(FILE *out, const void *diagnosis);

#endif
