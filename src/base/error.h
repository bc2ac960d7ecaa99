/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors are values: a function that can fail returns 0 or -errno and leaves one sentence that
 * names the object and what to do. Only main prints it. `usage` marks a mistake in the user's
 * words, which decides the exit status; the errno does not.
 */
#ifndef KPM_ERROR_H
#define KPM_ERROR_H

#include <stdbool.h>

struct kpm_err {
	char text[512]; /* one sentence, no newline */
	bool usage;     /* the command line, or a file of rules, is invalid */
};

/* Exit codes of the program. */
enum kpm_exit {
	KPM_EXIT_OK = 0,
	KPM_EXIT_FAILED = 1,
	KPM_EXIT_USAGE = 2,
	KPM_EXIT_ALERT = 3,
	KPM_EXIT_NOTHING = 4,
};

/* Writes the sentence and returns `code`, a negative errno. `err` may be NULL. */
int kpm_fail(struct kpm_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a usage mistake. Returns -EINVAL. */
int kpm_usage(struct kpm_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
