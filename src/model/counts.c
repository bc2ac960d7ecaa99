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

void kpm_counts_add(struct kpm_counts *sum, const struct kpm_counts *n)
{
	for (size_t i = 0; i < KPM_COUNTERS; i++)
		kpm_field_set(&kpm_counters[i], sum,
			      kpm_field_get(&kpm_counters[i], sum) +
				      kpm_field_get(&kpm_counters[i], n));
}
