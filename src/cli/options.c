// SPDX-License-Identifier: GPL-2.0-or-later
/* Parses the command line into one struct. Every mistake is one sentence with a hint. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/option_table.h"
#include "cli/options.h"

/* The options with the words that they borrow from: freed as one. */
struct parsed {
	struct kpm_options options;
	char **words;
	bool given[KPM_OPTIONS];
};

/* getopt's view of the table: a long option's value is its number past all letters. */
struct getopt_tables {
	struct option longs[KPM_OPTIONS + 1];
	char shorts[KPM_OPTIONS * 3 + 8];
};

#define LONG_BASE 256

static void make_tables(struct getopt_tables *t)
{
	struct option *l = t->longs;
	char *s = t->shorts;

	*s++ = ':'; /* a missing argument is told apart from an unknown option */
	for (int i = 0; i < KPM_OPTIONS; i++) {
		const struct kpm_option *o = &kpm_option_table[i];
		int has = !o->arg ? no_argument : o->usual ? optional_argument : required_argument;

		if (o->name)
			*l++ = (struct option){o->name, has, NULL, LONG_BASE + i};
		if (o->letter && o->letter != '(') {
			*s++ = o->letter;
			for (int colons = has; colons; colons--)
				*s++ = ':';
		}
	}
	*l = (struct option){0};
	*s = '\0';
}

static int option_of(int value)
{
	if (value >= LONG_BASE)
		return value - LONG_BASE;
	for (int i = 0; i < KPM_OPTIONS; i++)
		if (kpm_option_table[i].letter == value)
			return i;
	return -1;
}

static int missing_argument(int value, const char *word, struct kpm_err *err)
{
	const struct kpm_option *o = &kpm_option_table[option_of(value)];

	return kpm_usage(err, "%.60s needs %s: %s", word, o->arg, o->help);
}

/* Reads the options in front of, between and behind the other words, which stay behind optind. */
static int read_options(struct parsed *p, int count, struct kpm_err *err)
{
	struct getopt_tables tables;
	int value, ret = 0, id;

	make_tables(&tables);
	optind = 0; /* from the start, also when a test parses twice */
	opterr = 0;
	while (!ret &&
	       (value = getopt_long(count, p->words, tables.shorts, tables.longs, NULL)) >= 0) {
		const char *word = p->words[optind ? optind - 1 : 0];

		if (value == '?' && optopt >= LONG_BASE)
			return kpm_usage(err, "'%.60s': --%s takes no argument", word,
					 kpm_option_table[optopt - LONG_BASE].name);
		if (value == '?')
			return kpm_option_unknown(word, optopt, err);
		if (value == ':')
			return missing_argument(optopt, word, err);
		id = option_of(value);
		ret = kpm_option_set(&kpm_option_table[id], &p->options, optarg, err);
		p->given[id] = true;
	}
	return ret;
}

/*
 * Without a command it is dump if an option is of dump and not of the console, or if there is a
 * COMMAND to run; the console if one is of the console and not of dump; else what standard output
 * is decides.
 */
static const struct kpm_command *guess_command(const struct parsed *p)
{
	const struct kpm_command *console = kpm_command_find("console");
	const struct kpm_command *dump = kpm_command_find("dump");
	const struct kpm_command *guess = p->options.child ? dump : NULL;

	for (int i = 0; i < KPM_OPTIONS; i++) {
		const struct kpm_option *option = &kpm_option_table[i];

		if (!p->given[i])
			continue;
		if (!kpm_option_is_of(option, console))
			return dump;
		if (!kpm_option_is_of(option, dump))
			guess = p->options.child ? dump : console;
	}
	return guess;
}

static int check_given(const struct parsed *p, const struct kpm_command *command,
		       struct kpm_err *err)
{
	for (int i = 0; i < KPM_OPTIONS; i++) {
		const struct kpm_option *o = &kpm_option_table[i];
		const char letter[] = {o->letter, '\0'};

		if (!p->given[i] || kpm_option_is_of(o, command))
			continue;
		return kpm_usage(err, "%s%s is not an option of %s; leave it out",
				 o->name ? "--" : "-", o->name ? o->name : letter, command->name);
	}
	return 0;
}

static int check_words(const struct kpm_options *o, const struct kpm_command *command,
		       struct kpm_err *err)
{
	size_t count = 0;

	for (; o->words[count]; count++)
		if (!*o->words[count] && command->most)
			return kpm_usage(err, "%s: a name cannot be empty", command->name);
	if (count < command->least)
		return kpm_usage(err, "%s needs %s", command->name, command->needs);
	if (count > command->most && o->command && !command->child)
		return kpm_usage(err, "unexpected word '%.60s' after %s; leave it out",
				 o->words[command->most], command->name);
	if (count > command->most)
		return kpm_usage(err,
				 "unexpected word '%.60s'; kpoolmon --help lists the commands, a "
				 "program to run stands behind --",
				 o->words[command->most]);
	if (o->child && !command->child)
		return kpm_usage(err, "%s runs no COMMAND; leave -- out, or use dump",
				 command->name);
	if (o->format && !kpm_word_in(command->formats, kpm_sink_of(o->format)->name))
		return kpm_usage(err, "%s has no format %s; it has: %s", command->name,
				 kpm_sink_of(o->format)->name, command->formats);
	return 0;
}

static int check_append(const struct kpm_options *o, struct kpm_err *err)
{
	if (o->changed && !o->append)
		return kpm_usage(err, "--changed needs a file to add to: --append -o FILE");
	if (o->append && !o->outputs.count)
		return kpm_usage(err, "--append needs a file to append to: -o FILE");
	for (size_t i = 0; o->append && i < o->outputs.count; i++) {
		enum kpm_format format =
			o->format ? o->format : kpm_format_for_file(o->outputs.item[i]);

		if (!format || !kpm_sink_of(format)->can_append)
			return kpm_usage(err, "--append cannot add to a table; give "
					      "--format csv or --format json");
		if (o->changed && format != KPM_FORMAT_CSV)
			return kpm_usage(err, "--changed reads CSV; give --format csv");
	}
	return 0;
}

/* Options that exclude or need each other. */
static int check_together(const struct kpm_options *o, bool interval_given, struct kpm_err *err)
{
	struct kpm_column_list columns = {.count = 0};
	/* at which pace to play it */
	bool paced = o->command && o->command->recording;
	int ret = check_append(o, err);

	if (ret)
		return ret;
	if (o->child && !*o->child)
		return kpm_usage(err, "-- is followed by no COMMAND to run; name one or "
				      "leave -- out");
	if (o->child && o->for_given)
		return kpm_usage(err, "--for and a COMMAND exclude each other: the end of "
				      "the COMMAND ends the counting");
	if (o->from && (o->child || o->for_given || o->private || (interval_given && !paced)))
		return kpm_usage(
			err, "--from shows a recording: nothing is counted; leave out --for, -D, "
			     "COMMAND, --private and options about probes");
	if (o->state && !o->once)
		return kpm_usage(err, "--state is for runs of one sample: give --once, too");
	if (o->once && (o->for_given || interval_given))
		return kpm_usage(err, "--once takes one sample; leave --for and -D out");
	return o->columns ? kpm_columns_parse(&columns, o->columns + (*o->columns == '+'), err) : 0;
}

/* Fills in all that was not given and depends on the command. */
static void complete(struct parsed *p, const struct kpm_command *command)
{
	struct kpm_options *o = &p->options;

	o->for_given = o->for_ns >= 0;
	if (!o->for_given)
		o->for_ns = command->for_ns;
	if (!o->interval_ns)
		o->interval_ns = command->interval_ns;
	if (command->recording)
		o->from = o->words[0];
	o->view.include = o->include.item;
	o->view.exclude = o->exclude.item;
	o->live.audit = command->audits ? KPM_AUDIT_ALWAYS
			: o->no_audit   ? KPM_AUDIT_NOT
					: KPM_AUDIT_IF_UNSEEN;
	o->private |= o->child != NULL;
	for (int i = 0; i < KPM_OPTIONS; i++)
		o->private |= p->given[i] && kpm_option_table[i].own_probes;
}

static int parse_words(struct parsed *p, int count, struct kpm_err *err)
{
	struct kpm_options *o = &p->options;
	const struct kpm_command *command;
	bool interval_given;
	int ret = read_options(p, count, err);

	if (ret)
		return ret;
	if (optind < count)
		o->command = kpm_command_find(p->words[optind]);
	o->words = p->words + optind + (o->command != NULL);
	command = o->command ? o->command : guess_command(p);
	if (command)
		ret = check_given(p, command, err);
	if (ret || o->help || o->version)
		return ret;
	interval_given = o->interval_ns != 0;
	complete(p, command ? command : kpm_command_find("dump"));
	ret = check_words(o, command ? command : kpm_command_find("dump"), err);
	o->command = command;
	return ret ? ret : check_together(o, interval_given, err);
}

int kpm_options_parse(int argc, char *const argv[], const struct kpm_options **parsed,
		      struct kpm_err *err)
{
	struct parsed *p = calloc(1, sizeof(*p));
	int count = 0, ret = -ENOMEM;

	if (!p)
		return kpm_fail(err, -ENOMEM, "out of memory");
	p->words = kpm_rewrite_words(argc, argv, &count, &p->options.child);
	p->options.for_ns = -1;
	p->options.keep = 256000000;
	p->options.view.pool = KPM_KINDS;
	if (!p->words)
		kpm_fail(err, ret, "out of memory");
	else
		ret = parse_words(p, count, err);
	if (ret) {
		kpm_options_free(&p->options);
		return ret;
	}
	*parsed = &p->options;
	return 0;
}

const char *kpm_labels_file(const struct kpm_options *o)
{
	if (o->labels)
		return o->labels;
	return access(KPM_LABELS_FILE, F_OK) ? NULL : KPM_LABELS_FILE;
}

const char *kpm_output_file(const struct kpm_options *o)
{
	return o->outputs.count && strcmp(o->outputs.item[0], "-") ? o->outputs.item[0] : NULL;
}

void kpm_options_free(const struct kpm_options *options)
{
	struct parsed *p = (struct parsed *)options; /* the first member */

	if (!p)
		return;
	for (int i = 0; i < KPM_OPTIONS; i++) {
		const struct kpm_option *o = &kpm_option_table[i];

		if (o->kind == KPM_OPTION_LIST || o->kind == KPM_OPTION_FILES)
			free(((struct kpm_list *)((char *)p + o->offset))->item);
	}
	kpm_words_free(p->words);
	free(p);
}
