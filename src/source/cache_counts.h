/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cross-check of the tables with the kernel's own count of each slab cache. */
#ifndef KPM_CACHE_COUNTS_H
#define KPM_CACHE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "source/audit.h"

/* A slab cache: what the books hold of it and what the kernel does. */
struct kpm_cache_count {
	char name[48];
	uint64_t tracked; /* tracked objects */
	bool estimated;   /* some of them by samples */
	uint64_t active;  /* that the kernel counts as handed out, /proc/slabinfo */
	bool known;       /* the kernel's figure is */
};

/*
 * Counts the objects of the books by the slab cache that each really lies in, beside the kernel's
 * own figures; *counts is to be freed. `outside`: objects that lie in no cache at all. 0, or
 * -errno and a sentence.
 */
int kpm_count_caches(struct kpm_audit *audit, const struct kpm_roots *roots,
		     struct kpm_cache_count **counts, uint32_t *count, uint64_t *outside,
		     struct kpm_err *err);

#endif
