// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of counters, and their sum. */
#include "model/counts.h"

#define COUNTER(member) KPM_FIELD(struct kpm_counts, member)

const struct kpm_field kpm_counters[KPM_COUNTERS] = {
	COUNTER(allocs),  COUNTER(frees),
	COUNTER(diff),    COUNTER(bytes),
	COUNTER(asked),   COUNTER(missed),
	COUNTER(refused), {"audited", offsetof(struct kpm_counts, audited), "ra"},
};

/*
 * Every refresh sums all rows, some of them several times. The members are one array of counters;
 * a walk over the rows of the table takes five times as long.
 */
void kpm_counts_add(struct kpm_counts *sum, const struct kpm_counts *n)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)n;

	for (size_t i = 0; i < KPM_COUNTERS; i++)
		to[i] += from[i];
}
