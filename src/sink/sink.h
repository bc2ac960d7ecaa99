/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink writes a frame in some form. One of the three extension points. Sinks write to a stream
 * in memory; what becomes of the text is the output's business (src/sink/output.h).
 */
#ifndef KPOOLMON_SINK_H
#define KPOOLMON_SINK_H

#include <stdbool.h>
#include <stdio.h>

#include "view/columns.h"
#include "view/frame.h"

struct kpm_sink_opts {
	struct kpm_column_list columns;
	bool exact;          /* table: numbers in full, without units */
	bool totals;         /* table: lines with the sums at the bottom */
	bool verbose;        /* table: a line for each hook */
	bool highlight;      /* table: for a terminal */
	const char *version; /* record, prometheus: of this kpoolmon */
	size_t width; /* table: columns of the terminal, which texts are cut to fit; 0: as wide
		       * as it comes */
};

struct kpm_sink {
	const char *name;
	const char *suffixes; /* of files that are meant to have this form, separated by blanks */
	const char *columns;  /* what is shown without being told */
	const char *change_columns; /* the same with --by-change; NULL: no others */
	bool can_append;
	/* What a file begins with, before the first sample; NULL: nothing. */
	int (*head)(FILE *out, const struct kpm_sink_opts *opts);
	/* 0 or -ENOMEM. */
	int (*sample)(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts);
};

extern const struct kpm_sink kpm_sink_table;
extern const struct kpm_sink kpm_sink_csv;
extern const struct kpm_sink kpm_sink_json;
extern const struct kpm_sink kpm_sink_record;
extern const struct kpm_sink kpm_sink_prometheus;

/*
 * Writes a text field of CSV. What a spreadsheet would run as a formula gets the apostrophe that
 * stops it.
 */
void kpm_csv_text(FILE *out, const char *raw);

/* The sink of a name, or NULL. */
const struct kpm_sink *kpm_sink_find(const char *name);
/* The sink that a file's suffix asks for, or NULL. */
const struct kpm_sink *kpm_sink_for_file(const char *file);

#endif
