// SPDX-License-Identifier: GPL-2.0-or-later
/* The figures of a frame's rows. */
#include "view/frame.h"

struct kpm_counts kpm_frame_counts(const struct kpm_frame *frame, const struct kpm_row *row)
{
	return frame->pool == KPM_KINDS ? kpm_row_sum(row) : row->kind[frame->pool];
}

bool kpm_frame_changed(const struct kpm_frame *frame, const struct kpm_row *row)
{
	struct kpm_change change;

	return row->tag != KPM_NO_TAG && frame->part.history &&
	       kpm_history_change(frame->part.history, row->tag, frame->pool, &change) &&
	       (change.allocs || change.frees || change.diff || change.bytes);
}
