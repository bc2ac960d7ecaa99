/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FILE@TIME, which names a sample in a file of samples. TIME is one of
 *
 *   2026-01-31T23:59:59Z   UTC; a blank may stand for the T, seconds and Z may be left out
 *   +DURATION              after the first sample of the file, durations as in base/parse.h
 *   -DURATION              before the last one
 *
 * and means the last sample at or before that time.
 */
#ifndef KPM_FILE_TIME_H
#define KPM_FILE_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct kpm_file_time {
	enum { KPM_TIME_LAST, KPM_TIME_WALL, KPM_TIME_AFTER_FIRST, KPM_TIME_BEFORE_LAST } from;
	int64_t ns; /* wall clock or duration, by `from`; KPM_TIME_LAST: not used */
};

/*
 * Splits FILE@TIME: writes FILE into buf, cut if it is too small, and returns TIME, which points
 * into `name`, or NULL if there is none. If a file of the whole name exists, it is
 * that file, and there is no TIME.
 */
const char *kpm_file_time_split(const char *name, char *buf, size_t size);

/*
 * Parses TIME; NULL is the last sample. An absolute time is the end of its second, since samples'
 * times are shown in whole seconds. 0, or -EINVAL and a sentence that names `file`.
 */
int kpm_file_time_parse(const char *text, const char *file, struct kpm_file_time *time,
			struct kpm_err *err);

/* Converts a time to the wall clock, given the times of the first and the last sample. */
int64_t kpm_file_time_wall(const struct kpm_file_time *time, int64_t first_ns, int64_t last_ns);

#endif
