/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels of tags, from a file in the format of poolmon's pooltag.txt. */
#ifndef KPM_LABELS_H
#define KPM_LABELS_H

#include "base/error.h"
#include "model/tagset.h"

struct kpm_labels;

/* 0, or -errno and a sentence. */
int kpm_labels_open(const char *file, struct kpm_labels **labels, struct kpm_err *err);
void kpm_labels_free(struct kpm_labels *labels);

/* The label of a tag, or NULL; valid as long as the labels. */
const char *kpm_labels_find(const struct kpm_labels *labels, const struct kpm_tag_name *name);

#endif
