/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alert on its way to somebody: as a line, as JSON, to syslog or the journal. */
#ifndef KPOOLMON_NOTICE_H
#define KPOOLMON_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/alerts.h"
#include "view/verdict.h"

/* What there is to tell; all borrowed. */
struct kpm_notice {
	const struct kpm_alert *alert;
	const struct kpm_tag_name *name;
	const struct kpm_snapshot *snap;
	const struct kpm_row *row;
	const struct kpm_evidence *evidence; /* NULL: not gathered */
};

/* Longest text of these functions, with the NUL. */
#define KPM_NOTICE_LEN 4096

/*
 * `2026-01-31T23:59:59Z alert NAME: RULE: TAG (CACHE) has 1.2G: EVIDENCE`, without a newline;
 * `over` instead of `alert` when it is over. Returns buf.
 */
char *kpm_notice_text(const struct kpm_notice *notice, char *buf);
/* The same facts as one JSON object on one line, to be freed; NULL: out of memory. */
char *kpm_notice_json(const struct kpm_notice *notice);

/* To the journal with fields KPOOLMON_RULE, KPOOLMON_TAG, ...; where there is none, to syslog. */
void kpm_notice_log(const struct kpm_notice *notice);

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
