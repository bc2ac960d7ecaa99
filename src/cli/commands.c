// SPDX-License-Identifier: GPL-2.0-or-later
/* What the commands beside console and dump may be given, apart from their options. */
#include <errno.h>

#include "cli/options.h"

static const struct {
	size_t least, most; /* words */
	const char *words;  /* what they are */
	const char *formats;
} verbs[KPM_VERBS] = {
	[KPM_FIND] = {1, SIZE_MAX, "a NAME: a symbol, a tag, a slab cache, a pattern or an address",
		      "table or json"},
	[KPM_WATCH] = {0, 0, NULL, "lines or json"},
	[KPM_SUSPECTS] = {0, 0, NULL, "table, csv or json"},
	[KPM_START] = {0, 0, NULL, NULL},
	[KPM_STOP] = {0, 0, NULL, NULL},
	[KPM_STATUS] = {0, 0, NULL, "table or json"},
	[KPM_RECORD] = {1, 1, "the name of a FILE to record into", NULL},
	[KPM_REPLAY] = {1, 1, "the FILE of a recording", NULL},
	[KPM_DIFF] = {2, 2, "two of CSV files and recordings, each as FILE or FILE@TIME",
		      "table, csv or json"},
	[KPM_REPORT] = {0, 0, NULL, NULL},
	[KPM_AUDIT] = {0, 0, NULL, "table or json"},
};

static bool has_format(enum kpm_verb verb, const struct kpm_sink *sink)
{
	return sink == &kpm_sink_table || sink == &kpm_sink_json ||
	       ((verb == KPM_SUSPECTS || verb == KPM_DIFF) && sink == &kpm_sink_csv);
}

int kpm_verb_check(const struct kpm_options *o, struct kpm_err *err)
{
	const char *name = kpm_verb_names[o->verb];
	size_t count = 0;

	if (o->help || o->version)
		return 0;
	for (; o->words[count]; count++)
		if (!*o->words[count])
			return kpm_fail(err, -EINVAL, "%s: a name cannot be empty", name);
	if (count < verbs[o->verb].least)
		return kpm_fail(err, -EINVAL, "%s needs %s", name, verbs[o->verb].words);
	if (count > verbs[o->verb].most)
		return kpm_fail(err, -EINVAL, "unexpected word '%.60s' behind %s; leave it out",
				o->words[verbs[o->verb].most], name);
	if (o->command)
		return kpm_fail(err, -EINVAL, "%s runs no COMMAND; leave -- out", name);
	if (o->sink && !has_format(o->verb, o->sink))
		return kpm_fail(err, -EINVAL, "%s writes %s, not %s", name, verbs[o->verb].formats,
				o->sink->name);
	return 0;
}
