/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of every command that takes time: ticks of a timer, signals, file descriptors, a
 * deadline. Signals must be held (kpm_signals_hold) before it runs.
 */
#ifndef KPM_LOOP_H
#define KPM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* A callback that returns another value than 0 ends the loop with it. Each may be NULL. */
struct kpm_loop {
	int64_t every_ns; /* between two ticks */
	int64_t for_ns;   /* how long to run; 0: until a signal or kpm_loop_stop() */
	/* Called at once, each interval, and at the end of for_ns. */
	int (*tick)(void *arg, struct kpm_err *err);
	bool tick_at_signal; /* and when a signal ends the loop */
	/* Called once, at half of for_ns. */
	int (*half)(void *arg, struct kpm_err *err);
	/* Called once a second: has the source been taken away? */
	int (*check)(void *arg, struct kpm_err *err);
	/* Called before each wait: keys are read and the screen is drawn here. */
	int (*turn)(void *arg, struct kpm_err *err);
	/* A child process has ended. */
	void (*child)(void *arg);
	void *arg;
	/* Progress on standard error each second, `counting: 3.0 s of 10.0 s`; NULL: none. */
	const char *doing;
	/* Descriptors that wake the loop, -1: none. It ends when the other end of `input` is gone.
	 */
	int input, wake;
	/* private */
	int timer, signals;
	int64_t start;
	bool stopped, half_done;
};

/* Runs it. 0 at its end, whatever ended it, or -errno and a sentence. */
int kpm_loop_run(struct kpm_loop *loop, struct kpm_err *err);
/* From within a callback: ends the loop before its next wait. */
void kpm_loop_stop(struct kpm_loop *loop);
/* From within a callback: another interval; 0: no ticks. */
void kpm_loop_every(struct kpm_loop *loop, int64_t ns);

/* From here on SIGINT, SIGTERM, SIGHUP and SIGCHLD wait for a loop. */
void kpm_signals_hold(void);
/* From here on they act as usual: they end the process. */
void kpm_signals_release(void);

#endif
