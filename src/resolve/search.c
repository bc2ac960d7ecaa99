// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Searches the text of an index for a part without wildcards, by memmem, and looks only then at the
 * word about it and the area that the word is in.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "resolve/modtree.h"
#include "resolve/search.h"

/* ffffffff81234567, with or without 0x. */
static bool is_address(const char *name, uint64_t *address)
{
	size_t digits;
	char *end;

	if (!strncmp(name, "0x", 2))
		name += 2;
	digits = strspn(name, "0123456789abcdefABCDEF");
	if (name[digits] || digits < 15 || digits > 16)
		return false;
	*address = strtoull(name, &end, 16);
	return true;
}

/* `symbol+0xoff/0xsize [module]`: all but the symbol may be left out. */
static void take_tag(struct kpm_query *q, const char *name)
{
	const char *bracket = strstr(name, " ["), *plus = strstr(name, "+0x");
	size_t len = strlen(name);

	if (bracket && name[len - 1] == ']') {
		snprintf(q->module, sizeof(q->module), "%.*s", (int)strcspn(bracket + 2, " ]"),
			 bracket + 2);
		len = bracket - name;
	}
	if (plus && plus > name && isxdigit((unsigned char)plus[3]) && plus < name + len)
		len = plus - name;
	snprintf(q->text, sizeof(q->text), "%.*s", (int)len, name);
}

static void find_needle(struct kpm_query *q)
{
	size_t best = 0;

	for (const char *p = q->text; *p;) {
		size_t len = strcspn(p, "*?");

		if (len > best) {
			best = len;
			snprintf(q->needle, sizeof(q->needle), "%.*s", (int)len, p);
		}
		p += len;
		p += strspn(p, "*?");
	}
	q->wild = strlen(q->needle) != strlen(q->text);
}

int kpm_query_parse(const char *name, struct kpm_ksyms *ksyms, struct kpm_query *q,
		    struct kpm_err *err)
{
	char symbol[640];
	uint64_t address;

	memset(q, 0, sizeof(*q));
	if (strlen(name) >= sizeof(q->text))
		return kpm_usage(err, "'%.40s...' is longer than any name", name);
	if (is_address(name, &address)) {
		if (!ksyms)
			return kpm_usage(
				err,
				"the address %.40s can be looked up in the running kernel only; "
				"give the tag's name",
				name);
		/* as it was copied from a list of symbols, or a return address */
		if (!kpm_ksyms_name(ksyms, address + 1, symbol, sizeof(symbol)))
			return kpm_fail(err, -ENOENT,
					"no code is at %.40s, or the kernel keeps its addresses "
					"from us; run as root",
					name);
		name = symbol;
	}
	take_tag(q, name);
	find_needle(q);
	if (!*q->needle)
		return kpm_usage(
			err, "'%.40s' has nothing to look for; give a name or a part of one", name);
	return 0;
}

const char *kpm_entry_module(const struct kpm_index *index, const struct kpm_entry *entry,
			     char *buf, size_t size)
{
	size_t all;
	const char *text = kpm_index_text(index, &all);

	if (entry->kind != KPM_KIND_MODULE || !kpm_module_name(text + entry->path, buf, size))
		snprintf(buf, size, "kernel");
	return buf;
}

struct searching {
	const struct kpm_query *query;
	const struct kpm_entry *entries;
	size_t count;
	const char *text;
	struct kpm_hit *best; /* [count] */
};

/* Does the whole word match? `.` ends a name that the compiler made of it (`foo.isra.0`). */
static bool matches(const struct kpm_query *q, const char *word, size_t len)
{
	size_t want = strlen(q->text);

	if (q->wild)
		return kpm_match(q->text, word);
	return len == want;
}

static enum kpm_evidence judge(const struct searching *s, const struct kpm_entry *e, uint64_t at,
			       const char *word, size_t len, bool *sure)
{
	const struct kpm_query *q = s->query;
	size_t want = strlen(q->text);

	*sure = false;
	if (at < e->created) {
		if (matches(q, word, len) ||
		    (!q->wild && len > want && word[want] == '.' && !memcmp(word, q->text, want)))
			return KPM_DEFINES;
	} else if (at < e->strings && matches(q, word, len)) {
		*sure = true;
		return KPM_CREATES;
	} else if (at < e->others && matches(q, word, len)) {
		return e->flags & KPM_ENTRY_CREATES ? KPM_CREATES : KPM_CONTAINS;
	}
	return !q->wild || kpm_match(q->text, word) ? KPM_CONTAINS : KPM_NO_EVIDENCE;
}

/* Looks at what was found at an offset of the text. Returns the offset to go on at. */
static uint64_t look(struct searching *s, size_t number, uint64_t at)
{
	const struct kpm_entry *e = &s->entries[number];
	struct kpm_hit *hit = &s->best[number];
	uint64_t start = at, end = at;
	enum kpm_evidence found;
	bool sure;

	while (start > e->functions && s->text[start - 1])
		start--;
	while (end < e->end && s->text[end])
		end++;
	if (end == e->end)
		return end;
	found = judge(s, e, at, s->text + start, end - start, &sure);
	if (found < hit->evidence) {
		hit->evidence = found;
		hit->sure = sure;
		snprintf(hit->word, sizeof(hit->word), "%s", s->text + start);
	}
	/* nothing better will come */
	return hit->evidence == KPM_DEFINES ? e->end : end;
}

static void set_confidence(struct kpm_hit *hits, size_t count, const struct kpm_index *index,
			   const struct searching *s)
{
	size_t found = 0; /* files that define it */
	char module[KPM_MODULE_NAME_LEN];

	for (size_t i = 0; i < count; i++)
		found += hits[i].evidence == KPM_DEFINES;
	for (size_t i = 0; i < count; i++) {
		struct kpm_hit *h = &hits[i];
		const struct kpm_entry *e = &s->entries[h->entry];
		bool named = *s->query->module &&
			     !strcmp(s->query->module,
				     kpm_entry_module(index, e, module, sizeof(module)));

		if (h->evidence == KPM_CONTAINS)
			h->confidence = KPM_LOW;
		else if (h->evidence == KPM_CREATES)
			/* else the string may stand there for something else */
			h->confidence = h->sure ? KPM_HIGH : KPM_MEDIUM;
		else
			h->confidence =
				named || (found == 1 && !s->query->wild) ? KPM_HIGH : KPM_MEDIUM;
	}
}

static int by_worth(const void *x, const void *y, void *arg)
{
	const struct kpm_hit *a = x, *b = y;
	const struct searching *s = arg;

	if (a->confidence != b->confidence)
		return a->confidence < b->confidence ? -1 : 1;
	if (a->evidence != b->evidence)
		return a->evidence < b->evidence ? -1 : 1;
	/* a string that any module may have for its messages is more of a cache's name there */
	if (a->evidence == KPM_CREATES && s->entries[a->entry].kind != s->entries[b->entry].kind)
		return s->entries[a->entry].kind == KPM_KIND_MODULE ? 1 : -1;
	return strcmp(s->text + s->entries[a->entry].path, s->text + s->entries[b->entry].path);
}

static void scan(struct searching *s, size_t size)
{
	const char *needle = s->query->needle;
	size_t len = strlen(needle), number = 0;
	uint64_t at = 0;
	const char *p;

	while (at < size && (p = memmem(s->text + at, size - at, needle, len))) {
		at = p - s->text;
		while (number < s->count && s->entries[number].end <= at)
			number++;
		if (number == s->count)
			return;
		/* in its path or note */
		if (at < s->entries[number].functions)
			at = s->entries[number].functions;
		else
			at = look(s, number, at);
	}
}

int kpm_search(const struct kpm_index *index, const struct kpm_query *query, struct kpm_hit **hits,
	       size_t *count)
{
	struct searching s = {.query = query};
	size_t size;

	*count = 0;
	s.text = kpm_index_text(index, &size);
	s.entries = kpm_index_entries(index, &s.count);
	s.best = calloc(s.count + 1, sizeof(*s.best));
	if (!s.best)
		return -ENOMEM;
	for (size_t i = 0; i < s.count; i++) {
		s.best[i].evidence = KPM_NO_EVIDENCE;
		s.best[i].entry = i;
	}
	scan(&s, size);
	for (size_t i = 0; i < s.count; i++)
		if (s.best[i].evidence != KPM_NO_EVIDENCE)
			s.best[(*count)++] = s.best[i];
	set_confidence(s.best, *count, index, &s);
	qsort_r(s.best, *count, sizeof(*s.best), by_worth, &s);
	*hits = s.best;
	return 0;
}
