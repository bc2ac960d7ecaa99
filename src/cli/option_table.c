// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of options and the help that is made from it. */
#include <errno.h>
#include <string.h>

#include "cli/options.h"

#define TOP      KPM_OF(KPM_TOP)
#define DUMP     KPM_OF(KPM_DUMP)
#define FIND     KPM_OF(KPM_FIND)
#define WATCH    KPM_OF(KPM_WATCH)
#define SUSPECTS KPM_OF(KPM_SUSPECTS)
#define START    KPM_OF(KPM_START)
#define STOP     KPM_OF(KPM_STOP)
#define STATUS   KPM_OF(KPM_STATUS)
#define RECORD   KPM_OF(KPM_RECORD)
#define REPLAY   KPM_OF(KPM_REPLAY)
#define DIFF     KPM_OF(KPM_DIFF)
#define REPORT   KPM_OF(KPM_REPORT)
#define AUDIT    KPM_OF(KPM_AUDIT)
/* those that read books, those that can load probes, and those that show rows */
#define READERS (TOP | DUMP | WATCH | SUSPECTS | RECORD | REPORT | AUDIT)
#define PROBES  (READERS | START)
#define SHOWS   (TOP | DUMP | REPLAY)

const char *const kpm_verb_names[KPM_VERBS] = {
	[KPM_TOP] = "console",       [KPM_DUMP] = "dump",     [KPM_WATCH] = "watch",
	[KPM_SUSPECTS] = "suspects", [KPM_FIND] = "find",     [KPM_START] = "start",
	[KPM_STOP] = "stop",         [KPM_STATUS] = "status", [KPM_RECORD] = "record",
	[KPM_REPLAY] = "replay",     [KPM_DIFF] = "diff",     [KPM_REPORT] = "report",
	[KPM_AUDIT] = "audit"};

bool kpm_option_is_of(const struct kpm_option *option, enum kpm_verb verb)
{
	return (option->verbs ? option->verbs : SHOWS) & KPM_OF(verb);
}

const struct kpm_option kpm_option_table[KPM_OPTS] = {
	[KPM_OPT_FOR] = {"for", 0, "DURATION",
			 .verbs = DUMP | WATCH | SUSPECTS | RECORD | REPORT | AUDIT,
			 .group = "What is counted",
			 .help = "count for so long (10s, suspects 1m; 90s, 10m, 2h)"},
	[KPM_OPT_INTERVAL] = {"interval", 'D', "DURATION",
			      .verbs = TOP | WATCH | SUSPECTS | RECORD | REPLAY,
			      .help = "take a sample so often (2s; watch, record 10s)"},
	[KPM_OPT_OBJECTS] = {"objects", 0, "N", .verbs = PROBES,
			     .help = "room for so many objects (from the memory; 250k, 2M)"},
	[KPM_OPT_TAGS] = {"tags", 0, "N", .verbs = PROBES, .help = "room for so many call sites"},
	[KPM_OPT_NO_RESCUE] = {"no-rescue", 0, NULL, .verbs = PROBES,
			       .help = "attach the free probes once only: cheaper, loses frees"},
	[KPM_OPT_PROBES] = {"probes", 0, "LIST", .verbs = PROBES,
			    .help = "probes that must (+NAME) or may not (-NAME) be attached"},
	[KPM_OPT_PRIVATE] = {"private", 0, NULL, .verbs = READERS,
			     .help = "with probes of its own, also if tracking was started"},
	[KPM_OPT_NO_AUDIT] = {"no-audit", 0, NULL, .verbs = READERS & ~AUDIT,
			      .help = "leave freed objects whose free was not seen on the books"},
	[KPM_OPT_VERIFY] = {"verify", 0, NULL, .verbs = STATUS,
			    .help = "fail if a cache has more objects on the books than at all"},
	[KPM_OPT_PINS] = {"pins", 0, "DIR", .verbs = PROBES | STOP | STATUS,
			  .help = "folder of what start pins (" KPM_PINS_DIR ")"},
	[KPM_OPT_FROM] = {"from", 0, "FILE", .verbs = DUMP,
			  .help = "nothing: the last sample of a recording, or of FILE@TIME"},
	[KPM_OPT_KEEP] = {"keep", 0, "SIZE", .verbs = RECORD,
			  .help = "the recording's files take no more than that (256M)"},
	[KPM_OPT_PER_OP] = {"per-op", 0, "N", .verbs = DIFF,
			    .help = "growth for each of the N operations between the two"},
	[KPM_OPT_POOL] = {"pool", 'p', NULL, .group = "What is shown",
			  .help = "non-paged (unreclaimable) memory only; twice: paged only"},
	[KPM_OPT_INCLUDE] = {"include", 'i', "PATTERN", .verbs = SHOWS | DIFF,
			     .help = "only tags whose name, symbol, module or cache matches"},
	[KPM_OPT_EXCLUDE] = {"exclude", 'x', "PATTERN", .verbs = SHOWS | DIFF,
			     .help = "not these; both are repeatable"},
	[KPM_OPT_SORT] = {"sort", 0, "COLUMN", .help = "order by a column (bytes)"},
	[KPM_OPT_REVERSE] = {"reverse", 0, NULL, .help = "the other way round"},
	[KPM_OPT_LIMIT] = {"limit", 0, "N", .verbs = DUMP | SUSPECTS | FIND | DIFF | REPORT | AUDIT,
			   .help = "the first N tags or files only"},
	[KPM_OPT_BY_CHANGE] = {"by-change", '(', NULL,
			       .help = "order by the change in the second half of the counting"},
	[KPM_OPT_SORT_TAG] = {NULL, 't', NULL, .help = "order by tag"},
	[KPM_OPT_SORT_ALLOCS] = {NULL, 'a', NULL, .help = "order by allocs"},
	[KPM_OPT_SORT_FREES] = {NULL, 'f', NULL, .help = "order by frees"},
	[KPM_OPT_SORT_DIFF] = {NULL, 'd', NULL, .help = "order by outstanding objects"},
	[KPM_OPT_SORT_BYTES] = {NULL, 'b', NULL, .help = "order by outstanding bytes"},
	[KPM_OPT_SORT_PER_ALLOC] = {NULL, 'm', NULL, .help = "order by bytes per object"},
	[KPM_OPT_TOTALS] = {"totals", 'e', NULL, .help = "sums at the bottom of the table"},
	[KPM_OPT_NO_HIGHLIGHT] = {"no-highlight", 'l', NULL, .help = "no highlighting"},
	[KPM_OPT_LABELS] = {"labels", 'g', "FILE", true,
			    .help = "add the column Label from FILE (" KPM_LABELS_FILE ")"},
	[KPM_OPT_EXACT] = {"exact", 0, NULL, .verbs = SHOWS | DIFF,
			   .help = "sizes in bytes, without units"},
	[KPM_OPT_VERBOSE] = {"verbose", 0, NULL, .verbs = DUMP,
			     .help = "in the table, how each probe is attached"},
	[KPM_OPT_COLUMNS] = {"columns", 0, "LIST",
			     .help = "these columns; +LIST: these too, see below"},
	[KPM_OPT_FORMAT] = {"format", 0, "FORMAT",
			    .verbs = DUMP | WATCH | SUSPECTS | FIND | STATUS | DIFF | AUDIT,
			    .group = "Where to",
			    .help = "table, csv, json, record, prometheus (by the suffix of FILE)"},
	[KPM_OPT_OUTPUT] = {"output", 'o', "FILE", .verbs = DUMP | DIFF | REPORT,
			    .help = "write FILE instead of standard output; repeatable"},
	[KPM_OPT_APPEND] = {"append", 0, NULL, .verbs = DUMP, .help = "add to FILE (csv, json)"},
	[KPM_OPT_CHANGED] = {"changed", 0, NULL, .verbs = DUMP,
			     .help = "with --append, only rows that changed since FILE's last"},
	[KPM_OPT_SNAPSHOT] = {"snapshot", 'n', "FILE", true, .verbs = DUMP,
			      .help = "write the exact table to FILE (" KPM_SNAPSHOT_FILE ")"},
	[KPM_OPT_ALERT] = {"alert", 0, "RULE", .verbs = TOP | WATCH, .group = "What is watched for",
			   .help = "as 'bytes > 512M', 'growth > 64M in 10m'; repeatable"},
	[KPM_OPT_ALERTS] = {"alerts", 0, "FILE", .verbs = TOP | WATCH,
			    .help = "rules, a line each (" KPM_ALERTS_FILE ")"},
	[KPM_OPT_ONCE] = {"once", 0, NULL, .verbs = WATCH, .help = "one sample; status 3: alerts"},
	[KPM_OPT_STATE] = {"state", 0, "FILE", .verbs = WATCH,
			   .help = "with --once, what earlier runs saw is kept in FILE"},
	[KPM_OPT_SYSLOG] = {"syslog", 0, NULL, .verbs = WATCH,
			    .help = "also to the journal or syslog"},
	[KPM_OPT_EXEC] = {"exec", 0, "PROGRAM", .verbs = WATCH,
			  .help = "run PROGRAM for each alert that begins or is over"},
	[KPM_OPT_KERNEL] = {"kernel", 0, "VERSION", .verbs = FIND, .group = "What find searches",
			    .help = "files of this kernel (of the running one)"},
	[KPM_OPT_ROOT] = {"root", 0, "DIR", .verbs = FIND,
			  .help = "a copied tree: with lib/modules in it, or modules"},
	[KPM_OPT_HELP] = {"help", 'h', NULL, .verbs = ~0U, .group = "Else",
			  .help = "this text; also -?"},
	[KPM_OPT_VERSION] = {"version", 0, NULL, .verbs = ~0U, .help = "the version"},
};

#define SEE_HELP "; kpoolmon --help lists the options"

int kpm_option_unknown(const char *word, int letter, struct kpm_err *err)
{
	switch (letter) {
	case 's':
		return kpm_fail(err, -EINVAL,
				"-s (session pools) has no counterpart: Linux has "
				"one set of pools; leave it out");
	case 'c':
		return kpm_fail(err, -EINVAL,
				"-c (localtag.txt) is not needed: the column Module "
				"names every tag's module; leave it out or label tags with -g");
	case 'u':
		return kpm_fail(err, -EINVAL,
				"-u is no documented switch of poolmon; -b orders by "
				"bytes, which is the order without any switch");
	case 0:
		return kpm_fail(err, -EINVAL, "unknown or ambiguous option '%.60s'" SEE_HELP, word);
	default:
		return kpm_fail(err, -EINVAL, "unknown option '-%c'" SEE_HELP, letter);
	}
}

static void option_line(FILE *out, const struct kpm_option *o)
{
	char text[64], letter[8] = "   ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c%c", o->letter, o->name ? ',' : ' ');
	if (o->name && o->arg)
		snprintf(text, sizeof(text), o->optional ? "--%s[=%s]" : "--%s %s", o->name,
			 o->arg);
	else
		snprintf(text, sizeof(text), "%s%s", o->name ? "--" : "", o->name ? o->name : "");
	fprintf(out, "  %s %-20s %s\n", letter, text, o->help);
}

void kpm_options_help(FILE *out)
{
	fputs("usage: kpoolmon [console] [OPTION...]\n"
	      "       kpoolmon [dump] [OPTION...] [-- COMMAND [ARGUMENT...]]\n"
	      "       kpoolmon watch [OPTION...]\n"
	      "       kpoolmon suspects [OPTION...]\n"
	      "       kpoolmon find NAME... [OPTION...]\n"
	      "       kpoolmon start | stop | status [OPTION...]\n"
	      "       kpoolmon record FILE [OPTION...]\n"
	      "       kpoolmon replay FILE[@TIME] [OPTION...]\n"
	      "       kpoolmon diff A[@TIME] B[@TIME] [OPTION...]\n"
	      "       kpoolmon report [OPTION...]\n"
	      "       kpoolmon audit [OPTION...]\n\n"
	      "Counts the kernel's slab allocations by call site and shows who holds the memory.\n"
	      "console: on a terminal, until q; the command if none is given there. ? lists the keys.\n"
	      "dump: once, after some seconds, or with COMMAND while COMMAND runs.\n"
	      "watch: alert when a tag grows past a threshold. suspects: tell a leak from a cache.\n"
	      "find: which module files know a symbol, a tag, a slab cache, a pattern, an address.\n"
	      "start: track without a process until stop; all commands show what was counted since.\n"
	      "status: is anything tracked, since when, and what it costs.\n"
	      "record: a sample each interval into a file, until a signal; replay: the console on it.\n"
	      "diff: what grew from A to B: CSV files, recordings, or two times of one.\n"
	      "report: one text for a bug tracker: machine, modules, rows, losses.\n"
	      "audit: ask the allocator which objects on the books are free, and take them off.\n",
	      out);
	for (int i = 0; i < KPM_OPTS; i++) {
		if (kpm_option_table[i].group)
			fprintf(out, "\n%s:\n", kpm_option_table[i].group);
		option_line(out, &kpm_option_table[i]);
	}
	fputs("\npoolmon's way of writing works too: /b /p /iPATTERN /n FILE. Patterns have * and "
	      "?.\n\nColumns:\n",
	      out);
	for (size_t i = 0; i < kpm_column_count; i++)
		fprintf(out, "  %-17s %s\n", kpm_columns[i].name, kpm_columns[i].help);
	fputs("\nExit status: 0 fine, 1 failed, 2 wrong usage, 3 an alert, 4 nothing found. More in kpoolmon(8).\n",
	      out);
}
