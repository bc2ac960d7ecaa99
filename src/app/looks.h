/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at what can be seen of processes (model/visible.h) in the course of a run: at those that
 * allocated most of what grew. Reading /proc needs KPM_RIGHT_PROCESSES. A recording has the looks of its
 * recorder.
 */
#ifndef KPM_LOOKS_H
#define KPM_LOOKS_H

#include "app/sampler.h"
#include "model/visible.h"

#define KPM_LOOKS_MAX 8
/* In a command without end the first looks are so far apart. */
#define KPM_LOOK_EVERY_NS (15 * 1000000000LL)

struct kpm_looks {
	struct kpm_visible_reading readings[KPM_LOOKS_MAX]; /* in order of time */
	uint32_t count;
	int64_t last_ns, every_ns; /* monotonic clock of the last; the least time between two */
};

/*
 * Takes a look at the time of the latest sample, unless one was taken less than `every_ns` ago. When
 * there is no room every second one is forgotten, and from then on they are twice as far apart. `trend` has
 * the sample. 1: a look was taken, 0: none, -ENOMEM.
 */
int kpm_looks_take(struct kpm_looks *looks, struct kpm_sampler *sampler,
		   const struct kpm_trend *trend, int64_t every_ns);
void kpm_looks_done(struct kpm_looks *looks);

#endif
