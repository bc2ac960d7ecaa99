/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data sets: the rows of one sample by the text of their tags, so that samples of different files
 * can be compared. Read from a CSV file or from a recording.
 */
#ifndef KPM_DATASET_H
#define KPM_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct kpm_dataset_row {
	char *tag;
	char *cache;  /* NULL: not known */
	char *module; /* NULL: not known */
	uint64_t allocs, frees, diff, bytes;
};

struct kpm_dataset {
	char host[65];
	char kernel[65];
	int64_t wall_ns;              /* 0: not known */
	int64_t tracked_ms;           /* monotonic, since tracking began; -1: not known */
	struct kpm_dataset_row *rows; /* in order of tag and cache */
	uint32_t count, capacity;
};

void kpm_dataset_done(struct kpm_dataset *dataset);

/* Takes over the strings of `row`, also on failure. 0 or -ENOMEM. */
int kpm_dataset_add(struct kpm_dataset *dataset, const struct kpm_dataset_row *row);
/* Sorts the rows; keeps the last one of rows of the same tag and cache. */
void kpm_dataset_normalize(struct kpm_dataset *dataset);
/* Removes all rows. */
void kpm_dataset_clear(struct kpm_dataset *dataset);
/* Is b a later row of a? A kmalloc call site gets further caches: `x`, then `x+y`. */
bool kpm_dataset_continues(const struct kpm_dataset_row *a, const struct kpm_dataset_row *b);
/*
 * Whether a cache is merged may be known of one data set alone: an earlier version, or another
 * machine, calls it by the first of its names. Where a tag has one row in each that is in none of
 * the other, and one of the two caches is merged, the row of `a` gets the cache of that of `b`.
 * Both are normalized, and stay it.
 */
void kpm_dataset_pair_merged(struct kpm_dataset *a, const struct kpm_dataset *b);
/* By tag and cache. */
int kpm_dataset_compare(const struct kpm_dataset_row *a, const struct kpm_dataset_row *b);

#endif
