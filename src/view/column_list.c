// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds columns by name. */
#include <string.h>

#include "view/column_list.h"

static const struct kpm_column *find(const char *name, size_t len)
{
	for (size_t i = 0; i < kpm_column_count; i++)
		if (strlen(kpm_columns[i].name) == len && !memcmp(kpm_columns[i].name, name, len))
			return &kpm_columns[i];
	return NULL;
}

const struct kpm_column *kpm_column_find(const char *name)
{
	return find(name, strlen(name));
}

static bool listed(const struct kpm_column_list *list, const struct kpm_column *column)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->column[i] == column)
			return true;
	return false;
}

int kpm_columns_parse(struct kpm_column_list *list, const char *names, struct kpm_err *err)
{
	for (;;) {
		size_t len = strcspn(names, ",");
		const struct kpm_column *column = find(names, len);

		if (!column)
			return kpm_usage(err,
					 "there is no column '%.*s'; kpoolmon --help "
					 "lists them",
					 len < 64 ? (int)len : 64, names);
		if (!listed(list, column))
			list->column[list->count++] = column;
		if (!names[len])
			return 0;
		names += len + 1;
	}
}
