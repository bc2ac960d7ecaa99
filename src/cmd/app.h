/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the pieces together: source, history, view, sinks, outputs. */
#ifndef KPOOLMON_APP_H
#define KPOOLMON_APP_H

#include "base/error.h"
#include "cli/options.h"
#include "view/rules.h"

/*
 * One shot: counts, takes the sample, writes it. 0 or -errno and a sentence; -EPIPE if the reader
 * of standard output is gone. `note` becomes a sentence that is no failure, or empty.
 */
int kpm_app_dump(const struct kpm_options *options, struct kpm_err *note, struct kpm_err *err);

/*
 * The console, until the user leaves it. Where the terminal cannot be drawn on: one shot, as above,
 * with a note that says so.
 */
int kpm_app_top(const struct kpm_options *options, struct kpm_err *note, struct kpm_err *err);

/*
 * Watches for the rules of the options until a signal comes. `warn` gets sentences about what does
 * not end it. *fired: an alert fired, with --once: one fires now.
 */
int kpm_app_watch(const struct kpm_options *options, void (*warn)(const char *text), bool *fired,
		  struct kpm_err *err);
/* The rules that the options name, to be freed. 0, or -errno and a sentence. */
int kpm_rules_of(const struct kpm_options *options, struct kpm_rules **rules, struct kpm_err *err);

/* Watches for a while and writes the ranking to standard output. */
int kpm_app_suspects(const struct kpm_options *options, struct kpm_err *err);

/*
 * Audits all of the books and writes what that found to standard output. 0, or -errno and a
 * sentence; -EUCLEAN if objects were free whose frees should have been seen.
 */
int kpm_app_audit(const struct kpm_options *options, struct kpm_err *err);

#endif
