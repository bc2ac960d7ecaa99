/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of a tag. To add one: a member here, a row in the table in counts.c, the source that
 * fills it, and a column with its line in the manual. Sums take all members, recordings read the
 * table: every member is a uint64_t.
 */
#ifndef KPOOLMON_COUNTS_H
#define KPOOLMON_COUNTS_H

#include <stdint.h>

#include "model/field.h"

/* One tag's objects of one kind, since tracking began. */
struct kpm_counts {
	uint64_t allocs;  /* objects allocated, including refused ones */
	uint64_t frees;   /* objects freed, including missed frees found since */
	uint64_t diff;    /* objects outstanding: tracked and not freed */
	uint64_t bytes;   /* bytes that these occupy */
	uint64_t asked;   /* bytes that were asked for */
	uint64_t missed;  /* of frees: seen only when the address was allocated again */
	uint64_t refused; /* of allocs: not tracked, the table was full */
	uint64_t audited; /* of frees: not seen, the audit found the object free */
};

#define KPM_COUNTERS KPM_FIELDS_OF(struct kpm_counts)
extern const struct kpm_field kpm_counters[KPM_COUNTERS];

void kpm_counts_add(struct kpm_counts *sum, const struct kpm_counts *n);

/* Frees that were not seen when they happened. */
static inline uint64_t kpm_missed(struct kpm_counts n)
{
	return n.missed + n.audited;
}

#endif
