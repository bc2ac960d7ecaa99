/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time of counting: waits for its end, and runs a command meanwhile. */
#ifndef KPOOLMON_COUNT_H
#define KPOOLMON_COUNT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct kpm_command;

/*
 * Makes a process that will be COMMAND, with the rights and signals that the caller has now, and
 * that waits until it is let go. 0 or -errno.
 */
int kpm_command_new(char *const argv[], struct kpm_command **command, struct kpm_err *err);
/* Lets it go. -errno and a sentence if the program cannot be run. */
int kpm_command_go(struct kpm_command *command, struct kpm_err *err);
/*
 * True with a sentence if it ended otherwise than with status 0.
 */
bool kpm_command_failed(const struct kpm_command *command, struct kpm_err *err);
/* Ends it if it still runs. */
void kpm_command_free(struct kpm_command *command);

struct kpm_wait {
	int64_t for_ns;                                 /* how long, without a command */
	struct kpm_command *command;                    /* NULL: none */
	bool progress;                                  /* a line on standard error */
	int (*halfway)(void *arg, struct kpm_err *err); /* NULL, or called at half time */
	int (*check)(void *arg, struct kpm_err *err);   /* NULL, or called each second */
	void *arg;
};

/* The signals that are held. */
void kpm_signals_set(sigset_t *set);
/* From here on SIGINT, SIGTERM and SIGHUP wait for kpm_wait. */
void kpm_signals_hold(void);
/* After this they end the process. */
void kpm_signals_release(void);

/* Waits until the time is over, the command has ended or a signal comes. 0 or -errno. */
int kpm_wait(const struct kpm_wait *wait, struct kpm_err *err);

#endif
