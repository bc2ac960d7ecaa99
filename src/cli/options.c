// SPDX-License-Identifier: GPL-2.0-or-later
/* Parses the command line into one struct. Every mistake is one sentence with the way out. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "cli/options.h"

/* The options with what they borrow from: freed as one. */
struct parsed {
	struct kpm_options options;
	char **words;
	const char **include; /* NULL-terminated, room for all words */
	const char **exclude;
	int includes, excludes, pools;
};

/* getopt's view of the table: a long option's value is its number past all letters. */
struct getopt_tables {
	struct option longs[KPM_OPTS + 1];
	char shorts[KPM_OPTS * 3 + 8];
};

#define LONG_BASE 256
#define SECOND    1000000000LL

static void make_tables(struct getopt_tables *t)
{
	struct option *l = t->longs;
	char *s = t->shorts;

	*s++ = ':'; /* a missing argument is told apart from an unknown option */
	for (int i = 0; i < KPM_OPTS; i++) {
		const struct kpm_option *o = &kpm_option_table[i];
		int has = !o->arg       ? no_argument
			  : o->optional ? optional_argument
					: required_argument;

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
	for (int i = 0; i < KPM_OPTS; i++)
		if (kpm_option_table[i].letter == value)
			return i;
	return -1;
}

static int number(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *value,
		  struct kpm_err *err)
{
	int ret = kpm_parse_count(text, value);

	if (ret == -EINVAL)
		return kpm_fail(err, ret,
				"--%s '%.40s' is no number; give one such as 1000, 250k "
				"or 2M",
				name, text);
	if (ret || *value < min || *value > max)
		return kpm_fail(err, -EINVAL, "--%s %.40s is not in %llu to %llu", name, text,
				(unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int file_name(const char *name, const char *text, struct kpm_err *err)
{
	return *text ? 0 : kpm_fail(err, -EINVAL, "--%s needs the name of a file", name);
}

static int set_sort(struct kpm_view_opts *view, const char *name, struct kpm_err *err)
{
	view->sort = kpm_column_find(name);
	return view->sort ? 0
			  : kpm_fail(err, -EINVAL,
				     "there is no column '%.40s' to order by; "
				     "kpoolmon --help lists them",
				     name);
}

static int add_output(struct kpm_options *o, const char *file, struct kpm_err *err)
{
	if (o->output_count == KPM_OUTPUTS_MAX)
		return kpm_fail(err, -EINVAL, "more than %d output files; name fewer",
				KPM_OUTPUTS_MAX);
	o->outputs[o->output_count++] = file;
	return file_name("output", file, err);
}

static int add_pool(struct parsed *p, struct kpm_err *err)
{
	if (++p->pools > 2)
		return kpm_fail(err, -EINVAL,
				"-p can be given twice at most: once for non-paged, "
				"twice for paged memory");
	p->options.view.pool = p->pools == 1 ? KPM_NONP : KPM_PAGED;
	return 0;
}

static int add_pattern(const char **list, int *count, const char *pattern, struct kpm_err *err)
{
	if (!*pattern)
		return kpm_fail(err, -EINVAL,
				"a pattern of -i and -x cannot be empty; * stands "
				"for anything");
	list[(*count)++] = pattern;
	return 0;
}

static int duration(const char *name, const char *text, int64_t *ns, struct kpm_err *err)
{
	if (!kpm_parse_duration(text, ns))
		return 0;
	return kpm_fail(err, -EINVAL,
			"%s '%.40s' is no duration; give one such as 90s, 10m or 2h, ten years at "
			"most",
			name, text);
}

/* Options that say how and what to count. */
static int set_counting(struct kpm_options *o, int id, const char *arg, struct kpm_err *err)
{
	uint64_t value;
	int ret;

	switch (id) {
	case KPM_OPT_FOR:
		o->for_given = true;
		return duration("--for", arg, &o->for_ns, err);
	case KPM_OPT_INTERVAL:
		ret = duration("-D", arg, &o->interval_ns, err);
		if (!ret && o->interval_ns < KPM_INTERVAL_MIN)
			ret = kpm_fail(err, -EINVAL, "-D %.40s is too short; 100ms is the least",
				       arg);
		return ret;
	case KPM_OPT_OBJECTS:
		return number("objects", arg, KPM_OBJECTS_MIN, KPM_OBJECTS_MAX, &o->live.objects,
			      err);
	case KPM_OPT_TAGS:
		ret = number("tags", arg, KPM_TAGS_MIN, KPM_TAGS_MAX, &value, err);
		o->live.tags = ret ? 0 : value;
		return ret;
	case KPM_OPT_PROBES:
		return kpm_hooks_choose(arg, &o->live.hooks, err);
	case KPM_OPT_KEEP:
		return number("keep", arg, KPM_KEEP_MIN, KPM_KEEP_MAX, &o->keep, err);
	case KPM_OPT_PER_OP:
		return number("per-op", arg, 1, UINT64_MAX / 2, &o->per_op, err);
	case KPM_OPT_LIMIT:
		ret = number("limit", arg, 1, UINT32_MAX, &value, err);
		o->view.limit = ret ? 0 : value;
		return ret;
	}
	o->live.no_rescue = true; /* KPM_OPT_NO_RESCUE */
	return 0;
}

static int set_option(struct parsed *p, int id, const char *arg, struct kpm_err *err)
{
	static const char *const sorts[] = {
		[KPM_OPT_SORT_TAG] = "tag",     [KPM_OPT_SORT_ALLOCS] = "allocs",
		[KPM_OPT_SORT_FREES] = "frees", [KPM_OPT_SORT_DIFF] = "diff",
		[KPM_OPT_SORT_BYTES] = "bytes", [KPM_OPT_SORT_PER_ALLOC] = "per_alloc",
	};
	struct kpm_options *o = &p->options;

	switch ((enum kpm_option_id)id) {
	case KPM_OPT_FOR:
	case KPM_OPT_INTERVAL:
	case KPM_OPT_OBJECTS:
	case KPM_OPT_TAGS:
	case KPM_OPT_NO_RESCUE:
	case KPM_OPT_PROBES:
	case KPM_OPT_KEEP:
	case KPM_OPT_PER_OP:
	case KPM_OPT_LIMIT:
		return set_counting(o, id, arg, err);
	case KPM_OPT_POOL:
		return add_pool(p, err);
	case KPM_OPT_INCLUDE:
		return add_pattern(p->include, &p->includes, arg, err);
	case KPM_OPT_EXCLUDE:
		return add_pattern(p->exclude, &p->excludes, arg, err);
	case KPM_OPT_SORT:
		return set_sort(&o->view, arg, err);
	case KPM_OPT_SORT_TAG:
	case KPM_OPT_SORT_ALLOCS:
	case KPM_OPT_SORT_FREES:
	case KPM_OPT_SORT_DIFF:
	case KPM_OPT_SORT_BYTES:
	case KPM_OPT_SORT_PER_ALLOC:
		return set_sort(&o->view, sorts[id], err);
	case KPM_OPT_REVERSE:
		o->view.reverse = true;
		return 0;
	case KPM_OPT_BY_CHANGE:
		o->view.by_change = !o->view.by_change; /* poolmon's is a toggle */
		return 0;
	case KPM_OPT_TOTALS:
		o->totals = true;
		return 0;
	case KPM_OPT_NO_HIGHLIGHT:
		o->no_highlight = true;
		return 0;
	case KPM_OPT_LABELS:
		o->labels = arg ? arg : KPM_LABELS_FILE;
		return file_name("labels", o->labels, err);
	case KPM_OPT_EXACT:
		o->exact = true;
		return 0;
	case KPM_OPT_VERBOSE:
		o->verbose = true;
		return 0;
	case KPM_OPT_COLUMNS:
		o->columns = arg;
		return 0;
	case KPM_OPT_FORMAT:
		o->sink = kpm_sink_find(arg);
		return o->sink ? 0
			       : kpm_fail(err, -EINVAL,
					  "there is no format '%.40s'; there are "
					  "table, csv, json, record and prometheus",
					  arg);
	case KPM_OPT_OUTPUT:
		return add_output(o, arg, err);
	case KPM_OPT_APPEND:
		o->append = true;
		return 0;
	case KPM_OPT_CHANGED:
		o->changed = true;
		return 0;
	case KPM_OPT_SNAPSHOT:
		o->snapshot = arg ? arg : KPM_SNAPSHOT_FILE;
		return file_name("snapshot", o->snapshot, err);
	case KPM_OPT_FROM:
		o->from = arg;
		return file_name("from", arg, err);
	case KPM_OPT_ALERT:
		if (o->alert_count == KPM_ALERTS_MAX)
			return kpm_fail(err, -EINVAL,
					"more than %d --alert; write them into a file",
					KPM_ALERTS_MAX);
		o->alerts[o->alert_count++] = arg;
		return 0;
	case KPM_OPT_ALERTS:
		o->alerts_file = arg;
		return file_name("alerts", arg, err);
	case KPM_OPT_ONCE:
		o->once = true;
		return 0;
	case KPM_OPT_STATE:
		o->state = arg;
		return file_name("state", arg, err);
	case KPM_OPT_SYSLOG:
		o->syslog = true;
		return 0;
	case KPM_OPT_EXEC:
		o->exec = arg;
		return file_name("exec", arg, err);
	case KPM_OPT_PRIVATE:
		o->private = true;
		return 0;
	case KPM_OPT_NO_AUDIT:
		o->live.audit = KPM_AUDIT_NOT;
		return 0;
	case KPM_OPT_VERIFY:
		o->verify = true;
		return 0;
	case KPM_OPT_PINS:
		o->live.roots.pins = arg;
		return file_name("pins", arg, err);
	case KPM_OPT_KERNEL:
		o->release = arg;
		return *arg && !strchr(arg, '/')
			       ? 0
			       : kpm_fail(err, -EINVAL,
					  "--kernel '%.40s' is no version; give one as uname -r "
					  "prints it",
					  arg);
	case KPM_OPT_ROOT:
		o->root = arg;
		return file_name("root", arg, err);
	case KPM_OPT_HELP:
		o->help = true;
		return 0;
	case KPM_OPT_VERSION:
		o->version = true;
		return 0;
	case KPM_OPTS:
		break;
	}
	return 0;
}

static int missing_argument(int value, const char *word, struct kpm_err *err)
{
	const struct kpm_option *o = &kpm_option_table[option_of(value)];

	return kpm_fail(err, -EINVAL, "%.60s needs %s: %s", word, o->arg, o->help);
}

static int check(const struct kpm_options *o, struct kpm_err *err)
{
	struct kpm_column_list columns = {.count = 0};

	if (o->command && !*o->command)
		return kpm_fail(err, -EINVAL,
				"-- is followed by no COMMAND to run; name one or "
				"leave -- out");
	if (o->command && o->for_given)
		return kpm_fail(err, -EINVAL,
				"--for and a COMMAND exclude each other: the end of "
				"the COMMAND ends the counting");
	if (o->from && (o->command || o->for_given || o->private))
		return kpm_fail(err, -EINVAL,
				"--from shows a recording: nothing is counted; leave out --for, "
				"COMMAND, --private and what is about probes");
	if (o->changed && !o->append)
		return kpm_fail(err, -EINVAL, "--changed needs a file to add to: --append -o FILE");
	if (o->append && !o->output_count)
		return kpm_fail(err, -EINVAL, "--append needs a file to append to: -o FILE");
	for (size_t i = 0; o->append && i < o->output_count; i++) {
		const struct kpm_sink *sink = o->sink ? o->sink : kpm_sink_for_file(o->outputs[i]);

		if (!sink || !sink->can_append)
			return kpm_fail(err, -EINVAL,
					"--append cannot add to a table; give "
					"--format csv or --format json");
		if (o->changed && sink != &kpm_sink_csv)
			return kpm_fail(err, -EINVAL, "--changed reads CSV; give --format csv");
	}
	if (o->columns)
		return kpm_columns_parse(&columns, o->columns + (*o->columns == '+'), err);
	return 0;
}

/* Options that the command does not have. */
static int check_given(enum kpm_verb verb, const bool given[KPM_OPTS], struct kpm_err *err)
{
	for (int i = 0; i < KPM_OPTS; i++) {
		const struct kpm_option *o = &kpm_option_table[i];
		const char letter[] = {o->letter, '\0'};

		if (!given[i] || kpm_option_is_of(o, verb))
			continue;
		return kpm_fail(err, -EINVAL, "%s%s is no option of %s; leave it out",
				o->name ? "--" : "-", o->name ? o->name : letter,
				kpm_verb_names[verb]);
	}
	return 0;
}

/*
 * Without a command it is dump if an option is of dump alone or there is a COMMAND to run; the
 * console if one is of the console alone; else what standard output is decides.
 */
static enum kpm_verb guess_verb(const struct kpm_options *o, const bool given[KPM_OPTS])
{
	enum kpm_verb verb = o->command ? KPM_DUMP : KPM_NO_VERB;

	for (int i = 0; i < KPM_OPTS; i++) {
		const struct kpm_option *option = &kpm_option_table[i];

		if (!given[i])
			continue;
		if (!kpm_option_is_of(option, KPM_TOP))
			return KPM_DUMP;
		if (!kpm_option_is_of(option, KPM_DUMP))
			verb = o->command ? KPM_DUMP : KPM_TOP;
	}
	return verb;
}

static enum kpm_verb find_verb(const char *word)
{
	for (int verb = KPM_TOP; word && verb < KPM_VERBS; verb++)
		if (!strcmp(word, kpm_verb_names[verb]))
			return verb;
	return KPM_NO_VERB;
}

/* What is asked of the probes can only be had of probes of our own. */
static bool needs_private(const struct kpm_options *o, const bool given[KPM_OPTS])
{
	return o->private || o->command || given[KPM_OPT_OBJECTS] || given[KPM_OPT_TAGS] ||
	       given[KPM_OPT_NO_RESCUE] || given[KPM_OPT_PROBES];
}

/* What depends on the command, and which options of it exclude each other. */
static int settle_verb(struct kpm_options *o, const bool given[KPM_OPTS], struct kpm_err *err)
{
	if (o->verb == KPM_SUSPECTS && !o->for_given)
		o->for_ns = 60 * SECOND;
	if (o->verb == KPM_AUDIT)
		o->live.audit = KPM_AUDIT_ALWAYS;
	if (o->verb == KPM_WATCH && !given[KPM_OPT_INTERVAL])
		o->interval_ns = 10 * SECOND;
	if (o->verb == KPM_RECORD && !given[KPM_OPT_INTERVAL])
		o->interval_ns = 10 * SECOND;
	if (o->verb == KPM_REPLAY && !given[KPM_OPT_INTERVAL])
		o->interval_ns = SECOND;
	if (o->verb == KPM_REPLAY)
		o->from = o->words[0];
	if (o->state && !o->once)
		return kpm_fail(err, -EINVAL,
				"--state is for runs of one sample: give --once, too");
	if (o->once && (o->for_given || given[KPM_OPT_INTERVAL]))
		return kpm_fail(err, -EINVAL, "--once takes one sample; leave --for and -D out");
	return 0;
}

static int parse_words(struct parsed *p, int count, struct kpm_err *err)
{
	struct getopt_tables tables;
	bool given[KPM_OPTS] = {false};
	enum kpm_verb verb;
	int value, ret = 0, id;

	make_tables(&tables);
	optind = 0; /* from the start, also when a test parses twice */
	opterr = 0;
	while ((value = getopt_long(count, p->words, tables.shorts, tables.longs, NULL)) >= 0) {
		const char *word = p->words[optind ? optind - 1 : 0];

		if (value == '?' && optopt >= LONG_BASE)
			return kpm_fail(err, -EINVAL, "'%.60s': --%s takes no argument", word,
					kpm_option_table[optopt - LONG_BASE].name);
		if (value == '?')
			return kpm_option_unknown(word, optopt, err);
		if (value == ':')
			return missing_argument(optopt, word, err);
		id = option_of(value);
		ret = set_option(p, id, optarg, err);
		if (ret)
			return ret;
		given[id] = true;
	}
	verb = find_verb(optind < count ? p->words[optind] : NULL);
	optind += verb != KPM_NO_VERB;
	if (verb == KPM_NO_VERB)
		verb = guess_verb(&p->options, given);
	if (verb != KPM_NO_VERB)
		ret = check_given(verb, given, err);
	p->options.verb = verb;
	p->options.words = p->words + optind;
	p->options.private = needs_private(&p->options, given);
	if (!ret)
		ret = settle_verb(&p->options, given, err);
	if (ret || verb > KPM_DUMP)
		return ret ? ret : kpm_verb_check(&p->options, err);
	if (optind < count)
		return kpm_fail(err, -EINVAL,
				"unexpected word '%.60s'; kpoolmon --help lists the commands, a "
				"program to run stands behind --",
				p->words[optind]);
	if (verb == KPM_TOP && p->options.command)
		return kpm_fail(err, -EINVAL,
				"the console runs no COMMAND; leave -- out, or use dump");
	if (p->options.help || p->options.version)
		return 0;
	return check(&p->options, err);
}

int kpm_options_parse(int argc, char *const argv[], const struct kpm_options **parsed,
		      struct kpm_err *err)
{
	struct parsed *p = calloc(1, sizeof(*p));
	int count = 0, ret = -ENOMEM;

	if (!p)
		return kpm_fail(err, -ENOMEM, "out of memory");
	p->words = kpm_rewrite_words(argc, argv, &count, &p->options.command);
	p->include = calloc(count + 1, sizeof(*p->include));
	p->exclude = calloc(count + 1, sizeof(*p->exclude));
	p->options.for_ns = 10 * SECOND;
	p->options.interval_ns = 2 * SECOND;
	p->options.keep = 256000000;
	p->options.live.audit = KPM_AUDIT_IF_UNSEEN;
	p->options.view.pool = KPM_KINDS;
	p->options.view.include = p->include;
	p->options.view.exclude = p->exclude;
	if (!p->words || !p->include || !p->exclude)
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

void kpm_options_free(const struct kpm_options *options)
{
	struct parsed *p = (struct parsed *)options; /* the first member */

	if (!p)
		return;
	kpm_words_free(p->words);
	free(p->include);
	free(p->exclude);
	free(p);
}
