// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon audit: the whole table at once, and what it found. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/loop.h"
#include "app/sampler.h"
#include "base/json.h"
#include "base/text.h"
#include "sink/output.h"
#include "source/audit.h"
#include "view/probe_text.h"

#define TAGS_SHOWN 20

static const struct {
	const char *name; /* in JSON */
	const char *words;
} free_kinds[KPM_AUDIT_FREE_KINDS] = {
	[KPM_AUDIT_PAGE] = {"page", "their page is no slab page any more, or another cache's"},
	[KPM_AUDIT_SLAB] = {"slab", "on the freelist of their slab"},
	[KPM_AUDIT_CPU] = {"cpu", "on the freelist of a CPU"},
	[KPM_AUDIT_MAIN] = {"main", "in the main sheaf of a CPU"},
	[KPM_AUDIT_SPARE] = {"spare", "in the spare sheaf of a CPU"},
	[KPM_AUDIT_RCU_FREE] = {"rcu_free", "in a sheaf that waits for RCU"},
	[KPM_AUDIT_BARN] = {"barn", "in a full sheaf of a node"},
};

struct found {
	uint32_t tag;
	uint64_t audited;
};

struct run {
	const struct kpm_options *options;
	struct kpm_sampler sampler;
	struct kpm_audit *audit;
	struct found *found; /* by how many objects */
	uint32_t count;
};

static uint64_t audited(const struct kpm_snapshot *snap, uint32_t tag)
{
	return tag < snap->count ? kpm_row_sum(&snap->rows[tag]).audited : 0;
}

static int by_audited(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->audited != y->audited ? (x->audited < y->audited) - (x->audited > y->audited)
					: (x->tag > y->tag) - (x->tag < y->tag);
}

/* The objects that it has found of each tag: the sample before is the spare one. */
static int collect(struct run *run, struct kpm_err *err)
{
	const struct kpm_snapshot *now = &run->sampler.snap, *then = &run->sampler.spare;

	run->found = calloc(now->count + 1, sizeof(*run->found));
	if (!run->found)
		return kpm_fail(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < now->count; i++)
		if (audited(now, i) > audited(then, i))
			run->found[run->count++] =
				(struct found){i, audited(now, i) - audited(then, i)};
	qsort(run->found, run->count, sizeof(*run->found), by_audited);
	return 0;
}

static uint32_t shown(const struct run *run, uint32_t usual)
{
	uint32_t most = run->options->view.limit ? run->options->view.limit : usual;

	return run->count < most ? run->count : most;
}

static void put_table(FILE *out, const struct run *run)
{
	const struct kpm_audit_report *report = kpm_audit_done(run->audit);
	const struct kpm_snapshot *snap = &run->sampler.snap;
	char length[KPM_SIZE_LEN], buf[KPM_CLEAN_LEN];
	uint32_t rows = shown(run, TAGS_SHOWN);

	fprintf(out, " %s  Linux %s  tracked for %s\n", snap->host, snap->kernel,
		kpm_format_duration(snap->mono_ns - snap->started_ns, length));
	kpm_missing_probes_print(out, " Missing probes", snap->hooks);
	fprintf(out,
		" Scanned %" PRIu64 " objects in %.0f ms: %" PRIu64
		" tracked ones were free, %" PRIu64 " outstanding are left\n",
		report->scanned, report->cpu_ns / 1e6, kpm_audit_taken(report),
		snap->capacity.objects);
	for (int i = 0; i < KPM_AUDIT_FREE_KINDS; i++)
		if (report->taken[i])
			fprintf(out, " %9" PRIu64 "  %s\n", report->taken[i], free_kinds[i].words);
	if (report->inconclusive)
		fprintf(out, " %9" PRIu64 "  skipped: a list changed while it was followed\n",
			report->inconclusive);
	if (rows)
		fputs("\n   Audited       Diff  Tag\n", out);
	for (uint32_t i = 0; i < rows; i++) {
		const struct kpm_tag_name *name =
			kpm_tagset_get(run->sampler.tags, run->found[i].tag);

		fprintf(out, " %9" PRIu64 "  %9" PRIu64 "  %s", run->found[i].audited,
			kpm_row_sum(&snap->rows[run->found[i].tag]).diff,
			kpm_clean(name->text, buf, sizeof(buf)));
		fprintf(out, name->cache ? " (%s)\n" : "\n",
			name->cache ? kpm_clean(name->cache, buf, sizeof(buf)) : "");
	}
	if (rows < run->count)
		fprintf(out, " and %" PRIu32 " more tags\n", run->count - rows);
}

static int put_json(FILE *out, const struct run *run)
{
	const struct kpm_audit_report *report = kpm_audit_done(run->audit);
	const struct kpm_snapshot *snap = &run->sampler.snap;
	json_t *object = json_object(), *taken = json_object(), *tags = json_array();

	for (int i = 0; i < KPM_AUDIT_FREE_KINDS; i++)
		json_object_set_new(taken, free_kinds[i].name, json_integer(report->taken[i]));
	for (uint32_t i = 0; i < shown(run, UINT32_MAX); i++) {
		const struct kpm_tag_name *name =
			kpm_tagset_get(run->sampler.tags, run->found[i].tag);

		json_array_append_new(
			tags,
			json_pack("{s:o, s:o, s:I, s:I}", "tag", kpm_json_text(name->text), "cache",
				  kpm_json_text(name->cache), "audited",
				  (json_int_t)run->found[i].audited, "diff",
				  (json_int_t)kpm_row_sum(&snap->rows[run->found[i].tag]).diff));
	}
	json_object_set_new(object, "host", kpm_json_text(snap->host));
	json_object_set_new(object, "kernel", kpm_json_text(snap->kernel));
	json_object_set_new(object, "missing_probes", json_string(snap->missing));
	json_object_set_new(object, "looked", json_integer(report->scanned));
	json_object_set_new(object, "audited", json_integer(kpm_audit_taken(report)));
	json_object_set_new(object, "places", taken);
	json_object_set_new(object, "inconclusive", json_integer(report->inconclusive));
	json_object_set_new(object, "outstanding", json_integer(snap->capacity.objects));
	json_object_set_new(object, "cpu_ms", json_real(report->cpu_ns / 10000 / 1e2));
	json_object_set_new(object, "tags", tags);
	return kpm_json_line(out, object);
}

static int write_text(FILE *out, const void *arg)
{
	const struct run *run = arg;

	if (run->options->format == KPM_FORMAT_JSON)
		return put_json(out, run);
	put_table(out, run);
	return 0;
}

/*
 * With every probe attached nothing is found but what was lost, and that is counted. Not judged: an
 * estimate, and kprobes, of whose losses the kernel does not tell all.
 */
static int judge(const struct run *run, struct kpm_err *err)
{
	const struct kpm_snapshot *snap = &run->sampler.snap;
	uint64_t taken = kpm_audit_taken(kpm_audit_done(run->audit));

	if (!taken || !(snap->have & KPM_HAVE_LOSS) || snap->loss.audited <= snap->loss.lost_max)
		return 0;
	for (int i = 0; i < KPM_HOOKS; i++)
		if (kpm_hook_table[i].frees && (snap->hooks[i].attach == KPM_ATTACH_MISSING ||
						snap->hooks[i].attach == KPM_ATTACH_KPROBE))
			return 0;
	for (uint32_t i = 0; i < run->count; i++)
		if (snap->rows[run->found[i].tag].estimated)
			return 0;
	return kpm_fail(err, -EUCLEAN,
			"every probe is attached and %" PRIu64
			" frees were lost at most, yet %" PRIu64
			" objects were freed unseen: a probe is at fault; please report it with "
			"the output of kpoolmon report",
			snap->loss.lost_max, snap->loss.audited);
}

static int audit(struct run *run, struct kpm_err *err)
{
	struct kpm_sampler *sampler = &run->sampler;
	struct kpm_loop loop = {
		.for_ns = run->options->for_ns,
		.doing = isatty(STDERR_FILENO) ? "counting" : NULL,
		.input = -1,
		.wake = -1,
	};
	int ret = 0;

	if (loop.for_ns && (!sampler->tracked || run->options->for_given))
		ret = kpm_loop_run(&loop, err);
	if (!ret)
		ret = kpm_sampler_read(sampler, err);
	if (ret)
		return ret;
	/* from here on ^C ends it: nothing is half done that would matter */
	kpm_signals_release();
	ret = kpm_audit_whole(run->audit);
	if (ret)
		return kpm_fail(err, ret, "audit: %s", strerror(-ret));
	ret = kpm_sampler_read(sampler, err);
	if (!ret)
		ret = collect(run, err);
	if (!ret)
		ret = kpm_print(NULL, write_text, run, err);
	return ret ? ret : judge(run, err);
}

int kpm_cmd_audit(const struct kpm_options *options, struct kpm_outcome *outcome,
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
		run->audit = kpm_sampler_audit(&run->sampler);
	if (!ret)
		ret = audit(run, err);
	kpm_sampler_close(&run->sampler);
	free(run->found);
	free(run);
	return ret;
}
