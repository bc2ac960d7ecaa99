// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The label file, in the format of poolmon's pooltag.txt:
 *
 *   // comment          rem comment          # comment         and empty lines
 *   load_msg    - ipc  - System V message
 *   nfs*        - <unknown> - NFS client
 *   bio-*       - block requests
 *   helper my_alloc*                                         and no-helper my_alloc_pool
 *
 * A pattern with `*` and `?`, matched against tag, symbol, cache and module; ` - `; the owner,
 * `<unknown>` if it is not known; ` - `; a description, which may contain further ` - `. The owner
 * may be left out. `helper` and `no-helper` are about functions: whether they allocate for their
 * callers, who then are the owners. A pattern without wildcards beats those with; among equals the first wins. The
 * file may end with Ctrl-Z. Any other line is an error, with its number: a label that is not shown
 * because of a missing blank is hard to find.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "resolve/labels.h"

/* No label file is larger; a device or a disk image given by mistake is. */
#define FILE_MAX (64 << 20)

struct label {
	char *pattern;
	char *text;
};

struct helper {
	char *pattern;
	bool helper;
};

struct kpm_labels {
	struct label *list;
	size_t count, capacity;
	struct helper *helpers;
	size_t helper_count, helper_capacity;
};

void kpm_labels_free(struct kpm_labels *labels)
{
	if (!labels)
		return;
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->list[i].pattern);
		free(labels->list[i].text);
	}
	free(labels->list);
	for (size_t i = 0; i < labels->helper_count; i++)
		free(labels->helpers[i].pattern);
	free(labels->helpers);
	free(labels);
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t");
	for (end = s + strlen(s); end > s && strchr(" \t\r\n\x1a", end[-1]); end--)
		;
	*end = '\0';
	return s;
}

static int add(struct kpm_labels *labels, const char *pattern, const char *owner,
	       const char *description)
{
	struct label *l;

	if (kpm_array_reserve(labels->list, labels->capacity, labels->count + 1))
		return -ENOMEM;
	l = &labels->list[labels->count];
	l->pattern = strdup(pattern);
	if (asprintf(&l->text, *owner && *description ? "%s - %s" : "%s%s", owner, description) < 0)
		l->text = NULL;
	labels->count++;
	return l->pattern && l->text ? 0 : -ENOMEM;
}

/* The next part of a line, up to ` - ` or, for a wide table, a `-` with blanks about it. */
static char *part(char **rest)
{
	char *start = *rest;

	for (char *p = start; *p; p++) {
		if (*p != '-' || p == start || !strchr(" \t", p[-1]) || !strchr(" \t", p[1]))
			continue;
		*p = '\0';
		*rest = p + 1;
		return trim(start);
	}
	*rest = start + strlen(start);
	return trim(start);
}

static int add_helper(struct kpm_labels *labels, const char *pattern, bool is_helper)
{
	struct helper *h;

	if (!*pattern || strpbrk(pattern, " \t"))
		return -EINVAL;
	if (kpm_array_reserve(labels->helpers, labels->helper_capacity, labels->helper_count + 1))
		return -ENOMEM;
	h = &labels->helpers[labels->helper_count];
	*h = (struct helper){strdup(pattern), is_helper};
	if (!h->pattern)
		return -ENOMEM;
	labels->helper_count++;
	return 0;
}

/* What follows a word that a line begins with; NULL: it does not begin with it. */
static char *after(char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) || !strchr(" \t", line[len]) || !line[len])
		return NULL;
	return trim(line + len);
}

/* 0, -ENOMEM or -EINVAL: no label. */
static int parse_line(struct kpm_labels *labels, char *line)
{
	char *rest, *pattern, *owner, *description;

	line = trim(line);
	if ((rest = after(line, "helper")))
		return add_helper(labels, rest, true);
	if ((rest = after(line, "no-helper")))
		return add_helper(labels, rest, false);
	if (!*line || *line == '#' || !strncmp(line, "//", 2) || !strncmp(line, "rem ", 4) ||
	    !strcmp(line, "rem"))
		return 0;
	rest = line;
	pattern = part(&rest);
	owner = part(&rest);
	description = trim(rest);
	if (!*pattern || (!*owner && !*description))
		return -EINVAL;
	if (!strcmp(owner, "<unknown>"))
		owner = "";
	return add(labels, pattern, owner, description);
}

int kpm_labels_open(const char *file, struct kpm_labels **labels, struct kpm_err *err)
{
	struct kpm_labels *l = calloc(1, sizeof(*l));
	char *line = NULL;
	size_t size = 0, all = 0, number = 0;
	ssize_t len;
	int ret = 0;
	FILE *f;

	if (!l)
		return kpm_fail(err, -ENOMEM, "out of memory");
	f = fopen(file, "re");
	if (!f) {
		ret = -errno;
		kpm_labels_free(l);
		return kpm_fail(err, ret,
				"open the labels %.300s: %s; name a file of labels after "
				"-g",
				file, strerror(-ret));
	}
	errno = 0;
	while (!ret && (len = getline(&line, &size, f)) > 0) {
		all += len;
		number++;
		ret = all > FILE_MAX ? -EFBIG : parse_line(l, line);
		errno = 0;
	}
	if (!ret && ferror(f))
		ret = errno ? -errno : -EIO;
	free(line);
	fclose(f);
	if (ret == -EINVAL) {
		kpm_labels_free(l);
		return kpm_fail(err, ret,
				"%.300s:%zu: no label; write PATTERN - BINARY - DESCRIPTION, with "
				"blanks about the dashes, helper FUNCTION, no-helper FUNCTION, or "
				"# before a comment",
				file, number);
	}
	if (ret) {
		kpm_labels_free(l);
		return kpm_fail(err, ret,
				"read the labels %.300s: %s; name a file of labels after "
				"-g",
				file, strerror(-ret));
	}
	*labels = l;
	return 0;
}

/* How well a pattern fits a tag: 0 not at all, 1 by wildcards, 2 to the letter. */
static int fit(const char *pattern, const struct kpm_tag_name *name)
{
	const char *const texts[] = {name->text, name->symbol, name->cache, name->module};
	bool wild = strpbrk(pattern, "*?");

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!texts[i])
			continue;
		if (!strcmp(pattern, texts[i]))
			return 2;
		if (wild && kpm_match(pattern, texts[i]))
			return 1;
	}
	return 0;
}

const char *kpm_labels_find(const struct kpm_labels *labels, const struct kpm_tag_name *name)
{
	const char *best = NULL;

	for (size_t i = 0; i < labels->count; i++) {
		int f = fit(labels->list[i].pattern, name);

		if (f == 2)
			return labels->list[i].text;
		if (f && !best)
			best = labels->list[i].text;
	}
	return best;
}

bool kpm_labels_helper(const struct kpm_labels *labels, const char *function, bool *helper)
{
	for (size_t i = labels->helper_count; i > 0; i--) {
		if (!kpm_match(labels->helpers[i - 1].pattern, function))
			continue;
		*helper = labels->helpers[i - 1].helper;
		return true;
	}
	return false;
}
