/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a slab cache grow by objects that no event showed? Then there is a way to allocate that is not
 * probed. Compares the tracked objects with the kernel's own count some times in the course of a run; needs
 * an audit.
 */
#ifndef KPM_UNTRACKED_H
#define KPM_UNTRACKED_H

#include "source/cache_counts.h"

#define KPM_UNTRACKED_LOOKS 8

struct kpm_untracked_cache {
	char name[48];
	/* what was not tracked of it, and all of it, at each look */
	int64_t untracked[KPM_UNTRACKED_LOOKS], active[KPM_UNTRACKED_LOOKS];
	uint64_t size; /* bytes an object */
	/* of the last look */
	int64_t grown; /* objects since the first; 0: that is no growth of what is untracked */
};

struct kpm_untracked {
	struct kpm_untracked_cache *caches; /* by name */
	uint32_t count, looks;
};

/* Takes a look, but not more than there is room for. What cannot be counted is left out. 0 or -ENOMEM. */
int kpm_untracked_look(struct kpm_untracked *untracked, struct kpm_audit *audit,
		       const struct kpm_roots *roots);
/*
 * Judges: sets `grown`. The kernel's count has up to some hundred free objects of each of `cpus`, which
 * come and go; what is really there grows from look to look.
 */
void kpm_untracked_judge(struct kpm_untracked *untracked, uint32_t cpus);
void kpm_untracked_done(struct kpm_untracked *untracked);

#endif
