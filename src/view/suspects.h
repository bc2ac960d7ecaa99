/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranks the tags that grew by verdict and slope. */
#ifndef KPM_SUSPECTS_H
#define KPM_SUSPECTS_H

#include <stdint.h>

#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/trend.h"
#include "view/verdict.h"

struct kpm_suspect {
	uint32_t tag;
	enum kpm_verdict verdict;
	struct kpm_evidence evidence;
};

/* Old objects of a tag at half time. */
struct kpm_cohort {
	uint32_t tag;
	uint32_t born_s; /* they were allocated in this second of the source's clock or before */
	uint64_t objects;
};

/* Tags whose objects are scanned, which reads the whole table each time. */
#define KPM_COHORTS_MAX 16

/* Where the ages of objects are from. */
struct kpm_ages {
	/* Scans the objects of a tag; false if they are not known. */
	bool (*scan)(void *arg, uint32_t tag, uint32_t survive_s, struct kpm_objects *objects);
	void *arg;
	struct kpm_cohort cohorts[KPM_COHORTS_MAX];
	uint32_t cohort_count;
	struct kpm_births births; /* of what was there before this run; since_s 0: not known */
};

/*
 * The tags that grew, ranked by verdict and then by slope; writes `most` at most, returns how many.
 * For possible leaks `ages` tells how old their objects are, and `who` what samples tell of that; both
 * may be NULL.
 */
uint32_t kpm_suspects_rank(const struct kpm_snapshot *snap, const struct kpm_tagset *tags,
			   const struct kpm_trend *trend, const struct kpm_who *who,
			   const struct kpm_ages *ages, struct kpm_suspect *list, uint32_t most);

/* At half time: notes which objects of those that might be leaks are a quarter of the run old. */
void kpm_cohorts_note(const struct kpm_snapshot *snap, const struct kpm_tagset *tags,
		      const struct kpm_trend *trend, struct kpm_ages *ages);

/* Nanoseconds until the available memory is used up at this slope; 0: it never is. */
int64_t kpm_time_to_exhaustion(const struct kpm_snapshot *snap,
			       const struct kpm_evidence *evidence);

#endif
