// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line: poolmon's switches in both forms, and every mistake's sentence. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cli/option_table.h"
#include "cli/options.h"

#define WORDS_MAX 12

/* Parses words separated by blanks; `_` stands for an empty word. */
static int parse(const char *line, const struct kpm_options **o, struct kpm_err *err)
{
	static char copy[256];
	static char empty[] = "", self[] = "kpoolmon";
	static char *argv[WORDS_MAX];
	int argc = 0;

	memset(argv, 0, sizeof(argv));
	argv[argc++] = self;
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = strcmp(w, "_") ? w : empty;
	return kpm_options_parse(argc, argv, o, err);
}

static const struct kpm_options *good(const char *line)
{
	const struct kpm_options *o;
	struct kpm_err err;

	if (parse(line, &o, &err))
		fail_msg("%s: %s", line, err.text);
	return o;
}

static void sorts(void **state)
{
	static const struct {
		char letter;
		const char *column;
	} cases[] = {{'t', "tag"},  {'a', "allocs"}, {'f', "frees"},
		     {'d', "diff"}, {'b', "bytes"},  {'m', "per_alloc"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char line[8];

		for (const char *form = "-/"; *form; form++) {
			const struct kpm_options *o;

			snprintf(line, sizeof(line), "%c%c", *form, cases[i].letter);
			o = good(line);
			assert_string_equal(o->view.sort->name, cases[i].column);
			kpm_options_free(o);
		}
	}
}

/* One look at what a line of words means. */
struct meaning {
	const char *line;
	unsigned int pool;
	bool totals, no_highlight, by_change, help;
	const char *include, *exclude; /* the last ones */
	const char *labels, *snapshot;
};

static const char *last(const char *const *list)
{
	const char *text = NULL;

	while (list && *list)
		text = *list++;
	return text;
}

static void same(const char *line, const char *a, const char *b)
{
	if (!a != !b || (a && strcmp(a, b)))
		fail_msg("%s: %s, not %s", line, a ? a : "nothing", b ? b : "nothing");
}

static void switches(void **state)
{
	static const struct meaning cases[] = {
		{.line = "", .pool = KPM_KINDS},
		{.line = "dump", .pool = KPM_KINDS},
		{.line = "-p", .pool = KPM_NONP},
		{.line = "/p", .pool = KPM_NONP},
		{.line = "-p -p", .pool = KPM_PAGED},
		{.line = "/p /p", .pool = KPM_PAGED},
		{.line = "-pp", .pool = KPM_PAGED},
		{.line = "-e", .pool = KPM_KINDS, .totals = true},
		{.line = "/e", .pool = KPM_KINDS, .totals = true},
		{.line = "-l", .pool = KPM_KINDS, .no_highlight = true},
		{.line = "/l", .pool = KPM_KINDS, .no_highlight = true},
		{.line = "-(", .pool = KPM_KINDS, .by_change = true},
		{.line = "/(", .pool = KPM_KINDS, .by_change = true},
		{.line = "/)", .pool = KPM_KINDS, .by_change = true},
		{.line = "-)", .pool = KPM_KINDS, .by_change = true},
		{.line = "--by-change", .pool = KPM_KINDS, .by_change = true},
		{.line = "-( -(", .pool = KPM_KINDS},
		{.line = "-?", .pool = KPM_KINDS, .help = true},
		{.line = "/?", .pool = KPM_KINDS, .help = true},
		{.line = "-h", .pool = KPM_KINDS, .help = true},
		{.line = "/h", .pool = KPM_KINDS, .help = true},
		{.line = "-iNtf*", .pool = KPM_KINDS, .include = "Ntf*"},
		{.line = "/iNtf*", .pool = KPM_KINDS, .include = "Ntf*"},
		{.line = "-i Ntf*", .pool = KPM_KINDS, .include = "Ntf*"},
		{.line = "/i Ntf*", .pool = KPM_KINDS, .include = "Ntf*"},
		{.line = "-i /p", .pool = KPM_KINDS, .include = "/p"},
		{.line = "-xCcBc", .pool = KPM_KINDS, .exclude = "CcBc"},
		{.line = "/xCcBc", .pool = KPM_KINDS, .exclude = "CcBc"},
		{.line = "-x CcBc", .pool = KPM_KINDS, .exclude = "CcBc"},
		{.line = "/iAud* /iCc?? /xCcBc",
		 .pool = KPM_KINDS,
		 .include = "Cc??",
		 .exclude = "CcBc"},
		{.line = "-e -b -p -p -iStrg",
		 .pool = KPM_PAGED,
		 .totals = true,
		 .include = "Strg"},
		{.line = "-ebpiStrg", .pool = KPM_NONP, .totals = true, .include = "Strg"},
		{.line = "-n", .pool = KPM_KINDS, .snapshot = "poolsnap.log"},
		{.line = "/n", .pool = KPM_KINDS, .snapshot = "poolsnap.log"},
		{.line = "-n out.txt", .pool = KPM_KINDS, .snapshot = "out.txt"},
		{.line = "/n /tmp/x", .pool = KPM_KINDS, .snapshot = "/tmp/x"},
		{.line = "-nout", .pool = KPM_KINDS, .snapshot = "out"},
		{.line = "-n -e", .pool = KPM_KINDS, .snapshot = "poolsnap.log", .totals = true},
		{.line = "-n /e", .pool = KPM_KINDS, .snapshot = "poolsnap.log", .totals = true},
		{.line = "-n /iA", .pool = KPM_KINDS, .snapshot = "poolsnap.log", .include = "A"},
		{.line = "-n /i/A", .pool = KPM_KINDS, .snapshot = "/i/A"},
		{.line = "-en out", .pool = KPM_KINDS, .snapshot = "out", .totals = true},
		{.line = "-n -- true", .pool = KPM_KINDS, .snapshot = "poolsnap.log"},
		{.line = "-g", .pool = KPM_KINDS, .labels = KPM_LABELS_FILE},
		{.line = "/g", .pool = KPM_KINDS, .labels = KPM_LABELS_FILE},
		{.line = "-g my.txt -p", .pool = KPM_NONP, .labels = "my.txt"},
		{.line = "/b /g l.txt -n s.log",
		 .pool = KPM_KINDS,
		 .labels = "l.txt",
		 .snapshot = "s.log"},
		{.line = "-p -p -- prog -p --bad /s", .pool = KPM_PAGED},
		{.line = "-o /b", .pool = KPM_KINDS},
		{.line = "--output /p -p", .pool = KPM_NONP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct meaning *m = &cases[i];
		const struct kpm_options *o = good(m->line);

		if (o->view.pool != m->pool || o->totals != m->totals ||
		    o->no_highlight != m->no_highlight || o->view.by_change != m->by_change ||
		    o->help != m->help)
			fail_msg("%s means something else", m->line);
		same(m->line, last(o->view.include), m->include);
		same(m->line, last(o->view.exclude), m->exclude);
		same(m->line, o->labels, m->labels);
		same(m->line, o->snapshot, m->snapshot);
		kpm_options_free(o);
	}
}

static void mistakes(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"-s", "-s (session pools)"},
		{"/s", "-s (session pools)"},
		{"-s2", "-s (session pools)"},
		{"/s2", "-s (session pools)"},
		{"-c", "-c (localtag.txt)"},
		{"/c", "-c (localtag.txt)"},
		{"-u", "-u is no documented switch"},
		{"/u", "-u is no documented switch"},
		{"-p -p -p", "twice at most"},
		{"/p /p /p", "twice at most"},
		{"-k", "unknown option '-k'"},
		{"--nonsense", "unknown or ambiguous option '--nonsense'"},
		{"--fo", "unknown or ambiguous option '--fo'"},
		{"--exact=1", "takes no argument"},
		{"--for", "needs DURATION"},
		{"-i", "needs PATTERN"},
		{"-i _", "--include needs PATTERN"},
		{"--for 1x", "'1x' is not a duration"},
		{"--for -5", "'-5' is not a duration"},
		{"--for 99999d", "is not a duration"},
		{"--for=_", "is not a duration"},
		{"--objects x", "is not a number"},
		{"--objects 5", "not in 1000 to 100000000"},
		{"--objects 99999999999999999999", "is not in"},
		{"--tags 1M", "not in 64 to 65536"},
		{"--limit 0", "not in 1 to"},
		{"--sort nonsense", "no column 'nonsense'"},
		{"--columns tag,nonsense", "no column 'nonsense'"},
		{"--format xml", "no format 'xml'"},
		{"--append", "-o FILE"},
		{"--append -o x.txt", "--format csv"},
		{"--append -o x --format table", "--format csv"},
		{"-o _", "--output needs FILE"},
		{"-o 1 -o 2 -o 3 -o 4 -o 5", NULL},
		{"-D 50ms", "0.1 s is the least"},
		{"--pins _", "--pins needs DIR"},
		{"watch --format csv --alert x", "watch has no format csv; it has: table json"},
		{"start --limit 3", "--limit is not an option of start"},
		{"status x", "unexpected word 'x' after status"},
		{"find", "find needs a NAME"},
		{"/tmp", "unexpected word '/tmp'"},
		{"/i/a", "unexpected word '/i/a'"},
		{"/pp", "unexpected word '/pp'"},
		{"dump dump", "unexpected word 'dump'"},
		{"--", "no COMMAND"},
		{"--for 1 -- true", "exclude each other"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct kpm_options *o = NULL;
		struct kpm_err err = {0};
		int ret = parse(cases[i].line, &o, &err);

		if (!cases[i].says) {
			assert_int_equal(ret, 0);
			kpm_options_free(o);
			continue;
		}
		if (ret != -EINVAL || !err.usage)
			fail_msg("%s: %d", cases[i].line, ret);
		if (!strstr(err.text, cases[i].says) || strchr(err.text, '\n'))
			fail_msg("%s: %s", cases[i].line, err.text);
	}
}

static void values(void **state)
{
	const struct kpm_options *o;

	(void)state;
	o = good("dump --for 1h30m --objects 250k --tags 4096 --no-rescue --limit 7 --reverse");
	assert_int_equal(o->for_ns, 5400 * 1000000000LL);
	assert_int_equal(o->live.objects, 250000);
	assert_int_equal(o->live.tags, 4096);
	assert_true(o->live.no_rescue);
	assert_int_equal(o->view.limit, 7);
	assert_true(o->view.reverse);
	kpm_options_free(o);
	o = good("");
	assert_int_equal(o->for_ns, 10 * 1000000000LL);
	assert_null(o->child);
	kpm_options_free(o);
	o = good("--append -o x.csv -o y.jsonl");
	assert_int_equal(o->outputs.count, 2);
	kpm_options_free(o);
	o = good("-e -- prog /p -- x");
	assert_string_equal(o->child[0], "prog");
	assert_string_equal(o->child[2], "--");
	kpm_options_free(o);
}

/* Words at random: parsed or refused, never anything else. Sanitizers watch. */
static void nonsense(void **state)
{
	static const char *const words[] = {"-n",   "-g",      "/p",  "--", "-i", "/i*",
					    "-bnx", "--for",   "-?(", "_",  "/",  "-",
					    "x",    "--for=2", "-s9", "---"};
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		const struct kpm_options *o;
		struct kpm_err err = {0};
		char line[200] = "";

		for (int n = 0; n < 6; n++) {
			seed = seed * 1103515245 + 12345;
			strcat(line, words[(seed >> 16) % (sizeof(words) / sizeof(*words))]);
			strcat(line, " ");
		}
		if (parse(line, &o, &err))
			assert_true(*err.text);
		else
			kpm_options_free(o);
	}
}

static void find(void **state)
{
	const struct kpm_options *o = good("find ext4_inode_cache load_msg --limit 3 --kernel 6.12 "
					   "--root /x --format json");

	(void)state;
	assert_string_equal(o->command->name, "find");
	assert_string_equal(o->words[0], "ext4_inode_cache");
	assert_string_equal(o->words[1], "load_msg");
	assert_null(o->words[2]);
	assert_int_equal(o->view.limit, 3);
	assert_string_equal(o->release, "6.12");
	assert_string_equal(o->root, "/x");
	kpm_options_free(o);
	/* options may stand before it; a name may be that of a command */
	o = good("--limit 3 find dump");
	assert_string_equal(o->words[0], "dump");
	kpm_options_free(o);
	o = good("find --help");
	assert_true(o->help);
	kpm_options_free(o);
	o = good("dump");
	assert_string_equal(o->command->name, "dump");
	kpm_options_free(o);
}

/* Is a word the name of a command or of a group of options that some command has? */
static bool names_commands(const char *word)
{
	if (!strcmp(word, "*") || kpm_command_find(word))
		return true;
	for (size_t i = 0; i < kpm_command_count; i++)
		if (kpm_word_in(kpm_commands[i].options, word))
			return true;
	return false;
}

/* Every row of the tables can be reached, and has all that parsing and help need. */
static void rows(void **state)
{
	(void)state;
	for (int i = 0; i < KPM_OPTIONS; i++) {
		const struct kpm_option *o = &kpm_option_table[i];
		char words[200], *save = NULL;

		snprintf(words, sizeof(words), "%s", o->commands);
		for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
			if (!names_commands(w))
				fail_msg("--%s: '%s' is no command and no group", o->name, w);
		assert_true(o->name || o->letter);
		assert_non_null(o->help);
		assert_true(o->kind == KPM_OPTION_OTHER ? o->set != NULL : o->size > 0);
		if (o->kind == KPM_OPTION_COUNT)
			assert_true(o->least <= o->most && (o->size == 4 || o->size == 8));
	}
	for (size_t i = 0; i < kpm_command_count; i++) {
		const struct kpm_command *c = &kpm_commands[i];
		char words[200], *save = NULL;

		assert_ptr_equal(kpm_command_find(c->name), c);
		assert_true(c->least <= c->most && (!c->most || (c->operands && c->needs)));
		snprintf(words, sizeof(words), "%s", c->formats ? c->formats : "");
		for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
			assert_int_not_equal(kpm_format_find(w), KPM_FORMAT_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts),  cmocka_unit_test(switches), cmocka_unit_test(mistakes),
		cmocka_unit_test(values), cmocka_unit_test(nonsense), cmocka_unit_test(find),
		cmocka_unit_test(rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
