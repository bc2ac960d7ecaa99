// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory of snapshots, and the tables of their fields. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/snapshot.h"

#define LOSS(member) KPM_FIELD(struct kpm_loss, member)

const struct kpm_field kpm_loss_fields[KPM_LOSS_FIELDS] = {
	LOSS(skipped), LOSS(rescued),   LOSS(lost_max), LOSS(allocs),
	LOSS(refused), LOSS(tags_full), LOSS(missed),   LOSS(audited),
};

#define MEMORY(member) KPM_FIELD(struct kpm_memory, member)

const struct kpm_field kpm_memory_fields[KPM_MEMORY_FIELDS] = {
	MEMORY(total),        MEMORY(available),   MEMORY(slab_nonp),    MEMORY(slab_paged),
	MEMORY(kernel_stack), MEMORY(page_tables), MEMORY(vmalloc_used), MEMORY(percpu),
};

#define CAPACITY(member) KPM_FIELD(struct kpm_capacity, member)

const struct kpm_field kpm_capacity_fields[KPM_CAPACITY_FIELDS] = {
	CAPACITY(objects),  CAPACITY(objects_rated), CAPACITY(tags),
	CAPACITY(tags_max), CAPACITY(kernel_bytes),
};

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

uint64_t kpm_loss_events(const struct kpm_loss *loss)
{
	return loss->lost_max + loss->allocs + loss->refused + loss->tags_full;
}

struct kpm_counts kpm_row_sum(const struct kpm_row *row)
{
	struct kpm_counts sum = row->kind[KPM_NONP];

	kpm_counts_add(&sum, &row->kind[KPM_PAGED]);
	return sum;
}
