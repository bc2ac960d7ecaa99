/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the numbers come from: a recording if one is given, pinned books if they are there, else
 * probes of our own. */
#ifndef KPM_ORIGIN_H
#define KPM_ORIGIN_H

#include <kpoolmon/options.h>
#include <kpoolmon/source.h>

/*
 * Opens the source that the options ask for. *tracked: it has counted before, so that there is
 * something to show at once. 0, or -errno and a sentence.
 */
int kpm_origin_open(const struct kpm_options *options, struct kpm_tagset *tags,
		    struct kpm_source **source, bool *tracked, struct kpm_err *err);

#endif
