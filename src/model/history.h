/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history of samples: the latest one, the one before it, the first one and a marked one. All
 * changes and rates are computed here.
 */
#ifndef KPM_HISTORY_H
#define KPM_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

/* Signed: diff and bytes may fall. */
struct kpm_change {
	int64_t allocs;
	int64_t frees;
	int64_t diff;
	int64_t bytes;
};

/* The sample that changes are computed from. */
enum kpm_base {
	KPM_BASE_TICK,  /* the sample before the latest */
	KPM_BASE_MARK,  /* the marked one */
	KPM_BASE_START, /* the first one */
};

struct kpm_history;

struct kpm_history *kpm_history_new(void); /* NULL: out of memory */
void kpm_history_free(struct kpm_history *h);

/* Makes `snap` the latest sample. 0 or -ENOMEM, then the history is as it was. */
int kpm_history_push(struct kpm_history *h, const struct kpm_snapshot *snap);

/* Marks the latest sample. 0 or -ENOMEM. */
int kpm_history_mark(struct kpm_history *h);
/* KPM_BASE_TICK if not called. */
void kpm_history_set_base(struct kpm_history *h, enum kpm_base base);

/*
 * Change of a tag's objects of one kind (or of both: KPM_KINDS) from the base to the latest sample.
 * A tag that was not there before was zero. False if there is no such sample yet.
 */
bool kpm_history_change(const struct kpm_history *h, uint32_t tag, unsigned int kind,
			struct kpm_change *change);

/* The same from another base than the one that is set. */
bool kpm_history_change_since(const struct kpm_history *h, enum kpm_base base, uint32_t tag,
			      unsigned int kind, struct kpm_change *change);

/* Nanoseconds from the base to the latest sample, by the monotonic clock; 0 without a base. */
int64_t kpm_history_interval(const struct kpm_history *h);

/* Bytes a second of outstanding growth since the base. False as above. */
bool kpm_history_rate(const struct kpm_history *h, uint32_t tag, unsigned int kind, double *rate);

#endif
