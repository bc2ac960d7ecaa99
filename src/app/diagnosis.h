/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the samples say so far: the suspects, and by cause the findings. */
#ifndef KPM_DIAGNOSIS_H
#define KPM_DIAGNOSIS_H

#include "app/sampler.h"
#include "resolve/labels.h"
#include "view/findings.h"

#define KPM_DIAGNOSIS_SUSPECTS 256
#define KPM_DIAGNOSIS_READINGS 8
/* The first looks at processes of a command without end are so far apart. */
#define KPM_LOOK_EVERY_NS (15 * 1000000000LL)

struct kpm_diagnosis {
	struct kpm_sampler *sampler;
	const struct kpm_labels *labels; /* for helpers; NULL: the list alone */
	struct kpm_suspect suspects[KPM_DIAGNOSIS_SUSPECTS];
	uint32_t suspect_count;
	struct kpm_ages ages;
	/* what could be seen of processes (kpm_diagnosis_look) */
	struct kpm_visible_reading readings[KPM_DIAGNOSIS_READINGS];
	uint32_t reading_count;
	int64_t read_ns,
		read_every_ns; /* monotonic clock of the last; the least time between two */
	struct kpm_findings_of of;
	struct kpm_findings findings;
};

/* At half time of a run that is to be judged by ages: notes what is old by then. */
void kpm_diagnosis_half(struct kpm_diagnosis *diagnosis, struct kpm_sampler *sampler,
			const struct kpm_trend *trend);
/*
 * Reads what can be seen of the processes that allocated most of what grew (model/visible.h), unless it was
 * read less than `every_ns` ago; in the course of a run ever more rarely. Of a recording, nothing. After
 * each sample; 0 or -ENOMEM.
 */
int kpm_diagnosis_look(struct kpm_diagnosis *diagnosis, struct kpm_sampler *sampler,
		       const struct kpm_trend *trend, int64_t every_ns);
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
