/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels of tags, from a file in the format of poolmon's pooltag.txt. */
#ifndef KPM_LABELS_H
#define KPM_LABELS_H

#include <stdbool.h>

#include "base/error.h"
#include "model/tagset.h"

struct kpm_labels;

/* 0, or -errno and a sentence. */
int kpm_labels_open(const char *file, struct kpm_labels **labels, struct kpm_err *err);
void kpm_labels_free(struct kpm_labels *labels);

/* The label of a tag, or NULL; valid as long as the labels. */
const char *kpm_labels_find(const struct kpm_labels *labels, const struct kpm_tag_name *name);

/*
 * Does the file say of a function that it is a helper (`helper PATTERN`), or that it is none
 * (`no-helper PATTERN`)? True if it does; of several lines the last one counts.
 */
bool kpm_labels_helper(const struct kpm_labels *labels, const char *function, bool *helper);

#endif
