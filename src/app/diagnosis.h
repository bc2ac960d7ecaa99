/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the samples say so far: the suspects, and by cause the findings. */
#ifndef KPM_DIAGNOSIS_H
#define KPM_DIAGNOSIS_H

#include "app/looks.h"
#include "app/sampler.h"
#include "app/untracked.h"
#include "resolve/labels.h"
#include "view/findings.h"

#define KPM_DIAGNOSIS_SUSPECTS 256

struct kpm_diagnosis {
	struct kpm_sampler *sampler;
	const struct kpm_labels *labels; /* for helpers; NULL: the list alone */
	struct kpm_suspect suspects[KPM_DIAGNOSIS_SUSPECTS];
	uint32_t suspect_count;
	struct kpm_ages ages;
	/* taken by who has the diagnosis */
	struct kpm_looks looks;
	struct kpm_untracked untracked;
	struct kpm_findings_of of;
	struct kpm_findings findings;
};

/* At half time of a run that is to be judged by ages: notes what is old by then. */
void kpm_diagnosis_half(struct kpm_diagnosis *diagnosis, struct kpm_sampler *sampler,
			const struct kpm_trend *trend);
/*
 * Judges the latest sample by `trend`, with `ages` by the ages of objects, too, which scans the
 * table of objects twice for each of the first suspects. `most` findings are kept; 0: all. Pointers
 * are borrowed; what was made before is given up. 0 or -ENOMEM.
 */
int kpm_diagnose(struct kpm_diagnosis *diagnosis, struct kpm_sampler *sampler,
		 const struct kpm_trend *trend, const struct kpm_labels *labels, bool ages,
		 uint32_t most);
/* What the findings make of each tag, for kpm_alerts_verdicts(); *count. NULL: out of memory; to be freed. */
float *kpm_diagnosis_leaks(const struct kpm_diagnosis *diagnosis, uint32_t *count);
/* The finding that a tag is in; NULL: none. */
const struct kpm_finding *kpm_diagnosis_of(const struct kpm_diagnosis *diagnosis, uint32_t tag);
void kpm_diagnosis_done(struct kpm_diagnosis *diagnosis);

#endif
