// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rewrites the argument list, so that getopt understands what poolmon's users type.
 *
 *   /b /iNtf* /p /p      -b -iNtf* -p -p
 *   -( -?                --by-change --help
 *   -n FILE, -n          --snapshot=FILE, --snapshot
 *
 * A word is a slash switch only if it is a slash and one letter of poolmon's, or /i or /x and a
 * pattern without a further slash: anything else with a slash may be a path.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/option_table.h"

struct words {
	char **word;
	int count;
	bool failed;
};

static void add(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *w, const char *fmt, ...)
{
	va_list args;
	char *word;

	va_start(args, fmt);
	if (vasprintf(&word, fmt, args) < 0)
		w->failed = true;
	else
		w->word[w->count++] = word;
	va_end(args);
}

static bool slash_switch(const char *word)
{
	if (word[0] != '/' || !word[1])
		return false;
	if (!word[2])
		return strchr("abcdefgihlmnpstux?()", word[1]);
	if (word[1] == 's') /* a session's number */
		return strspn(word + 2, "0123456789") == strlen(word + 2);
	return (word[1] == 'i' || word[1] == 'x') && !strchr(word + 2, '/');
}

/* Does this long word, without an argument of its own, take the next word for one? */
static bool takes_next(const char *word)
{
	const struct kpm_option *found = NULL;
	size_t len = strlen(word);

	if (strchr(word, '='))
		return false;
	for (int i = 0; i < KPM_OPTIONS; i++) {
		const struct kpm_option *o = &kpm_option_table[i];

		if (!o->name || strncmp(o->name, word, len))
			continue;
		if (found && strlen(o->name) != len)
			continue; /* ambiguous, unless this one is exact: getopt will say so */
		found = o;
	}
	return found && found->arg && !found->usual;
}

static const struct kpm_option *by_letter(char letter)
{
	for (int i = 0; i < KPM_OPTIONS; i++)
		if (kpm_option_table[i].letter == letter)
			return &kpm_option_table[i];
	return NULL;
}

/*
 * Where in a cluster of letters (-ben) the first one stands that takes an argument; the length of
 * the cluster if none does.
 */
static size_t argument_at(const char *letters)
{
	size_t i = 0;

	for (; letters[i]; i++) {
		const struct kpm_option *o = by_letter(letters[i]);

		if (o && o->arg)
			break;
	}
	return i;
}

/* Letters without an argument; -( and -? become words, getopt has its own use for `?`. */
static void add_letters(struct words *w, const char *letters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (letters[i] == '(' || letters[i] == ')')
			add(w, "--by-change");
		else if (letters[i] == '?')
			add(w, "--help");
		else
			add(w, "-%c", letters[i]);
	}
}

/* A word of short options. Returns how many of the words after it belong to it. */
static int add_cluster(struct words *w, const char *letters, const char *next)
{
	size_t at = argument_at(letters);
	const struct kpm_option *o;
	const char *rest;

	if (*letters == 's') { /* -s5: the answer is one sentence, whatever follows */
		add(w, "-s");
		return 0;
	}
	add_letters(w, letters, at);
	if (!letters[at])
		return 0;
	o = by_letter(letters[at]);
	rest = letters + at + 1;
	if (!o->usual) {
		add(w, "-%s", letters + at);
		if (*rest || !next)
			return 0;
		add(w, "%s", next);
		return 1;
	}
	if (*rest) {
		add(w, "--%s=%s", o->name, rest);
		return 0;
	}
	if (next && *next && *next != '-' && !slash_switch(next)) {
		add(w, "--%s=%s", o->name, next);
		return 1;
	}
	add(w, "--%s", o->name);
	return 0;
}

char **kpm_rewrite_words(int argc, char *const argv[], int *count, char *const **child)
{
	size_t most = 1;
	struct words w = {0};

	/* a cluster becomes a word for each letter, at most */
	for (int i = 0; i < argc; i++)
		most += strlen(argv[i]) + 1;
	w.word = calloc(most, sizeof(*w.word));
	if (!w.word)
		return NULL;
	*child = NULL;
	for (int i = 0; i < argc && !w.failed; i++) {
		const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (i && !strcmp(word, "--")) {
			*child = &argv[i + 1];
			break;
		}
		if (!i || (*word != '-' && !slash_switch(word)) || !word[1]) {
			add(&w, "%s", word);
		} else if (!strncmp(word, "--", 2)) {
			add(&w, "%s", word);
			if (next && takes_next(word + 2)) {
				add(&w, "%s", next);
				i++;
			}
		} else {
			i += add_cluster(&w, word + 1, next);
		}
	}
	if (w.failed) {
		kpm_words_free(w.word);
		return NULL;
	}
	*count = w.count;
	return w.word;
}

void kpm_words_free(char **words)
{
	for (char **w = words; w && *w; w++)
		free(*w);
	free(words);
}
