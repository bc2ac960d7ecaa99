/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of options: one typed row each in option_rows.h. Parsing, --help and the completions
 * read nothing else about an option.
 */
#ifndef KPM_OPTION_TABLE_H
#define KPM_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/options.h"

enum kpm_option_kind {
	KPM_OPTION_FLAG,     /* bool, set to true */
	KPM_OPTION_TOGGLE,   /* bool, turned over */
	KPM_OPTION_COUNT,    /* uint32_t or uint64_t from `least` to `most` */
	KPM_OPTION_DURATION, /* int64_t, nanoseconds, `least` at least */
	KPM_OPTION_TEXT,     /* const char *, not empty */
	KPM_OPTION_FILE,     /* the same, the name of a file */
	KPM_OPTION_FOLDER,   /* the same, of a folder */
	KPM_OPTION_LIST,     /* struct kpm_list of texts, `most` at most */
	KPM_OPTION_FILES,    /* the same, of files */
	KPM_OPTION_OTHER,    /* `set` does it */
};

struct kpm_option {
	const char *name;  /* long form; NULL: none */
	char letter;       /* short form; 0: none */
	const char *arg;   /* its argument in --help; NULL: it takes none */
	const char *usual; /* the default of its argument; NULL: the argument is required */
	enum kpm_option_kind kind;
	size_t offset, size; /* of the member of struct kpm_options */
	uint64_t least, most;
	int (*set)(struct kpm_options *options, const char *arg, struct kpm_err *err);
	bool own_probes;      /* asks for what only probes of our own have */
	const char *commands; /* that have it, or groups of them (struct kpm_command); `*`: all */
	const char *group;    /* heading in --help; NULL: as the one before */
	const char *help;     /* one line */
};

/* How many rows there are. */
enum {
#define OPTION(...) +1
#define STORED(...) +1
	KPM_OPTIONS =
#include "cli/option_rows.h"
#undef STORED
#undef OPTION
};

extern const struct kpm_option kpm_option_table[KPM_OPTIONS];

/* Does a command have an option? */
bool kpm_option_is_of(const struct kpm_option *option, const struct kpm_command *command);

/* Stores a value; `arg` is NULL where none was given. 0, or -errno and a sentence. */
int kpm_option_set(const struct kpm_option *option, struct kpm_options *options, const char *arg,
		   struct kpm_err *err);

/* The sentence for an option that is not in the table: if poolmon has it, why it is not needed.
 * Returns -EINVAL. */
int kpm_option_unknown(const char *word, int letter, struct kpm_err *err);

#endif
