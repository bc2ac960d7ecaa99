/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source that is sampled again and again, with what the samples make: tags, changes, trends. */
#ifndef KPM_TRACKER_H
#define KPM_TRACKER_H

#include "base/error.h"
#include "cli/options.h"
#include "model/history.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/trend.h"
#include "resolve/ksyms.h"
#include "source/source.h"
#include "view/verdict.h"

struct kpm_tracker {
	struct kpm_tagset *tags;
	struct kpm_ksyms *ksyms;
	struct kpm_source *source;
	bool tracked;             /* the books were counted into before */
	struct kpm_snapshot snap; /* the latest sample */
	struct kpm_snapshot spare;
	struct kpm_history *history;
	struct kpm_trend *trend;
};

/* Opens the source and drops all rights but `rights`. 0, or -errno and a sentence. */
int kpm_tracker_open(struct kpm_tracker *tracker, const struct kpm_options *options,
		     uint64_t rights, struct kpm_err *err);
/* Takes a sample: reads and enters it. On failure the one in hand stays. */
int kpm_tracker_sample(struct kpm_tracker *tracker, struct kpm_err *err);
/* The two halves of that. */
int kpm_tracker_read(struct kpm_tracker *tracker, struct kpm_err *err);
int kpm_tracker_enter(struct kpm_tracker *tracker, struct kpm_err *err);
void kpm_tracker_close(struct kpm_tracker *tracker);

/*
 * The evidence about a tag; with `ages` its objects are looked at one by one, which reads the whole
 * table.
 */
void kpm_tracker_evidence(struct kpm_tracker *tracker, uint32_t tag, bool ages,
			  struct kpm_evidence *evidence);

#endif
