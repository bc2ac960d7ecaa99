// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of options, and how a value of each kind is checked and stored. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/text.h"
#include "cli/option_table.h"
#include "cli/probe_list.h"

static int set_pool(struct kpm_options *o, const char *arg, struct kpm_err *err)
{
	(void)arg;
	if (o->view.pool == KPM_PAGED)
		return kpm_usage(err, "-p can be given twice at most: once for non-paged, "
				      "twice for paged memory");
	o->view.pool = o->view.pool == KPM_KINDS ? KPM_NONP : KPM_PAGED;
	return 0;
}

static int set_sort(struct kpm_options *o, const char *arg, struct kpm_err *err)
{
	o->view.sort = kpm_column_find(arg);
	return o->view.sort ? 0
			    : kpm_usage(err,
					"there is no column '%.40s' to order by; "
					"kpoolmon --help lists them",
					arg);
}

static int set_format(struct kpm_options *o, const char *arg, struct kpm_err *err)
{
	char names[80];

	o->format = kpm_format_find(arg);
	return o->format ? 0
			 : kpm_usage(err, "there is no format '%.40s'; there are %s", arg,
				     kpm_format_names(names, sizeof(names)));
}

static int set_by(struct kpm_options *o, const char *arg, struct kpm_err *err)
{
	for (enum kpm_rollup_by by = KPM_BY_TAG; by < KPM_ROLLUPS; by++)
		if (!strcmp(arg, kpm_rollup_name(by))) {
			o->by = by;
			return 0;
		}
	return kpm_usage(err, "--by '%.40s': expected tag, module, cache, owner, process or cgroup",
			 arg);
}

static int set_samples(struct kpm_options *o, const char *arg, struct kpm_err *err)
{
	char *end;
	double percent;

	if (!strcmp(arg, "off")) {
		o->live.samples = -1;
		return 0;
	}
	percent = strtod(arg, &end);
	if (*end == '%')
		end++;
	if (end == arg || *end || !(percent * 10000 >= 1 && percent * 10000 <= KPM_SAMPLES_MAX))
		return kpm_usage(err,
				 "--samples '%.40s': expected off, or a part of a CPU from "
				 "0.0001 to 10 percent",
				 arg);
	o->live.samples = percent * 10000 + 0.5;
	return 0;
}

static int set_probes(struct kpm_options *o, const char *arg, struct kpm_err *err)
{
	return kpm_probe_list(arg, &o->live.hooks, err);
}

static int set_kernel(struct kpm_options *o, const char *arg, struct kpm_err *err)
{
	o->release = arg;
	if (*arg && !strchr(arg, '/'))
		return 0;
	return kpm_usage(err, "--kernel '%.40s' is not a version; give one as uname -r prints it",
			 arg);
}

#define AT(member)                                                                                 \
	.offset = offsetof(struct kpm_options, member),                                            \
	.size = sizeof(((struct kpm_options *)0)->member)
#define SET(function) .set = function

const struct kpm_option kpm_option_table[KPM_OPTIONS] = {
#define OPTION(...)             {__VA_ARGS__},
#define STORED(TYPE, NAME, ...) {AT(NAME), __VA_ARGS__},
#include "cli/option_rows.h"
#undef STORED
#undef OPTION
};

static int set_count(const struct kpm_option *o, void *at, const char *arg, struct kpm_err *err)
{
	uint64_t value;
	int ret = kpm_parse_count(arg, &value);

	if (ret == -EINVAL)
		return kpm_usage(err,
				 "--%s '%.40s' is not a number; give one such as 1000, 250k "
				 "or 2M",
				 o->name, arg);
	if (ret || value < o->least || value > o->most)
		return kpm_usage(err, "--%s %.40s is not in %llu to %llu", o->name, arg,
				 (unsigned long long)o->least, (unsigned long long)o->most);
	if (o->size == sizeof(uint32_t))
		*(uint32_t *)at = value;
	else
		*(uint64_t *)at = value;
	return 0;
}

static int set_duration(const struct kpm_option *o, int64_t *at, const char *arg,
			struct kpm_err *err)
{
	char least[KPM_SIZE_LEN];

	if (kpm_parse_duration(arg, at))
		return kpm_usage(err,
				 "--%s '%.40s' is not a duration; give one such as 90s, 10m or 2h, "
				 "ten years at most",
				 o->name, arg);
	if (*at < (int64_t)o->least)
		return kpm_usage(err, "--%s %.40s is too short; %s is the least", o->name, arg,
				 kpm_format_duration(o->least, least));
	return 0;
}

static int not_empty(const struct kpm_option *o, const char *arg, struct kpm_err *err)
{
	return *arg ? 0 : kpm_usage(err, "--%s needs %s, not an empty word", o->name, o->arg);
}

static int add_to_list(const struct kpm_option *o, struct kpm_list *list, const char *arg,
		       struct kpm_err *err)
{
	if (list->count == o->most)
		return kpm_usage(err, "--%s can be given %llu times at most", o->name,
				 (unsigned long long)o->most);
	if (kpm_array_reserve(list->item, list->capacity, list->count + 2))
		return kpm_fail(err, -ENOMEM, "out of memory");
	list->item[list->count++] = arg;
	list->item[list->count] = NULL;
	return not_empty(o, arg, err);
}

int kpm_option_set(const struct kpm_option *o, struct kpm_options *options, const char *arg,
		   struct kpm_err *err)
{
	void *at = (char *)options + o->offset;

	arg = arg ? arg : o->usual;
	switch (o->kind) {
	case KPM_OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case KPM_OPTION_TOGGLE:
		*(bool *)at = !*(bool *)at;
		return 0;
	case KPM_OPTION_COUNT:
		return set_count(o, at, arg, err);
	case KPM_OPTION_DURATION:
		return set_duration(o, at, arg, err);
	case KPM_OPTION_TEXT:
	case KPM_OPTION_FILE:
	case KPM_OPTION_FOLDER:
		*(const char **)at = arg;
		return not_empty(o, arg, err);
	case KPM_OPTION_LIST:
	case KPM_OPTION_FILES:
		return add_to_list(o, at, arg, err);
	case KPM_OPTION_OTHER:
		break;
	}
	return o->set(options, arg, err);
}

bool kpm_option_is_of(const struct kpm_option *option, const struct kpm_command *command)
{
	char word[16];

	if (!strcmp(option->commands, "*") || kpm_word_in(option->commands, command->name))
		return true;
	for (const char *p = command->options; p && *p; p += strspn(p, " ")) {
		int n = strcspn(p, " ");

		snprintf(word, sizeof(word), "%.*s", n, p);
		if (kpm_word_in(option->commands, word))
			return true;
		p += n;
	}
	return false;
}

#define SEE_HELP "; kpoolmon --help lists the options"

int kpm_option_unknown(const char *word, int letter, struct kpm_err *err)
{
	switch (letter) {
	case 's':
		return kpm_usage(err, "-s (session pools) has no counterpart: Linux has "
				      "one set of pools; leave it out");
	case 'c':
		return kpm_usage(err,
				 "-c (localtag.txt) is not needed: the column Module "
				 "names every tag's module; leave it out or label tags with -g");
	case 'u':
		return kpm_usage(err, "-u is no documented switch of poolmon; -b orders by "
				      "bytes, which is the order without any switch");
	case 0:
		return kpm_usage(err, "unknown or ambiguous option '%.60s'" SEE_HELP, word);
	default:
		return kpm_usage(err, "unknown option '-%c'" SEE_HELP, letter);
	}
}
