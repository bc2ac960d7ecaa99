// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon suspects: watches for a while, then ranks the tags and prints the evidence. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/loop.h"
#include "app/sampler.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/text.h"
#include "sink/output.h"
#include "source/audit.h"
#include "view/columns.h"
#include "view/kind_names.h"
#include "view/probe_text.h"
#include "view/suspects.h"

#define SUSPECTS_MAX 256

struct run {
	const struct kpm_options *options;
	struct kpm_sampler sampler;
	struct kpm_suspect list[SUSPECTS_MAX];
	uint32_t count;
};

static int sample(void *arg, struct kpm_err *err)
{
	struct run *run = arg;

	return kpm_sampler_sample(&run->sampler, err);
}

static int check(void *arg, struct kpm_err *err)
{
	struct run *run = arg;

	return kpm_sampler_check(&run->sampler, err);
}

static bool ages_of(void *arg, uint32_t tag, uint32_t survive_s, struct kpm_objects *objects)
{
	struct kpm_source *source = arg;

	return source->ops->objects && !source->ops->objects(source, tag, survive_s, objects);
}

static const char *clean(const char *text, char *buf)
{
	return kpm_clean(text ? text : "", buf, KPM_CLEAN_LEN);
}

static void put_table(FILE *out, const struct run *run)
{
	const struct kpm_snapshot *snap = &run->sampler.snap;
	char size[KPM_SIZE_LEN], words[KPM_EVIDENCE_LEN], buf[KPM_CLEAN_LEN];

	fprintf(out, " %s  Linux %s  watched for %s\n", snap->host, snap->kernel,
		kpm_format_duration(kpm_trend_span(run->sampler.trend), size));
	kpm_missing_probes_print(out, " Missing probes", snap->hooks);
	if (*snap->no_audit)
		fprintf(out, " No audit: %s\n", snap->no_audit);
	if (!run->count)
		fputs(" Nothing grew.\n", out);
	for (uint32_t i = 0; i < run->count; i++) {
		const struct kpm_suspect *s = &run->list[i];
		const struct kpm_tag_name *name = kpm_tagset_get(run->sampler.tags, s->tag);
		const struct kpm_row *row = &snap->rows[s->tag];
		int64_t end = kpm_time_to_exhaustion(snap, &s->evidence);

		fprintf(out, "\n %-8s %s", kpm_verdict_name(s->verdict), clean(name->text, buf));
		if (name->cache)
			fprintf(out, " (%s)", clean(name->cache, buf));
		fprintf(out, ", %s, %s in %" PRIu64 " objects\n", kpm_row_type(row),
			kpm_format_size(s->evidence.bytes, size), s->evidence.diff);
		fprintf(out, "          %s\n", kpm_evidence_words(&s->evidence, words));
		if (s->moves_with != KPM_NO_SUSPECT)
			fprintf(out, "          moves with %s\n",
				clean(kpm_tagset_get(run->sampler.tags,
						     run->list[s->moves_with].tag)
					      ->text,
				      buf));
		if (s->verdict <= KPM_GROWING && end)
			fprintf(out, "          at this slope the available memory lasts %s\n",
				kpm_format_duration(end, size));
	}
}

/* The members of a suspect's JSON object, which are the columns of the CSV. */
enum field {
	VERDICT,
	TAG,
	CACHE,
	TYPE,
	MODULE,
	BYTES,
	DIFF,
	ALLOCS,
	FREES,
	MISSED,
	GREW,
	SAMPLES,
	SLOPE_10S,
	SLOPE_1MIN,
	SLOPE_15MIN,
	SLOPE,
	OLD_SHARE,
	EXHAUSTED,
	MOVES_WITH,
	EVIDENCE,
	FIELDS
};

static const char *const field_names[FIELDS] = {
	[VERDICT] = "verdict",
	[TAG] = "tag",
	[CACHE] = "cache",
	[TYPE] = "type",
	[MODULE] = "module",
	[BYTES] = "bytes",
	[DIFF] = "diff",
	[ALLOCS] = "allocs",
	[FREES] = "frees",
	[MISSED] = "missed",
	[GREW] = "grew",
	[SAMPLES] = "samples",
	[SLOPE_10S] = "bytes_per_min_10s",
	[SLOPE_1MIN] = "bytes_per_min_1min",
	[SLOPE_15MIN] = "bytes_per_min_15min",
	[SLOPE] = "bytes_per_min",
	[OLD_SHARE] = "old_share",
	[EXHAUSTED] = "exhausted_in_s",
	[MOVES_WITH] = "moves_with",
	[EVIDENCE] = "evidence",
};

static json_t *slope(const struct kpm_evidence *e, enum kpm_verdict_window window)
{
	return kpm_json_real(e->slope[window] * 60, e->known[window]);
}

static json_t *field_value(const struct run *run, const struct kpm_suspect *s, enum field field)
{
	const struct kpm_snapshot *snap = &run->sampler.snap;
	const struct kpm_tag_name *name = kpm_tagset_get(run->sampler.tags, s->tag);
	const struct kpm_evidence *e = &s->evidence;
	char words[KPM_EVIDENCE_LEN];
	int64_t end;

	switch (field) {
	case VERDICT:
		return kpm_json_text(kpm_verdict_name(s->verdict));
	case TAG:
		return kpm_json_text(name->text);
	case CACHE:
		return kpm_json_text(name->cache);
	case TYPE:
		return kpm_json_text(kpm_row_type(&snap->rows[s->tag]));
	case MODULE:
		return kpm_json_text(name->module);
	case BYTES:
		return kpm_json_number(e->bytes);
	case DIFF:
		return kpm_json_number(e->diff);
	case ALLOCS:
		return kpm_json_number(e->allocs);
	case FREES:
		return kpm_json_number(e->frees);
	case MISSED:
		return kpm_json_number(e->missed);
	case GREW:
		return kpm_json_number(e->steps.grew);
	case SAMPLES:
		return kpm_json_number(e->steps.steps);
	case SLOPE_10S:
		return slope(e, KPM_10S);
	case SLOPE_1MIN:
		return slope(e, KPM_1MIN);
	case SLOPE_15MIN:
		return slope(e, KPM_15MIN);
	case SLOPE:
		return slope(e, KPM_RUN);
	case OLD_SHARE:
		return kpm_json_real(e->old, e->ages_known);
	case EXHAUSTED:
		end = kpm_time_to_exhaustion(snap, e);
		return kpm_json_real(end / 1e9, end > 0);
	case MOVES_WITH:
		if (s->moves_with == KPM_NO_SUSPECT)
			return json_null();
		name = kpm_tagset_get(run->sampler.tags, run->list[s->moves_with].tag);
		return kpm_json_text(name->text);
	case EVIDENCE:
		return kpm_json_text(kpm_evidence_words(e, words));
	case FIELDS:
		break;
	}
	return json_null();
}

static int put_json(FILE *out, const struct run *run)
{
	const struct kpm_snapshot *snap = &run->sampler.snap;
	json_t *object = json_object(), *list = json_array();

	json_object_set_new(object, "time", kpm_json_time(snap->wall_ns));
	json_object_set_new(object, "host", kpm_json_text(snap->host));
	json_object_set_new(object, "kernel", kpm_json_text(snap->kernel));
	json_object_set_new(object, "watched_s",
			    kpm_json_real(kpm_trend_span(run->sampler.trend) / 1e9, true));
	json_object_set_new(object, "missing_probes", kpm_json_text(snap->missing));
	for (uint32_t i = 0; i < run->count; i++) {
		json_t *one = json_object();

		for (enum field f = 0; f < FIELDS; f++)
			json_object_set_new(one, field_names[f],
					    field_value(run, &run->list[i], f));
		json_array_append_new(list, one);
	}
	json_object_set_new(object, "suspects", list);
	return kpm_json_line(out, object);
}

static void put_csv_value(FILE *out, json_t *value)
{
	if (json_is_string(value))
		kpm_csv_text(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.3f", json_real_value(value));
	json_decref(value);
}

static int put_csv(FILE *out, const struct run *run)
{
	for (enum field f = 0; f < FIELDS; f++)
		fprintf(out, "%s%s", f ? "," : "", field_names[f]);
	fputs("\r\n", out);
	for (uint32_t i = 0; i < run->count; i++) {
		for (enum field f = 0; f < FIELDS; f++) {
			if (f)
				fputc(',', out);
			put_csv_value(out, field_value(run, &run->list[i], f));
		}
		fputs("\r\n", out);
	}
	return 0;
}

static int write_text(FILE *out, const void *arg)
{
	const struct run *run = arg;

	if (run->options->format == KPM_FORMAT_JSON)
		return put_json(out, run);
	if (run->options->format == KPM_FORMAT_CSV)
		return put_csv(out, run);
	put_table(out, run);
	return 0;
}

static void rank(struct run *run)
{
	uint32_t limit = run->options->view.limit;
	uint32_t most = limit && limit < SUSPECTS_MAX ? limit : SUSPECTS_MAX;

	run->count = kpm_suspects_rank(&run->sampler.snap, run->sampler.tags, run->sampler.trend,
				       ages_of, run->sampler.source, run->list, most);
}

/* Before a tag is called a leak: audits the whole table and samples once more. */
static int audit(struct run *run, struct kpm_err *err)
{
	struct kpm_audit *audit = kpm_sampler_audit(&run->sampler);

	if (!audit)
		return 0;
	kpm_audit_whole(audit);
	return kpm_sampler_sample(&run->sampler, err);
}

static int watch(struct run *run, struct kpm_err *err)
{
	struct kpm_loop loop = {
		.every_ns = run->options->interval_ns,
		.for_ns = run->options->for_ns,
		.tick = sample,
		.check = check,
		.doing = isatty(STDERR_FILENO) ? "watching" : NULL,
		.input = -1,
		.wake = -1,
		.arg = run,
	};

	return kpm_loop_run(&loop, err);
}

int kpm_cmd_suspects(const struct kpm_options *options, struct kpm_outcome *outcome,
		     struct kpm_err *err)
{
	struct run *run = calloc(1, sizeof(*run));
	int ret;

	(void)outcome;
	if (!run)
		return kpm_fail(err, -ENOMEM, "out of memory");
	run->options = options;
	kpm_signals_hold();
	ret = kpm_sampler_open(&run->sampler, options, 0, 0, NULL, err);
	if (!ret)
		ret = watch(run, err);
	if (!ret)
		ret = audit(run, err);
	if (!ret) {
		rank(run);
		ret = kpm_print(NULL, write_text, run, err);
	}
	kpm_sampler_close(&run->sampler);
	free(run);
	return ret;
}
