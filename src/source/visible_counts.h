/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the counts of model/visible.h from /proc. Of processes that are named all counts are read; of the
 * others only what lies unread in their sockets, as who reads is not who sends.
 */
#ifndef KPM_VISIBLE_COUNTS_H
#define KPM_VISIBLE_COUNTS_H

#include "base/roots.h"
#include "model/visible.h"

struct kpm_visible_process {
	uint32_t pid;
	int64_t started_ns; /* CLOCK_BOOTTIME; another process of that number is passed over */
};

/* Bounds of a reading: descriptors whose targets are read, and lines of a file. */
#define KPM_VISIBLE_LINKS 200000
#define KPM_VISIBLE_LINES 200000

/*
 * Fills in the counts of a reading; what cannot be read is left out. 0 or -ENOMEM. The objects of
 * the reading are the caller's.
 */
int kpm_visible_read(const struct kpm_roots *roots, const struct kpm_visible_process *processes,
		     uint32_t count, struct kpm_visible_reading *out);

#endif
