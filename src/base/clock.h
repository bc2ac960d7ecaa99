/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks, in nanoseconds. */
#ifndef KPM_CLOCK_H
#define KPM_CLOCK_H

#include <stdint.h>

#define KPM_SECOND 1000000000LL

/* CLOCK_MONOTONIC: for intervals. */
int64_t kpm_now(void);
/* CLOCK_REALTIME: for times that are shown and written. */
int64_t kpm_wall(void);
/* Processor time of the calling thread. */
int64_t kpm_thread_time(void);

#endif
