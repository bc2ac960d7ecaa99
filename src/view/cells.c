// SPDX-License-Identifier: GPL-2.0-or-later
/* What can be done with any column: find it, list it, get a cell, show it, order two cells. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/columns.h"

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

void kpm_column_get(const struct kpm_column *column, const struct kpm_frame *frame,
		    const struct kpm_row *row, struct kpm_cell *cell)
{
	cell->type = KPM_CELL_MISSING;
	cell->u = 0;
	cell->i = 0;
	cell->text = NULL;
	column->get(frame, row, cell);
}

static int compare(const struct kpm_cell *a, const struct kpm_cell *b)
{
	switch (a->type) {
	case KPM_CELL_UINT:
	case KPM_CELL_BOOL:
		return (a->u > b->u) - (a->u < b->u);
	case KPM_CELL_INT:
	case KPM_CELL_SECONDS:
		return (a->i > b->i) - (a->i < b->i);
	case KPM_CELL_TEXT:
		return strcmp(kpm_cell_text(a), kpm_cell_text(b));
	case KPM_CELL_MISSING:
		break;
	}
	return 0;
}

int kpm_cell_order(const struct kpm_cell *a, const struct kpm_cell *b, bool falling)
{
	int order;

	if (a->type == KPM_CELL_MISSING || b->type == KPM_CELL_MISSING)
		return (a->type == KPM_CELL_MISSING) - (b->type == KPM_CELL_MISSING);
	order = compare(a, b);
	return falling ? -order : order;
}

void kpm_cell_show(const struct kpm_column *column, const struct kpm_cell *cell, bool exact,
		   char *buf)
{
	char size[KPM_SIZE_LEN];
	uint64_t magnitude;

	switch (cell->type) {
	case KPM_CELL_MISSING:
		strcpy(buf, "-");
		break;
	case KPM_CELL_UINT:
		if (column->unit == KPM_UNIT_BYTES && !exact)
			kpm_format_size(cell->u, buf);
		else
			sprintf(buf, "%" PRIu64, cell->u);
		break;
	case KPM_CELL_INT:
		magnitude = cell->i < 0 ? -(uint64_t)cell->i : (uint64_t)cell->i;
		if (column->unit >= KPM_UNIT_BYTES && !exact)
			sprintf(buf, "%s%s", cell->i < 0 ? "-" : "+",
				kpm_format_size(magnitude, size));
		else
			sprintf(buf, "%+" PRId64, cell->i);
		break;
	case KPM_CELL_SECONDS:
		sprintf(buf, "%.3f", (cell->i / 1000000) / 1e3);
		break;
	case KPM_CELL_BOOL:
		strcpy(buf, cell->u ? "yes" : "no");
		break;
	case KPM_CELL_TEXT:
		kpm_clean(kpm_cell_text(cell), buf, KPM_CLEAN_LEN);
		if (!*buf)
			strcpy(buf, "-");
		break;
	}
}
