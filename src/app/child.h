/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that `dump -- COMMAND` runs while it counts. It is forked before the probes are
 * attached and rights are dropped, and waits behind a pipe: it is counted from its first
 * instruction on, with the rights and signals that the caller had.
 */
#ifndef KPM_CHILD_H
#define KPM_CHILD_H

#include <stdbool.h>

#include "base/error.h"

struct kpm_child;

/* Forks the process; it waits. 0, or -errno and a sentence. */
int kpm_child_new(char *const argv[], struct kpm_child **child, struct kpm_err *err);
/* Lets it run. 0, or -errno and a sentence if the program cannot be run. */
int kpm_child_go(struct kpm_child *child, struct kpm_err *err);
/* Has it ended? To be asked after SIGCHLD. */
bool kpm_child_over(struct kpm_child *child);
/* True and a sentence if its exit status was not 0. */
bool kpm_child_failed(const struct kpm_child *child, struct kpm_err *err);
/* Ends it if it still runs. */
void kpm_child_free(struct kpm_child *child);

#endif
