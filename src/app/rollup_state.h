/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The samples of the console by tag and by each roll-up, each with its past. */
#ifndef KPM_ROLLUP_STATE_H
#define KPM_ROLLUP_STATE_H

#include "model/history.h"
#include "model/rollup.h"
#include "model/snapshot.h"
#include "model/trend.h"
#include "resolve/labels.h"

struct kpm_rollup_past {
	struct kpm_rollup *rollup; /* NULL: the tags themselves */
	struct kpm_history *history;
	struct kpm_trend *trend;
};

struct kpm_rollup_state {
	struct kpm_rollup_past of[KPM_ROLLUPS];
	struct kpm_snapshot slab; /* one row: the kernel's slab memory by kind */
	struct kpm_trend *slab_trend;
	const char **label; /* [labelled] of each tag */
	uint32_t labelled, label_capacity;
};

/*
 * Call it on a zeroed struct, or after kpm_rollup_state_reset. 0, or -ENOMEM and a sentence; free
 * it in both cases.
 */
int kpm_rollup_state_make(struct kpm_rollup_state *state, struct kpm_err *err);

/* Drops the past; labels stay. */
void kpm_rollup_state_reset(struct kpm_rollup_state *state);

void kpm_rollup_state_free(struct kpm_rollup_state *state);

/* Adds a sample to each past. `who` and `labels` may be NULL. -ENOMEM: the pasts may end at other samples. */
int kpm_rollup_state_push(struct kpm_rollup_state *state, const struct kpm_snapshot *snap,
			  const struct kpm_tagset *tags, const struct kpm_who *who,
			  const struct kpm_labels *labels);

#endif
