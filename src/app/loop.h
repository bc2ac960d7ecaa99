/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pace of commands that sample again and again: ticks, until time is over or a signal comes. */
#ifndef KPM_PACE_H
#define KPM_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct kpm_pace {
	int64_t every_ns;
	int64_t for_ns;                              /* 0: until a signal */
	bool progress;                               /* a line on standard error */
	int (*tick)(void *arg, struct kpm_err *err); /* not 0: ends the pacing with that */
	void (*child)(void *arg);                    /* a process of ours ended; NULL: no matter */
	void *arg;
};

/* The first tick comes at once. Signals must be held (src/app/count.h). 0 or -errno. */
int kpm_pace(const struct kpm_pace *pace, struct kpm_err *err);

/* CLOCK_MONOTONIC, ns. */
int64_t kpm_now(void);

#endif
