/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts to a program of the user's, --exec. */
#ifndef KPM_RUNNER_H
#define KPM_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/notice.h"

/*
 * Runs a program for each notice: no shell, one at a time, 30 seconds for each, 64 waiting at most.
 * The facts are in its environment (KPM_STATE, KPM_RULE, KPM_NAME, KPM_TAG, KPM_MODULE, KPM_CACHE,
 * KPM_VALUE, KPM_BYTES, KPM_OBJECTS, KPM_TIME, KPM_EVIDENCE) and as JSON on its standard input.
 */
struct kpm_runner;

struct kpm_runner *kpm_runner_new(const char *program); /* NULL: out of memory */
/* Ends the program that runs. */
void kpm_runner_free(struct kpm_runner *runner);

/* Puts a notice into the queue. False if the queue is full or memory is out: it is dropped. */
bool kpm_runner_add(struct kpm_runner *runner, const struct kpm_notice *notice);
/*
 * Looks after the program that runs and starts the next; to be called after SIGCHLD and at ticks.
 * True with a sentence if one failed; then call again.
 */
bool kpm_runner_step(struct kpm_runner *runner, int64_t mono_ns, struct kpm_err *failure);
bool kpm_runner_busy(const struct kpm_runner *runner);

#endif
