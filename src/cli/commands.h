/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of commands: one row each in command_rows.h, whose function kpm_cmd_NAME() is in
 * src/cmd/cmd_NAME.c. Parsing, --help, the completions and main read nothing else about a command.
 */
#ifndef KPM_COMMANDS_H
#define KPM_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct kpm_options;

/* What a command leaves beside success or failure. */
struct kpm_outcome {
	enum kpm_exit exit;  /* of a success: KPM_EXIT_OK, _ALERT or _NOTHING */
	struct kpm_err note; /* a sentence that is no failure; empty: none */
	/* reports a problem that does not end the command, in a sentence */
	void (*warn)(const char *text);
};

/*
 * Runs a command. 0, or -errno and a sentence; -EPIPE if the reader of standard output is gone.
 * *outcome is zeroed but for `warn`.
 */
typedef int kpm_run_command(const struct kpm_options *options, struct kpm_outcome *outcome,
			    struct kpm_err *err);

struct kpm_command {
	const char *name;
	const char *operands; /* words behind the name, as --help shows them; NULL: none */
	size_t least, most;   /* how many words */
	const char *needs;    /* the words in a sentence: `NAME needs ...` */
	const char *formats;  /* names for --format, separated by blanks; NULL: it has no choice */
	/* Groups of options that it has, separated by blanks, besides those that name it:
	 *   reads   reads the tracking tables, or loads probes of its own
	 *   probes  can load probes
	 *   pins    knows where the pinned tables are
	 *   shows   shows rows: filter, order, columns */
	const char *options;
	int64_t for_ns;      /* --for, if it is not given */
	int64_t interval_ns; /* --interval, if it is not given */
	bool child;          /* runs a COMMAND, given behind `--` */
	bool terminal;       /* draws on a terminal; elsewhere dump runs instead */
	bool recording;      /* its first word is a recording, shown instead of the kernel */
	bool audits;         /* needs the audit, whether frees are seen or not */
	const char *help;    /* one line */
	kpm_run_command *run;
};

extern const struct kpm_command kpm_commands[];
extern const size_t kpm_command_count;

/* NULL: no command of that name. */
const struct kpm_command *kpm_command_find(const char *name);

#define COMMAND(NAME, ...) kpm_run_command kpm_cmd_##NAME;
#include "cli/command_rows.h"
#undef COMMAND

#endif
