/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tag was before: changes and rates come from here only. Holds the previous sample of each
 * tag and the first one; all but a push are queries.
 */
#ifndef KPOOLMON_HISTORY_H
#define KPOOLMON_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/snapshot.h>

/* Signed: diff and bytes may fall. */
struct kpm_change {
	int64_t allocs;
	int64_t frees;
	int64_t diff;
	int64_t bytes;
};

struct kpm_history;

struct kpm_history *kpm_history_new(void); /* NULL: out of memory */
void kpm_history_free(struct kpm_history *h);

/* Makes `snap` the latest sample. 0 or -ENOMEM, then the history is as it was. */
int kpm_history_push(struct kpm_history *h, const struct kpm_snapshot *snap);

/*
 * Change of a tag's objects of one kind (or of both: KPM_KINDS) between the two latest samples.
 * A tag that was not there before was zero. False before the second sample.
 */
bool kpm_history_change(const struct kpm_history *h, uint32_t tag, unsigned int kind,
			struct kpm_change *change);

/* Nanoseconds between the two latest samples, by the monotonic clock; 0 before the second. */
int64_t kpm_history_interval(const struct kpm_history *h);

/* Bytes a second of outstanding growth between the two latest samples. False as above. */
bool kpm_history_rate(const struct kpm_history *h, uint32_t tag, unsigned int kind, double *rate);

#endif
