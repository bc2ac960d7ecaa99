// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the clocks. */
#include <time.h>

#include "base/clock.h"

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * KPM_SECOND + ts.tv_nsec;
}

int64_t kpm_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t kpm_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t kpm_thread_time(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
