/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways the console looks at its samples: by tag, module and cache, each with its past. */
#ifndef KPM_LOOKS_H
#define KPM_LOOKS_H

#include "model/history.h"
#include "model/rollup.h"
#include "model/snapshot.h"
#include "model/trend.h"
#include "resolve/labels.h"

struct kpm_look {
	struct kpm_rollup *rollup; /* NULL: the tags themselves */
	struct kpm_history *history;
	struct kpm_trend *trend;
};

struct kpm_looks {
	struct kpm_look of[KPM_ROLLUPS];
	struct kpm_snapshot slab; /* one row: the kernel's slab memory by kind */
	struct kpm_trend *slab_trend;
	const char **label; /* [labelled] of each tag */
	uint32_t labelled, label_room;
};

/* After kpm_looks_drop, or of zeroes. On failure what there is still is to be freed. */
int kpm_looks_make(struct kpm_looks *looks, struct kpm_err *err);

/* Forgets the past; labels stay. */
void kpm_looks_drop(struct kpm_looks *looks);

void kpm_looks_free(struct kpm_looks *looks);

/* Adds a sample to each past. `labels` may be NULL. -ENOMEM: the looks may be of several samples.
 */
int kpm_looks_push(struct kpm_looks *looks, const struct kpm_snapshot *snap,
		   const struct kpm_tagset *tags, const struct kpm_labels *labels);

#endif
