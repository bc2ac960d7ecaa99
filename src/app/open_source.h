/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the numbers come from: a recording if one is given, pinned books if they are there, else
 * probes of our own. */
#ifndef KPM_ORIGIN_H
#define KPM_ORIGIN_H

#include "cli/options.h"
#include "source/source.h"

/*
 * Opens the source that the options ask for. *tracked: it has counted before, so that there is
 * something to show at once. 0, or -errno and a sentence.
 */
int kpm_origin_open(const struct kpm_options *options, struct kpm_tagset *tags,
		    struct kpm_source **source, bool *tracked, struct kpm_err *err);

/* The audit of a source that was opened so; NULL where there is none or none is wanted. */
struct kpm_audit *kpm_origin_audit(const struct kpm_options *options, struct kpm_source *source);
/*
 * For a single sample, before it: both looks, for a hundredth of `for_ns`, 50 ms of processor time
 * at least.
 */
void kpm_origin_audit_once(const struct kpm_options *options, struct kpm_source *source,
			   int64_t for_ns);

#endif
