/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every consumer sees: a snapshot, its names, its history, and which rows in which order.
 * A view makes it by the user's filter and order; the numbers stay those of the snapshot.
 */
#ifndef KPM_FRAME_H
#define KPM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/history.h"
#include "model/location.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/trend.h"

struct kpm_alerts; /* src/view/alerts.h */
struct kpm_column;

/* What a view is made from; all borrowed. */
struct kpm_frame_parts {
	const struct kpm_snapshot *snap;
	const struct kpm_tagset *tags;
	const struct kpm_history *history; /* NULL: no changes are known */
	const char *const *labels;         /* [tag], NULL where there is none; NULL: no labels */
	const struct kpm_trend *trend;     /* NULL: none is kept */
	const struct kpm_alerts *alerts;   /* NULL: there are none */
	const struct kpm_location *const
		*locations; /* [tag], NULL where it was not asked; NULL: no locations */
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

struct kpm_view_opts {
	unsigned int pool;          /* as in the frame */
	const char *const *include; /* patterns; NULL-terminated; NULL or empty: all tags */
	const char *const *exclude;
	const struct kpm_column *sort; /* NULL: bytes */
	bool reverse;
	bool by_change; /* order by the change of the sort column, where it has one */
	uint32_t limit; /* 0: all rows */
	/* a part of the tag, its module, cache, file or label, in any case; NULL or empty: no
	 * matter */
	const char *find;
};

struct kpm_view;

/* `opts` is copied, its pointers are borrowed. NULL: out of memory. */
struct kpm_view *kpm_view_new(const struct kpm_view_opts *opts);
void kpm_view_free(struct kpm_view *view);
/* Replaces the options for the next build. */
void kpm_view_set(struct kpm_view *view, const struct kpm_view_opts *opts);

/* Fills a frame, which is valid until the next build. 0 or -ENOMEM. */
int kpm_view_build(struct kpm_view *view, const struct kpm_frame_parts *parts,
		   struct kpm_frame *frame, struct kpm_err *err);

#endif
