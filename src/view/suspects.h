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
	/* another suspect that moves together with this one and ranks before it; KPM_NO_SUSPECT:
	 * none */
	uint32_t moves_with;
};
#define KPM_NO_SUSPECT UINT32_MAX

/* Scans the ages of a tag's objects; false if they are not known. */
typedef bool kpm_ages_of(void *arg, uint32_t tag, uint32_t survive_s, struct kpm_objects *objects);

/*
 * The tags that grew, ranked by verdict and then by slope; writes `most` at most, returns how many.
 * For possible leaks `ages`, which may be NULL, scans their objects.
 */
uint32_t kpm_suspects_rank(const struct kpm_snapshot *snap, const struct kpm_tagset *tags,
			   const struct kpm_trend *trend, kpm_ages_of *ages, void *arg,
			   struct kpm_suspect *list, uint32_t most);

/* Nanoseconds until the available memory is used up at this slope; 0: it never is. */
int64_t kpm_time_to_exhaustion(const struct kpm_snapshot *snap,
			       const struct kpm_evidence *evidence);

#endif
