/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, parsed once into one struct, const from then on. */
#ifndef KPM_OPTIONS_H
#define KPM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/commands.h"
#include "model/rollup.h"
#include "sink/sink.h"
#include "source/live.h"
#include "view/view.h"

#define KPM_VERSION "0.1"

/* Files that are read or written if none is named. */
#define KPM_LABELS_FILE   "/etc/kpoolmon/tags.conf"
#define KPM_SNAPSHOT_FILE "poolsnap.log"
#define KPM_ALERTS_FILE   "/etc/kpoolmon/alerts.conf"

/* Arguments of an option that can be repeated, ended by NULL. */
struct kpm_list {
	const char **item; /* NULL: none */
	size_t count, capacity;
};

/*
 * The command line. Beside these members there is one for each row of option_rows.h that is STORED,
 * whose help says what it means; strings are those of argv, NULL where none was given.
 */
struct kpm_options {
	const struct kpm_command *command; /* NULL: console on a terminal, else dump */
	char *const *words;                /* behind the command's name, ended by NULL */
	char *const *child;                /* program behind `--` and its arguments, or NULL */
	bool for_given;                    /* --for; else for_ns is the command's usual time */
	struct kpm_live_opts live;
	struct kpm_view_opts view; /* borrows include and exclude */
	enum kpm_format format;    /* KPM_FORMAT_NONE: by each file's suffix, else the table */
	enum kpm_rollup_by by;     /* --by */
	const char *release;       /* --kernel; NULL: the running one's, or the only one there */
#define OPTION(...)
#define STORED(TYPE, NAME, ...) TYPE NAME;
#include "cli/option_rows.h"
#undef STORED
#undef OPTION
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
