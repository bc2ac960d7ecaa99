/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings in words. `suspects` are those that the findings were made of. */
#ifndef KPM_FINDINGS_TEXT_H
#define KPM_FINDINGS_TEXT_H

#include <stdio.h>

#include "view/findings.h"

/* The type that all of a finding's tags have, or the word for both; NULL: none has any. */
const char *kpm_finding_kind(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
			     const struct kpm_finding *finding);

/* Nanoseconds until it has used up the available memory; 0: it never will. */
int64_t kpm_finding_time_left(const struct kpm_findings_of *of, const struct kpm_finding *finding);

#define KPM_HOLDER_LEN 640
/* Who has it, by what can be seen; "" if nobody is known. Returns buf. */
char *kpm_finding_holder(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
			 const struct kpm_finding *finding, char *buf);

/* What to do next, one sentence or command. Returns buf. */
#define KPM_NEXT_LEN 640
char *kpm_finding_next(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
		       const struct kpm_finding *finding, char *buf);

/*
 * Some lines: verdict and lead on the first, which is indented by one blank, the evidence, the other
 * tags, who, and what to do next below it, indented by more.
 */
void kpm_finding_print(FILE *out, const struct kpm_findings_of *of,
		       const struct kpm_suspect *suspects, const struct kpm_finding *finding);

#endif
