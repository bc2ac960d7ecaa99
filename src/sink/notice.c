// SPDX-License-Identifier: GPL-2.0-or-later
/* The texts of a notice. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sink/notice.h"
#include "view/columns.h"

char *kpm_notice_text(const struct kpm_notice *n, char *buf)
{
	const struct kpm_alert *a = n->alert;
	char time[KPM_TIME_LEN], value[KPM_SIZE_LEN], words[KPM_EVIDENCE_LEN] = "";
	char tag[1024], cache[512] = "";
	size_t used;

	kpm_clean(n->name->text, tag, sizeof(tag));
	if (n->name->cache)
		kpm_clean(n->name->cache, cache, sizeof(cache));
	if (n->evidence)
		kpm_evidence_words(n->evidence, words);
	kpm_rule_value(a->rule, a->value, value);
	used = snprintf(buf, KPM_NOTICE_LEN, "%s %s ", kpm_format_time(a->wall_ns, time),
			a->firing ? "alert" : "over");
	if (strcmp(a->rule->name, a->rule->text))
		used += snprintf(buf + used, KPM_NOTICE_LEN - used, "%.200s: ", a->rule->name);
	used += snprintf(buf + used, KPM_NOTICE_LEN - used, "%.400s: %s", a->rule->text, tag);
	if (*cache)
		used += snprintf(buf + used, KPM_NOTICE_LEN - used, " (%s)", cache);
	used += snprintf(buf + used, KPM_NOTICE_LEN - used, " has %s", value);
	if (*words)
		snprintf(buf + used, KPM_NOTICE_LEN - used, ": %s", words);
	return buf;
}

char *kpm_notice_json(const struct kpm_notice *n)
{
	struct kpm_counts c = kpm_row_sum(n->row);
	char words[KPM_EVIDENCE_LEN];
	json_t *o = json_object();
	char *text;

	if (!o)
		return NULL;
	json_object_set_new(o, "time", kpm_json_time(n->alert->wall_ns));
	json_object_set_new(o, "host", kpm_json_text(n->snap->host));
	json_object_set_new(o, "kernel", kpm_json_text(n->snap->kernel));
	json_object_set_new(o, "state", json_string(n->alert->firing ? "alert" : "over"));
	json_object_set_new(o, "since", kpm_json_time(n->alert->since_ns));
	json_object_set_new(o, "name", kpm_json_text(n->alert->rule->name));
	json_object_set_new(o, "rule", kpm_json_text(n->alert->rule->text));
	json_object_set_new(o, "value", json_real(n->alert->value));
	json_object_set_new(o, "threshold", json_real(n->alert->rule->threshold));
	json_object_set_new(o, "tag", kpm_json_text(n->name->text));
	json_object_set_new(o, "symbol", kpm_json_text(n->name->symbol));
	json_object_set_new(o, "module", kpm_json_text(n->name->module));
	json_object_set_new(o, "cache", kpm_json_text(n->name->cache));
	json_object_set_new(o, "bytes", json_integer(c.bytes));
	json_object_set_new(o, "objects", json_integer(c.diff));
	json_object_set_new(o, "allocs", json_integer(c.allocs));
	json_object_set_new(o, "frees", json_integer(c.frees));
	json_object_set_new(o, "missed", json_integer(c.missed));
	json_object_set_new(o, "verdict",
			    n->evidence ? json_string(kpm_verdict_name(kpm_verdict_on(n->evidence)))
					: json_null());
	json_object_set_new(o, "evidence",
			    n->evidence ? json_string(kpm_evidence_words(n->evidence, words))
					: json_null());
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
