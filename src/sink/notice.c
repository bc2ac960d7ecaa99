// SPDX-License-Identifier: GPL-2.0-or-later
/* The texts of a notice. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sink/notice.h"
#include "view/columns.h"

static const struct kpm_finding_party *first_of(const struct kpm_finding *f,
						enum kpm_party_kind kind)
{
	return f && f->parties[kind] ? &f->party[kind][0] : NULL;
}

static void put_finding(const struct kpm_finding *f, char *buf, size_t size)
{
	const struct kpm_finding_party *owner = first_of(f, KPM_OWNER),
				       *process = first_of(f, KPM_PROCESS);
	char bytes[KPM_SIZE_LEN], name[256];
	size_t used = 0;

	if (f->count > 1)
		used = snprintf(buf, size, "; %s in %" PRIu32 " tags",
				kpm_format_size(f->bytes, bytes), f->count);
	if (owner)
		used += snprintf(buf + used, size - used, "; owner %.200s [%.100s] %.0f%%",
				 kpm_clean(owner->name, name, sizeof(name)), owner->module,
				 100 * owner->share);
	if (process)
		used += snprintf(buf + used, size - used, "; allocated by %.60s",
				 kpm_clean(process->name, name, sizeof(name)));
	/* an interrupt has none */
	if (process && process->pid)
		used += snprintf(buf + used, size - used, " (%" PRIu32 ")", process->pid);
	if (process)
		snprintf(buf + used, size - used, " %.0f%%", 100 * process->share);
}

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
	used += snprintf(buf + used, KPM_NOTICE_LEN - used, " %s %s",
			 a->rule->metric->measure ? "has" : "is", value);
	if (*words)
		used += snprintf(buf + used, KPM_NOTICE_LEN - used, ": %s", words);
	if (n->finding)
		put_finding(n->finding, buf + used, KPM_NOTICE_LEN - used);
	return buf;
}

char *kpm_notice_json(const struct kpm_notice *n)
{
	const struct kpm_finding_party *owner = first_of(n->finding, KPM_OWNER),
				       *process = first_of(n->finding, KPM_PROCESS);
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
	json_object_set_new(o, "finding_tags",
			    n->finding ? json_integer(n->finding->count) : json_null());
	json_object_set_new(o, "finding_bytes",
			    n->finding ? json_integer(n->finding->bytes) : json_null());
	json_object_set_new(o, "owner", kpm_json_text(owner ? owner->name : NULL));
	json_object_set_new(o, "owner_module", kpm_json_text(owner ? owner->module : NULL));
	json_object_set_new(o, "process", kpm_json_text(process ? process->name : NULL));
	json_object_set_new(o, "pid",
			    process && process->pid ? json_integer(process->pid) : json_null());
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
