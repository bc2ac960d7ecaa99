/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns by name, and lists of them as the command line gives them. */
#ifndef KPM_COLUMN_LIST_H
#define KPM_COLUMN_LIST_H

#include <stddef.h>

#include "base/error.h"
#include "view/columns.h"

/* NULL: no column of that name. */
const struct kpm_column *kpm_column_find(const char *name);

#define KPM_COLUMNS_MAX 64 /* more than there are */
/* Columns that are shown, in this order, each once. */
struct kpm_column_list {
	const struct kpm_column *column[KPM_COLUMNS_MAX];
	size_t count;
};

/* Appends the columns of a list of names, separated by commas. 0, or -EINVAL and a sentence. */
int kpm_columns_parse(struct kpm_column_list *list, const char *names, struct kpm_err *err);

#endif
