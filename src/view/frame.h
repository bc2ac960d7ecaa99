/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame is a snapshot as it is shown: with its names and its past, and which rows in which order.
 * A view (view/view.h) makes it; the numbers stay those of the snapshot.
 */
#ifndef KPM_FRAME_H
#define KPM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "model/history.h"
#include "model/location.h"
#include "model/rollup.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/trend.h"
#include "model/who.h"

struct kpm_alerts; /* view/alerts.h */

/* What a view is made from; all borrowed. */
struct kpm_frame_parts {
	const struct kpm_snapshot *snap;
	const struct kpm_tagset *tags;
	const struct kpm_history *history; /* NULL: no changes are known */
	const char *const *labels;         /* [tag], NULL where there is none; NULL: no labels */
	const struct kpm_trend *trend;     /* NULL: none is kept */
	const struct kpm_alerts *alerts;   /* NULL: there are none */
	const struct kpm_location *const
		*locations;        /* [tag], NULL where it was not asked; NULL: no locations */
	const struct kpm_who *who; /* who is behind the tags; NULL: not known */
	enum kpm_rollup_by by;     /* the rows are groups of tags */
};

struct kpm_frame {
	struct kpm_frame_parts part;
	unsigned int pool;     /* kind whose part of each tag is shown; KPM_KINDS: both */
	const uint32_t *order; /* [count] rows of the snapshot, first to last */
	uint32_t count;        /* rows to show */
	uint32_t matched;      /* rows that passed the filter, before the limit */
	bool by_change;
	/* sums over the rows that passed the filter */
	struct kpm_row totals;
	/* bytes of each kind over all rows of the snapshot */
	uint64_t tracked[KPM_KINDS];
};

/* A row of no tag: totals. */
#define KPM_NO_TAG UINT32_MAX

/* The counts that a frame shows of a row: both kinds or one pool's part. */
struct kpm_counts kpm_frame_counts(const struct kpm_frame *frame, const struct kpm_row *row);
/* Has a row changed against the base of the frame's history? */
bool kpm_frame_changed(const struct kpm_frame *frame, const struct kpm_row *row);

#endif
