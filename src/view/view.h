/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views make frames of snapshots: they filter the rows by what the user asks for, order and sum
 * them.
 */
#ifndef KPM_VIEW_H
#define KPM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "view/columns.h"
#include "view/frame.h"

struct kpm_view_opts {
	unsigned int pool;          /* as in the frame */
	const char *const *include; /* patterns; NULL-terminated; NULL or empty: all tags */
	const char *const *exclude;
	const struct kpm_column *sort; /* NULL: bytes */
	bool reverse;
	bool by_change; /* order by the change of the sort column, where it has one */
	uint32_t limit; /* 0: all rows */
	/* a part of the tag, its module, cache, file or label, in any case; NULL or empty: no
	 * filter */
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
