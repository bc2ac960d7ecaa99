/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of a sample by the text of their tags: what two samples of different files can be
 * compared by. From a CSV file, or from a recording.
 */
#ifndef KPOOLMON_SHEET_H
#define KPOOLMON_SHEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct kpm_sheet_row {
	char *tag;
	char *cache;  /* NULL: not known */
	char *module; /* NULL: not known */
	uint64_t allocs, frees, diff, bytes;
};

struct kpm_sheet {
	char host[65];
	char kernel[65];
	int64_t wall_ns;            /* 0: not known */
	int64_t tracked_ms;         /* monotonic, since tracking began; -1: not known */
	struct kpm_sheet_row *rows; /* in order of tag and cache */
	uint32_t count, capacity;
};

/*
 * Reads FILE or FILE@TIME (base/file_time.h); without a time the last sample. A CSV file
 * may hold only the rows that changed (dump --changed): a row stays what it was until it stands
 * there again. 0, or -errno and a sentence.
 */
int kpm_sheet_open(const char *name, struct kpm_sheet *sheet, struct kpm_err *err);
/* Reads CSV from a stream up to the time `text`, NULL for the last sample. */
int kpm_sheet_read_csv(FILE *in, const char *name, const char *text, struct kpm_sheet *sheet,
		       struct kpm_err *err);
void kpm_sheet_done(struct kpm_sheet *sheet);

/* Takes over the strings of `row`, also on failure. 0 or -ENOMEM. */
int kpm_sheet_add(struct kpm_sheet *sheet, const struct kpm_sheet_row *row);
/* Brings the rows into order; of rows of the same tag and cache the last one stays. */
void kpm_sheet_settle(struct kpm_sheet *sheet);
void kpm_sheet_clear(struct kpm_sheet *sheet);
/* Does b go on from a? The caches of a kmalloc call site become more: `x`, `x+y`. */
bool kpm_sheet_goes_on(const struct kpm_sheet_row *a, const struct kpm_sheet_row *b);
/* By tag and cache. */
int kpm_sheet_order(const struct kpm_sheet_row *a, const struct kpm_sheet_row *b);

#endif
