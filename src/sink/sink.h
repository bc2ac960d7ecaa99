/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink writes a frame in one format, to a stream in memory; sink/output.h writes the text to a
 * file. docs/ARCHITECTURE.md says what a new one touches.
 */
#ifndef KPM_SINK_H
#define KPM_SINK_H

#include <stdbool.h>
#include <stdio.h>

#include "view/column_list.h"
#include "view/frame.h"

struct kpm_sink_opts {
	struct kpm_column_list columns;
	bool exact;          /* table: numbers in full, without units */
	bool totals;         /* table: lines with the sums at the bottom */
	bool verbose;        /* table: a line for each hook */
	bool highlight;      /* table: for a terminal */
	const char *version; /* record, prometheus: of this kpoolmon */
	size_t width; /* table: columns of the terminal, which texts are cut to fit; 0: no limit */
};

/* The forms of output. KPM_FORMAT_NONE: none was chosen. */
enum kpm_format {
	KPM_FORMAT_NONE,
	KPM_FORMAT_TABLE,
	KPM_FORMAT_CSV,
	KPM_FORMAT_JSON,
	KPM_FORMAT_RECORD,
	KPM_FORMAT_PROMETHEUS,
	KPM_FORMAT_FOLDED, /* these of stacks alone */
	KPM_FORMAT_SVG,
	KPM_FORMAT_PPROF,
	KPM_FORMATS
};

struct kpm_sink {
	const char *name;
	const char *suffixes; /* of files that are meant to have this form, separated by blanks */
	const char *columns;  /* shown by default */
	const char *change_columns; /* the same with --by-change; NULL: no others */
	bool can_append;
	bool who;     /* says of each tag who is behind it, in lists */
	bool private; /* has addresses of the kernel: its files are for their owner alone */
	/* Writes the beginning of a file, before the first sample; NULL: nothing. 0 or -ENOMEM. */
	int (*head)(FILE *out, const struct kpm_sink_opts *opts);
	/* NULL: a form of something else than samples. 0 or -ENOMEM. */
	int (*sample)(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts);
};

extern const struct kpm_sink kpm_sink_table;
extern const struct kpm_sink kpm_sink_csv;
extern const struct kpm_sink kpm_sink_json;
extern const struct kpm_sink kpm_sink_record;
extern const struct kpm_sink kpm_sink_prometheus;
extern const struct kpm_sink kpm_sink_folded;
extern const struct kpm_sink kpm_sink_svg;
extern const struct kpm_sink kpm_sink_pprof;

/* The sink of a format; of none: the table. */
const struct kpm_sink *kpm_sink_of(enum kpm_format format);
/* The format of a name, and the one that a file's suffix asks for; KPM_FORMAT_NONE: there is none.
 */
enum kpm_format kpm_format_find(const char *name);
enum kpm_format kpm_format_for_file(const char *file);   /* of samples */
enum kpm_format kpm_stacks_format_for(const char *file); /* of stacks */
/* `table, csv, ... and prometheus`. Returns buf. */
char *kpm_format_names(char *buf, size_t size);

#endif
