/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. Parsed once; const from then on. */
#ifndef KPOOLMON_OPTIONS_H
#define KPOOLMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "sink/sink.h"
#include "source/live.h"
#include "view/frame.h"

#define KPM_VERSION "0.1"

#define KPM_OUTPUTS_MAX 8
#define KPM_KEEP_MIN    10000
#define KPM_KEEP_MAX    1000000000000
#define KPM_ALERTS_MAX  64
/* Shortest interval of the console, ns. */
#define KPM_INTERVAL_MIN 100000000LL

/* Commands. Without one it is the console on a terminal, else dump. */
enum kpm_verb {
	KPM_NO_VERB,
	KPM_TOP,
	KPM_DUMP,
	KPM_WATCH,
	KPM_SUSPECTS,
	KPM_FIND,
	KPM_START,
	KPM_STOP,
	KPM_STATUS,
	KPM_RECORD,
	KPM_REPLAY,
	KPM_DIFF,
	KPM_REPORT,
	KPM_AUDIT,
	KPM_VERBS
};

struct kpm_options {
	enum kpm_verb verb;
	bool help;
	bool version;
	struct kpm_live_opts live;
	const char *from;            /* recording instead of a kernel, or NULL */
	uint64_t keep;               /* record: bytes that the files may take */
	uint64_t per_op;             /* diff: operations between the two; 0: not told */
	bool verify;                 /* status: hold the books against the kernel's figures */
	bool private;                /* count with probes of our own, whatever is pinned */
	bool for_given;              /* and not the usual time */
	int64_t for_ns;              /* how long to count */
	int64_t interval_ns;         /* between two samples */
	const struct kpm_sink *sink; /* NULL: by each file's suffix, else the table */
	const char *columns;         /* as given: LIST or +LIST; NULL: the sink's */
	struct kpm_view_opts view;
	bool totals;
	bool no_highlight;
	bool exact;
	bool verbose;
	bool append;
	bool changed;
	const char *outputs[KPM_OUTPUTS_MAX]; /* none: standard output */
	size_t output_count;
	const char *snapshot; /* file of -n, or NULL */
	const char *labels;   /* file of -g, or NULL */
	char *const *command; /* program to run and its arguments, or NULL */
	/* watch */
	const char *alerts[KPM_ALERTS_MAX];
	size_t alert_count;
	const char *alerts_file; /* NULL: the installed one, if it is there */
	bool once;
	const char *state; /* file, or NULL */
	bool syslog;
	const char *exec;    /* program, or NULL */
	char *const *words;  /* behind the command's name; NULL-terminated */
	const char *release; /* find: NULL: of the running kernel, or the only one there */
	const char *root;    /* NULL: / */
};

/* Where -g and -n look and write without a name. */
#define KPM_LABELS_FILE   "/etc/kpoolmon/tags.conf"
#define KPM_SNAPSHOT_FILE "poolsnap.log"
#define KPM_ALERTS_FILE   "/etc/kpoolmon/alerts.conf"
/* What --help calls the folder of the pinned books; src/base/roots.c finds it. */
#define KPM_PINS_DIR "kpoolmon in the bpf file system"

/*
 * Parses. *parsed refers to argv and is freed with kpm_options_free. 0, or -errno and a sentence;
 * -EINVAL is the user's mistake.
 */
int kpm_options_parse(int argc, char *const argv[], const struct kpm_options **parsed,
		      struct kpm_err *err);
void kpm_options_free(const struct kpm_options *options);
/* The file of labels: that of -g, else the installed one if it is there, else NULL. */
const char *kpm_labels_file(const struct kpm_options *options);

/* The text of --help. */
void kpm_options_help(FILE *out);

/* The table of options, for the parser, the help and the tests. */
enum kpm_option_id {
	KPM_OPT_FOR,
	KPM_OPT_INTERVAL,
	KPM_OPT_OBJECTS,
	KPM_OPT_TAGS,
	KPM_OPT_NO_RESCUE,
	KPM_OPT_PROBES,
	KPM_OPT_PRIVATE,
	KPM_OPT_NO_AUDIT,
	KPM_OPT_VERIFY,
	KPM_OPT_PINS,
	KPM_OPT_FROM,
	KPM_OPT_KEEP,
	KPM_OPT_PER_OP,
	KPM_OPT_POOL,
	KPM_OPT_INCLUDE,
	KPM_OPT_EXCLUDE,
	KPM_OPT_SORT,
	KPM_OPT_REVERSE,
	KPM_OPT_LIMIT,
	KPM_OPT_BY_CHANGE,
	KPM_OPT_SORT_TAG,
	KPM_OPT_SORT_ALLOCS,
	KPM_OPT_SORT_FREES,
	KPM_OPT_SORT_DIFF,
	KPM_OPT_SORT_BYTES,
	KPM_OPT_SORT_PER_ALLOC,
	KPM_OPT_TOTALS,
	KPM_OPT_NO_HIGHLIGHT,
	KPM_OPT_LABELS,
	KPM_OPT_EXACT,
	KPM_OPT_VERBOSE,
	KPM_OPT_COLUMNS,
	KPM_OPT_FORMAT,
	KPM_OPT_OUTPUT,
	KPM_OPT_APPEND,
	KPM_OPT_CHANGED,
	KPM_OPT_SNAPSHOT,
	KPM_OPT_ALERT,
	KPM_OPT_ALERTS,
	KPM_OPT_ONCE,
	KPM_OPT_STATE,
	KPM_OPT_SYSLOG,
	KPM_OPT_EXEC,
	KPM_OPT_KERNEL,
	KPM_OPT_ROOT,
	KPM_OPT_HELP,
	KPM_OPT_VERSION,
	KPM_OPTS
};

#define KPM_OF(verb) (1U << (verb))

struct kpm_option {
	const char *name;   /* long form; NULL: none */
	char letter;        /* short form; 0: none */
	const char *arg;    /* what its argument stands for; NULL: it takes none */
	bool optional;      /* the argument may be left out */
	unsigned int verbs; /* KPM_OF() of the commands that have it; 0: console and dump */
	const char *group;  /* heading in --help; NULL: as the one before */
	const char *help;
};

extern const struct kpm_option kpm_option_table[KPM_OPTS];

/* `console`, `dump` and so on. */
extern const char *const kpm_verb_names[KPM_VERBS];
/* Checks what belongs to a command other than console and dump. 0, or -EINVAL and a sentence. */
int kpm_verb_check(const struct kpm_options *options, struct kpm_err *err);
bool kpm_option_is_of(const struct kpm_option *option, enum kpm_verb verb);

/* The sentence for an option that is not in the table: what poolmon has and we have not, and why.
 * Returns -EINVAL. */
int kpm_option_unknown(const char *word, int letter, struct kpm_err *err);

/*
 * Rewrites poolmon's ways of writing into getopt's: slash switches into dashes, -( and -? into
 * words, the file of -n and -g into --snapshot=FILE and --labels=FILE. Returns a NULL-terminated
 * vector of *count words, to be freed with kpm_words_free, NULL if memory is out. *command is the
 * rest of argv behind `--`, or NULL.
 */
char **kpm_rewrite_words(int argc, char *const argv[], int *count, char *const **command);
void kpm_words_free(char **words);

#endif
