// SPDX-License-Identifier: GPL-2.0-or-later
/* Parses the sentences of src/view/rules.h. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kpoolmon/kinds.h>

#include "base/parse.h"
#include "base/text.h"
#include "view/frame.h"
#include "view/rules.h"

#define SECOND   1000000000LL
#define WORD_MAX 512

struct kpm_rules {
	struct kpm_rule *list;
	size_t count, capacity;
};

static const struct {
	const char *name;
	const char *window; /* the word before the duration; NULL: it has none */
	double clear;       /* part of the threshold below which it is over */
} metrics[KPM_METRICS] = {
	[KPM_METRIC_BYTES] = {"bytes", NULL, 0.9},   [KPM_METRIC_DIFF] = {"diff", NULL, 0.9},
	[KPM_METRIC_GROWTH] = {"growth", "in", 0.5}, [KPM_METRIC_RATE] = {"rate", "for", 0.5},
	[KPM_METRIC_SHARE] = {"share", NULL, 0.9},
};

/* A sentence that is being read. */
struct reader {
	const char *where;
	const char *rest;
	char word[WORD_MAX]; /* the word in hand; empty at the end */
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

/* `512M`, `1.5G`: bytes, 1024 to the unit; or counts, 1000 to it. The rest of the word in *rest. */
static bool parse_amount(const char *word, double unit, double *value, const char **rest)
{
	static const char units[] = "kmgtp";
	const char *found;
	char *end;

	if (!isdigit((unsigned char)*word))
		return false;
	*value = strtod(word, &end);
	found = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	/* `1m` is no minute here: amounts come before durations */
	if (found && *end != '/') {
		*value *= pow(unit, found - units + 1);
		end++;
	}
	*rest = end;
	return *value > 0 && isfinite(*value);
}

/* `/min`: what a rate is divided by. */
static double per(const char *rest)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"/s", 1}, {"/min", 60}, {"/m", 60}, {"/h", 3600}, {"/d", 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(rest, units[i].name))
			return units[i].seconds;
	return 0;
}

static int parse_value(struct reader *r, struct kpm_rule *rule)
{
	const char *rest;
	double *value = &rule->threshold;

	switch (rule->metric) {
	case KPM_METRIC_DIFF:
		if (!parse_amount(r->word, 1000, value, &rest) || *rest)
			return expected(r, "a number of objects such as 100k");
		break;
	case KPM_METRIC_RATE:
		if (!parse_amount(r->word, 1024, value, &rest) || !per(rest))
			return expected(r, "a rate such as 1M/min (/s, /min, /h, /d)");
		*value /= per(rest);
		break;
	case KPM_METRIC_SHARE:
		if (!parse_amount(r->word, 1, value, &rest) || strcmp(rest, "%") || *value > 100)
			return expected(r, "a percentage such as 20%");
		break;
	default:
		if (!parse_amount(r->word, 1024, value, &rest) || *rest)
			return expected(r, "a size such as 512M");
		break;
	}
	rule->clear = *value * metrics[rule->metric].clear;
	return 0;
}

static int parse_window(struct reader *r, struct kpm_rule *rule)
{
	const char *word = metrics[rule->metric].window;
	char what[64];

	if (!word)
		return 0;
	next_word(r);
	snprintf(what, sizeof(what), "'%s' and a duration such as 10m", word);
	if (strcmp(r->word, word))
		return expected(r, what);
	next_word(r);
	if (kpm_parse_duration(r->word, &rule->window_ns) || rule->window_ns < SECOND)
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
	else if (strcmp(r->word, "type"))
		return expected(r, "tag, module, cache or type");
	next_word(r);
	if (!pattern) {
		if (strcmp(r->word, "Nonp") && strcmp(r->word, "Paged"))
			return expected(r, "Nonp or Paged");
		rule->kind = strcmp(r->word, "Nonp") ? KPM_PAGED : KPM_NONP;
		return 0;
	}
	if (!*r->word)
		return expected(r, "a pattern");
	free(*pattern);
	*pattern = strdup(r->word);
	return *pattern ? 0 : kpm_fail(r->err, -ENOMEM, "out of memory");
}

static int parse_sentence(struct reader *r, struct kpm_rule *rule)
{
	int ret;

	next_word(r);
	for (rule->metric = 0; rule->metric < KPM_METRICS; rule->metric++)
		if (!strcmp(r->word, metrics[rule->metric].name))
			break;
	if (rule->metric == KPM_METRICS)
		return expected(r, "bytes, diff, growth, rate or share");
	next_word(r);
	if (strcmp(r->word, ">"))
		return expected(r, "'>'");
	next_word(r);
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
	if (rules->count == rules->capacity) {
		size_t want = rules->capacity * 2 + 8;
		struct kpm_rule *list = realloc(rules->list, want * sizeof(*list));

		if (list) {
			rules->list = list;
			rules->capacity = want;
		}
	}
	if (!rule.name || !rule.text || rules->count == rules->capacity)
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

/* The pattern may leave out ` [module]`, which has a blank in it. */
static bool tag_matches(const char *pattern, const struct kpm_tag_name *name)
{
	char text[1024];

	if (kpm_match(pattern, name->text) || (name->symbol && kpm_match(pattern, name->symbol)))
		return true;
	snprintf(text, sizeof(text), "%s", name->text);
	text[strcspn(text, " ")] = '\0';
	return kpm_match(pattern, text);
}

bool kpm_rule_selects(const struct kpm_rule *rule, const struct kpm_tag_name *name)
{
	if (rule->tag && !tag_matches(rule->tag, name))
		return false;
	if (rule->module && !(name->module && kpm_match(rule->module, name->module)))
		return false;
	return !rule->cache || (name->cache && kpm_cache_matches(rule->cache, name->cache));
}

char *kpm_rule_value(const struct kpm_rule *rule, double value, char *buf)
{
	double magnitude = fabs(value);
	char size[KPM_SIZE_LEN];

	switch (rule->metric) {
	case KPM_METRIC_DIFF:
		snprintf(buf, KPM_SIZE_LEN, "%.0f", value);
		break;
	case KPM_METRIC_SHARE:
		snprintf(buf, KPM_SIZE_LEN, "%.1f%%", value);
		break;
	case KPM_METRIC_RATE:
		kpm_format_size(magnitude * 60, size);
		snprintf(buf, KPM_SIZE_LEN, "%s%.15s/min", value < 0 ? "-" : "", size);
		break;
	default:
		kpm_format_size(magnitude, size);
		snprintf(buf, KPM_SIZE_LEN, "%s%.15s", value < 0 ? "-" : "", size);
		break;
	}
	return buf;
}
