/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cross-check of the tables with the kernel's own count of each slab cache. */
#ifndef KPM_CACHE_COUNTS_H
#define KPM_CACHE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "source/audit.h"

/* A slab cache: its tracked objects and the kernel's own count. */
struct kpm_cache_count {
	char name[48];
	uint64_t tracked; /* tracked objects */
	uint64_t young;   /* of these, those of the last seconds */
	bool estimated;   /* some of them by samples */
	uint64_t active;  /* allocated ones by the kernel's count, /proc/slabinfo */
	uint64_t size;    /* bytes that each of them takes */
	bool known;       /* the kernel's count is known */
};

/*
 * Counts the tracked objects by the slab cache that each really lies in, beside the kernel's own
 * counts; the caller frees *counts. `young_s`: objects of the last so many seconds are young.
 * `outside`: objects that lie in no cache at all. 0, or -errno and a sentence.
 */
int kpm_count_caches(struct kpm_audit *audit, const struct kpm_roots *roots, uint32_t young_s,
		     struct kpm_cache_count **counts, uint32_t *count, uint64_t *outside,
		     struct kpm_err *err);

#endif
