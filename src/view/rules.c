// SPDX-License-Identifier: GPL-2.0-or-later
/* Parses the sentences of view/rules.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kpoolmon/kinds.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/text.h"
#include "view/filter.h"
#include "view/kind_names.h"
#include "view/rules.h"

#define WORD_MAX 512

struct kpm_rules {
	struct kpm_rule *list;
	size_t count, capacity;
};

/* A sentence that is being read. */
struct reader {
	const char *where;
	const char *rest;
	char word[WORD_MAX]; /* the current word; empty at the end */
	struct kpm_err *err;
};

static void next_word(struct reader *r)
{
	size_t len;

	r->rest += strspn(r->rest, " \t\r\n");
	/* > needs no blanks around it */
	len = *r->rest == '>' ? 1 : strcspn(r->rest, " \t\r\n>");
	snprintf(r->word, sizeof(r->word), "%.*s", (int)len, r->rest);
	r->rest += len;
}

static int expected(const struct reader *r, const char *what)
{
	char word[4 * WORD_MAX];

	if (!*r->word)
		return kpm_usage(r->err, "%s: the rule ends where %s was expected", r->where, what);
	return kpm_usage(r->err, "%s: '%.40s': expected %s", r->where,
			 kpm_clean(r->word, word, sizeof(word)), what);
}

static int parse_value(struct reader *r, struct kpm_rule *rule)
{
	const struct kpm_metric *metric = rule->metric;

	if (!metric->unit->parse(r->word, &rule->threshold))
		return expected(r, metric->unit->expected);
	rule->clear = rule->threshold * metric->clear;
	return 0;
}

static int parse_window(struct reader *r, struct kpm_rule *rule)
{
	const char *word = rule->metric->window;
	char what[64];

	if (!word)
		return 0;
	next_word(r);
	snprintf(what, sizeof(what), "'%s' and a duration such as 10m", word);
	if (strcmp(r->word, word))
		return expected(r, what);
	next_word(r);
	if (kpm_parse_duration(r->word, &rule->window_ns) || rule->window_ns < KPM_SECOND)
		return expected(r, "a duration of a second or more, such as 10m");
	return 0;
}

static int parse_selector(struct reader *r, struct kpm_rule *rule)
{
	char **pattern = NULL;

	next_word(r);
	if (!strcmp(r->word, "tag"))
		pattern = &rule->tag;
	else if (!strcmp(r->word, "module"))
		pattern = &rule->module;
	else if (!strcmp(r->word, "cache"))
		pattern = &rule->cache;
	else if (!strcmp(r->word, "owner"))
		pattern = &rule->party[KPM_OWNER];
	else if (!strcmp(r->word, "process"))
		pattern = &rule->party[KPM_PROCESS];
	else if (!strcmp(r->word, "cgroup"))
		pattern = &rule->party[KPM_CGROUP];
	else if (strcmp(r->word, "type"))
		return expected(r, "tag, module, cache, owner, process, cgroup or type");
	next_word(r);
	if (!pattern) {
		for (rule->kind = 0; rule->kind < KPM_KINDS; rule->kind++)
			if (!strcmp(r->word, kpm_kind_names[rule->kind].type))
				return 0;
		return expected(r, "Nonp or Paged");
	}
	if (!*r->word)
		return expected(r, "a pattern");
	free(*pattern);
	*pattern = strdup(r->word);
	return *pattern ? 0 : kpm_fail(r->err, -ENOMEM, "out of memory");
}

static int parse_sentence(struct reader *r, struct kpm_rule *rule)
{
	char names[80];
	int ret;

	next_word(r);
	rule->metric = kpm_metric_find(r->word);
	if (!rule->metric)
		return expected(r, kpm_metric_names(names, sizeof(names)));
	next_word(r);
	if (rule->metric->measure) {
		if (strcmp(r->word, ">"))
			return expected(r, "'>'");
		next_word(r);
	}
	ret = parse_value(r, rule);
	if (!ret)
		ret = parse_window(r, rule);
	if (ret)
		return ret;
	next_word(r);
	if (!*r->word)
		return 0;
	if (strcmp(r->word, "where"))
		return expected(r, "'where' or the end");
	do {
		ret = parse_selector(r, rule);
		if (ret)
			return ret;
		next_word(r);
	} while (!strcmp(r->word, "and"));
	return *r->word ? expected(r, "'and' or the end") : 0;
}

static void free_rule(struct kpm_rule *rule)
{
	free(rule->name);
	free(rule->text);
	free(rule->tag);
	free(rule->module);
	free(rule->cache);
	for (int kind = 0; kind < KPM_PARTY_KINDS; kind++)
		free(rule->party[kind]);
}

/* The text before a colon that stands before all else, if it is a name. */
static size_t name_length(const char *text)
{
	size_t len =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return len && text[len] == ':' ? len : 0;
}

static char *without_blanks_at_end(const char *text)
{
	size_t len = strlen(text);

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	return strndup(text, len);
}

int kpm_rules_add(struct kpm_rules *rules, const char *where, const char *text, struct kpm_err *err)
{
	struct reader r = {.where = where, .err = err};
	struct kpm_rule rule = {.kind = KPM_KINDS};
	size_t len;
	int ret;

	text += strspn(text, " \t");
	len = name_length(text);
	r.rest = text + len + (len > 0);
	rule.text = without_blanks_at_end(r.rest + strspn(r.rest, " \t"));
	rule.name = len ? strndup(text, len) : rule.text ? strdup(rule.text) : NULL;
	if (!rule.name || !rule.text ||
	    kpm_array_reserve(rules->list, rules->capacity, rules->count + 1))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	else
		ret = parse_sentence(&r, &rule);
	if (ret)
		free_rule(&rule);
	else
		rules->list[rules->count++] = rule;
	return ret;
}

int kpm_rules_read(struct kpm_rules *rules, const char *file, struct kpm_err *err)
{
	FILE *f = fopen(file, "re");
	char *line = NULL, where[512];
	size_t size = 0;
	int ret = 0;

	if (!f)
		return kpm_fail(err, -errno, "open %s: %s", file, strerror(errno));
	for (int number = 1; !ret && getline(&line, &size, f) >= 0; number++) {
		const char *text = line + strspn(line, " \t\r\n");

		snprintf(where, sizeof(where), "%s:%d", file, number);
		if (*text && *text != '#')
			ret = kpm_rules_add(rules, where, text, err);
	}
	if (!ret && ferror(f))
		ret = kpm_fail(err, -EIO, "read %s: %s", file, strerror(errno));
	free(line);
	fclose(f);
	return ret;
}

struct kpm_rules *kpm_rules_new(void)
{
	return calloc(1, sizeof(struct kpm_rules));
}

void kpm_rules_free(struct kpm_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		free_rule(&rules->list[i]);
	free(rules->list);
	free(rules);
}

size_t kpm_rules_count(const struct kpm_rules *rules)
{
	return rules->count;
}

const struct kpm_rule *kpm_rules_get(const struct kpm_rules *rules, size_t i)
{
	return &rules->list[i];
}

/* Parties with less do not count: a sample or two of a passer-by. */
#define PARTY_LEAST 0.1

static bool has_party(const struct kpm_who *who, uint32_t tag, enum kpm_party_kind kind,
		      const char *pattern)
{
	uint32_t count;
	const struct kpm_share *shares = who ? kpm_who_shares(who, tag, kind, &count) : NULL;

	for (uint32_t i = 0; shares && i < count && shares[i].share >= PARTY_LEAST; i++)
		if (kpm_match(pattern, kpm_who_get(who, shares[i].party)->name))
			return true;
	return false;
}

bool kpm_rules_want_verdicts(const struct kpm_rules *rules)
{
	for (size_t i = 0; i < kpm_rules_count(rules); i++)
		if (!kpm_rules_get(rules, i)->metric->measure)
			return true;
	return false;
}

bool kpm_rules_want_who(const struct kpm_rules *rules)
{
	if (kpm_rules_want_verdicts(rules))
		return true;
	for (size_t i = 0; i < kpm_rules_count(rules); i++)
		for (int kind = 0; kind < KPM_PARTY_KINDS; kind++)
			if (kpm_rules_get(rules, i)->party[kind])
				return true;
	return false;
}

bool kpm_rule_selects(const struct kpm_rule *rule, const struct kpm_tag_name *name,
		      const struct kpm_who *who, uint32_t tag)
{
	for (int kind = 0; kind < KPM_PARTY_KINDS; kind++)
		if (rule->party[kind] && !has_party(who, tag, kind, rule->party[kind]))
			return false;
	if (rule->tag && !kpm_filter_matches_tag(rule->tag, name))
		return false;
	if (rule->module && !(name->module && kpm_match(rule->module, name->module)))
		return false;
	return !rule->cache || kpm_filter_matches_alias(rule->cache, name);
}

char *kpm_rule_value(const struct kpm_rule *rule, double value, char *buf)
{
	rule->metric->unit->show(value, buf);
	return buf;
}
