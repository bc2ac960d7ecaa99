/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors are values: a function that can fail returns 0 or -errno and leaves one sentence that
 * names the object and the way out. Only main prints it.
 */
#ifndef KPOOLMON_ERROR_H
#define KPOOLMON_ERROR_H

struct kpm_err {
	char text[512]; /* one sentence, no newline */
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

#endif
