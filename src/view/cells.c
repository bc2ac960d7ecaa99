// SPDX-License-Identifier: GPL-2.0-or-later
/* Shows cells and orders them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/cells.h"

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
	case KPM_CELL_LIST:
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

void kpm_cell_show(const struct kpm_cell *cell, enum kpm_unit unit, bool exact, char *buf)
{
	char size[KPM_SIZE_LEN];
	uint64_t magnitude;

	switch (cell->type) {
	case KPM_CELL_MISSING:
		strcpy(buf, "-");
		break;
	case KPM_CELL_UINT:
		if (unit == KPM_UNIT_BYTES && !exact)
			kpm_format_size(cell->u, buf);
		else
			sprintf(buf, "%" PRIu64, cell->u);
		break;
	case KPM_CELL_INT:
		magnitude = cell->i < 0 ? -(uint64_t)cell->i : (uint64_t)cell->i;
		if (unit >= KPM_UNIT_BYTES && !exact)
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
	case KPM_CELL_LIST:
		kpm_clean(kpm_cell_text(cell), buf, KPM_CLEAN_LEN);
		if (!*buf)
			strcpy(buf, "-");
		break;
	}
}
