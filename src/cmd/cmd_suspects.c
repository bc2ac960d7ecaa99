// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon suspects: watches for a while, then ranks the tags and prints the evidence. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "app/count.h"
#include "app/loop.h"
#include "app/open_source.h"
#include "app/sampler.h"
#include "base/text.h"
#include "cmd/app.h"
#include "sink/output.h"
#include "source/audit.h"
#include "view/columns.h"
#include "view/probe_text.h"
#include "view/suspects.h"

#define SECOND       1000000000LL
#define SUSPECTS_MAX 256

struct run {
	const struct kpm_options *options;
	struct kpm_tracker tracker;
	struct kpm_suspect list[SUSPECTS_MAX];
	uint32_t count;
};

static int sample(void *arg, struct kpm_err *err)
{
	struct run *run = arg;

	return kpm_tracker_sample(&run->tracker, err);
}

static bool ages_of(void *arg, uint32_t tag, uint32_t survive_s, struct kpm_objects *objects)
{
	struct kpm_source *source = arg;

	return source->ops->objects && !source->ops->objects(source, tag, survive_s, objects);
}

static const char *type_of(const struct kpm_row *row)
{
	bool nonp = row->kind[KPM_NONP].allocs, paged = row->kind[KPM_PAGED].allocs;

	return nonp && paged ? "Mixed" : nonp ? "Nonp" : "Paged";
}

static const char *clean(const char *text, char *buf)
{
	return kpm_clean(text ? text : "", buf, KPM_CLEAN_LEN);
}

static void put_table(FILE *out, struct run *run)
{
	const struct kpm_snapshot *snap = &run->tracker.snap;
	char size[KPM_SIZE_LEN], words[KPM_EVIDENCE_LEN], buf[KPM_CLEAN_LEN];

	fprintf(out, " %s  Linux %s  watched for %s\n", snap->host, snap->kernel,
		kpm_format_duration(kpm_trend_span(run->tracker.trend), size));
	kpm_missing_probes_print(out, " Missing probes", snap->hooks);
	if (*snap->no_audit)
		fprintf(out, " No audit: %s\n", snap->no_audit);
	if (!run->count)
		fputs(" Nothing grew.\n", out);
	for (uint32_t i = 0; i < run->count; i++) {
		const struct kpm_suspect *s = &run->list[i];
		const struct kpm_tag_name *name = kpm_tagset_get(run->tracker.tags, s->tag);
		const struct kpm_row *row = &snap->rows[s->tag];
		int64_t end = kpm_time_to_exhaustion(snap, &s->evidence);

		fprintf(out, "\n %-8s %s", kpm_verdict_name(s->verdict), clean(name->text, buf));
		if (name->cache)
			fprintf(out, " (%s)", clean(name->cache, buf));
		fprintf(out, ", %s, %s in %" PRIu64 " objects\n", type_of(row),
			kpm_format_size(s->evidence.bytes, size), s->evidence.diff);
		fprintf(out, "          %s\n", kpm_evidence_words(&s->evidence, words));
		if (s->moves_with != KPM_NO_SUSPECT)
			fprintf(out, "          moves with %s\n",
				clean(kpm_tagset_get(run->tracker.tags,
						     run->list[s->moves_with].tag)
					      ->text,
				      buf));
		if (s->verdict <= KPM_GROWING && end)
			fprintf(out, "          at this slope the available memory lasts %s\n",
				kpm_format_duration(end, size));
	}
}

static void set_text(json_t *o, const char *name, const char *text)
{
	char buf[KPM_CLEAN_LEN];

	json_object_set_new(o, name, text ? json_string(clean(text, buf)) : json_null());
}

/* Null for what is not known: infinities are no numbers in JSON. */
static void set_real(json_t *o, const char *name, double value, bool known)
{
	json_object_set_new(o, name, known && isfinite(value) ? json_real(value) : json_null());
}

static json_t *suspect_object(struct run *run, const struct kpm_suspect *s)
{
	const struct kpm_snapshot *snap = &run->tracker.snap;
	const struct kpm_tag_name *name = kpm_tagset_get(run->tracker.tags, s->tag);
	const struct kpm_evidence *e = &s->evidence;
	int64_t end = kpm_time_to_exhaustion(snap, e);
	char words[KPM_EVIDENCE_LEN];
	json_t *o = json_object();

	set_text(o, "verdict", kpm_verdict_name(s->verdict));
	set_text(o, "tag", name->text);
	set_text(o, "cache", name->cache);
	set_text(o, "type", type_of(&snap->rows[s->tag]));
	set_text(o, "module", name->module);
	json_object_set_new(o, "bytes", json_integer(e->bytes));
	json_object_set_new(o, "diff", json_integer(e->diff));
	json_object_set_new(o, "allocs", json_integer(e->allocs));
	json_object_set_new(o, "frees", json_integer(e->frees));
	json_object_set_new(o, "missed", json_integer(e->missed));
	json_object_set_new(o, "grew", json_integer(e->steps.grew));
	json_object_set_new(o, "samples", json_integer(e->steps.steps));
	set_real(o, "bytes_per_min_10s", e->slope[KPM_10S] * 60, e->known[KPM_10S]);
	set_real(o, "bytes_per_min_1min", e->slope[KPM_1MIN] * 60, e->known[KPM_1MIN]);
	set_real(o, "bytes_per_min_15min", e->slope[KPM_15MIN] * 60, e->known[KPM_15MIN]);
	set_real(o, "bytes_per_min", e->slope[KPM_RUN] * 60, e->known[KPM_RUN]);
	set_real(o, "old_share", e->old, e->ages_known);
	set_real(o, "exhausted_in_s", end / 1e9, end > 0);
	set_text(o, "moves_with",
		 s->moves_with == KPM_NO_SUSPECT
			 ? NULL
			 : kpm_tagset_get(run->tracker.tags, run->list[s->moves_with].tag)->text);
	set_text(o, "evidence", kpm_evidence_words(e, words));
	return o;
}

static int put_json(FILE *out, struct run *run)
{
	const struct kpm_snapshot *snap = &run->tracker.snap;
	json_t *o = json_object(), *list = json_array();
	char time[KPM_TIME_LEN], *text;

	set_text(o, "time", kpm_format_time(snap->wall_ns, time));
	set_text(o, "host", snap->host);
	set_text(o, "kernel", snap->kernel);
	set_real(o, "watched_s", kpm_trend_span(run->tracker.trend) / 1e9, true);
	set_text(o, "missing_probes", snap->missing);
	for (uint32_t i = 0; i < run->count; i++)
		json_array_append_new(list, suspect_object(run, &run->list[i]));
	json_object_set_new(o, "suspects", list);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}

/* The fields of the JSON object as a line of CSV; its names as the first one. */
static void put_csv(FILE *out, struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++) {
		json_t *o = suspect_object(run, &run->list[i]), *value;
		const char *key, *comma = "";

		if (!i) {
			json_object_foreach(o, key, value)
			{
				fprintf(out, "%s%s", comma, key);
				comma = ",";
			}
			fputs("\r\n", out);
		}
		comma = "";
		json_object_foreach(o, key, value)
		{
			fputs(comma, out);
			comma = ",";
			if (json_is_string(value))
				kpm_csv_text(out, json_string_value(value));
			else if (json_is_integer(value))
				fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
			else if (json_is_real(value))
				fprintf(out, "%.3f", json_real_value(value));
		}
		fputs("\r\n", out);
		json_decref(o);
	}
}

static int show(struct run *run, struct kpm_err *err)
{
	const struct kpm_options *o = run->options;
	uint32_t most =
		o->view.limit && o->view.limit < SUSPECTS_MAX ? o->view.limit : SUSPECTS_MAX;
	char *text = NULL;
	size_t size;
	FILE *out;
	int ret = 0;

	run->count = kpm_suspects_rank(&run->tracker.snap, run->tracker.tags, run->tracker.trend,
				       ages_of, run->tracker.source, run->list, most);
	out = open_memstream(&text, &size);
	if (!out)
		return kpm_fail(err, -ENOMEM, "out of memory");
	if (o->sink == &kpm_sink_json)
		ret = put_json(out, run);
	else if (o->sink == &kpm_sink_csv)
		put_csv(out, run);
	else
		put_table(out, run);
	if (fclose(out) || ret)
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	else
		ret = kpm_write_stdout(text, size, err);
	free(text);
	return ret;
}

/* Before a tag is called a leak: the whole table, and a last sample of what is left. */
static int audit(struct run *run, struct kpm_err *err)
{
	struct kpm_audit *audit = kpm_origin_audit(run->options, run->tracker.source);

	if (!audit)
		return 0;
	kpm_audit_whole(audit);
	return kpm_tracker_sample(&run->tracker, err);
}

int kpm_app_suspects(const struct kpm_options *options, struct kpm_err *err)
{
	struct run *run = calloc(1, sizeof(*run));
	struct kpm_pace pace;
	int ret;

	if (!run)
		return kpm_fail(err, -ENOMEM, "out of memory");
	run->options = options;
	kpm_signals_hold();
	ret = kpm_tracker_open(&run->tracker, options, 0, err);
	pace = (struct kpm_pace){
		.every_ns = options->interval_ns,
		.for_ns = options->for_ns,
		.progress = isatty(STDERR_FILENO),
		.tick = sample,
		.arg = run,
	};
	if (!ret)
		ret = kpm_pace(&pace, err);
	if (!ret)
		ret = audit(run, err);
	if (!ret)
		ret = show(run, err);
	kpm_tracker_close(&run->tracker);
	free(run);
	return ret;
}
