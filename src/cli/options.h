/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, parsed once into one struct, const from then on. */
#ifndef KPM_OPTIONS_H
#define KPM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/commands.h"
#include "sink/sink.h"
#include "source/live.h"
#include "view/frame.h"

#define KPM_VERSION "0.1"

/* Files that are read or written if none is named. */
#define KPM_LABELS_FILE   "/etc/kpoolmon/tags.conf"
#define KPM_SNAPSHOT_FILE "poolsnap.log"
#define KPM_ALERTS_FILE   "/etc/kpoolmon/alerts.conf"

/* Arguments of an option that can be repeated, ended by NULL. */
struct kpm_list {
	const char **item; /* NULL: none */
	size_t count;
};

/* One member for each row of option_rows.h that stores a value; strings are those of argv. */
struct kpm_options {
	const struct kpm_command *command; /* NULL: console on a terminal, else dump */
	char *const *words;                /* behind the command's name, ended by NULL */
	char *const *child;                /* program behind `--` and its arguments, or NULL */
	bool help, version;
	/* counting */
	struct kpm_live_opts live;
	int64_t for_ns;      /* how long; the command's usual time if it is not given */
	bool for_given;      /* it is */
	int64_t interval_ns; /* between two samples */
	bool private;        /* with probes of our own, whatever is pinned */
	bool no_audit;
	const char *from; /* a recording instead of the kernel, or NULL */
	uint64_t keep;    /* record: bytes that its files may take */
	uint64_t per_op;  /* diff: operations between the two; 0: not told */
	bool verify;      /* status: compare with the kernel's own counts */
	/* showing */
	struct kpm_view_opts view;
	struct kpm_list include, exclude; /* patterns, which the view borrows */
	bool totals, no_highlight, exact, verbose;
	const char *labels;     /* file of -g, or NULL */
	const char *columns;    /* as given: LIST or +LIST; NULL: the format's own */
	enum kpm_format format; /* KPM_FORMAT_NONE: by each file's suffix, else the table */
	/* writing */
	struct kpm_list outputs; /* none: standard output; `-` is it, too */
	bool append, changed;
	const char *snapshot; /* file of -n, or NULL */
	/* watch */
	struct kpm_list alerts;
	const char *alerts_file; /* NULL: the installed one, if it is there */
	bool once, syslog;
	const char *state; /* file, or NULL */
	const char *exec;  /* program, or NULL */
	/* find */
	const char *release; /* NULL: the running kernel's, or the only one there */
	const char *root;    /* NULL: / */
};

/*
 * Parses. *parsed refers to argv and is freed with kpm_options_free. 0, or -errno and a sentence.
 */
int kpm_options_parse(int argc, char *const argv[], const struct kpm_options **parsed,
		      struct kpm_err *err);
void kpm_options_free(const struct kpm_options *options);

/* The file of labels: that of -g, else the installed one if it is there, else NULL. */
const char *kpm_labels_file(const struct kpm_options *options);
/* The first --output; NULL: standard output. */
const char *kpm_output_file(const struct kpm_options *options);

#endif
