// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of a snapshot. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/snapshot.h"

void kpm_snapshot_init(struct kpm_snapshot *snap)
{
	memset(snap, 0, sizeof(*snap));
}

void kpm_snapshot_done(struct kpm_snapshot *snap)
{
	free(snap->rows);
	memset(snap, 0, sizeof(*snap));
}

int kpm_snapshot_reset(struct kpm_snapshot *snap, uint32_t count)
{
	int ret = kpm_array_reserve(snap->rows, snap->rows_capacity, count);

	if (ret)
		return ret;
	if (count)
		memset(snap->rows, 0, count * sizeof(*snap->rows));
	for (uint32_t i = 0; i < count; i++)
		snap->rows[i].tag = i;
	snap->count = count;
	return 0;
}

void kpm_counts_add(struct kpm_counts *sum, const struct kpm_counts *n)
{
	sum->allocs += n->allocs;
	sum->frees += n->frees;
	sum->diff += n->diff;
	sum->bytes += n->bytes;
	sum->asked += n->asked;
	sum->missed += n->missed;
	sum->refused += n->refused;
	sum->audited += n->audited;
}

struct kpm_counts kpm_row_sum(const struct kpm_row *row)
{
	struct kpm_counts sum = row->kind[KPM_NONP];

	kpm_counts_add(&sum, &row->kind[KPM_PAGED]);
	return sum;
}
