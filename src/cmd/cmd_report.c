// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon report: one text with machine, kernel, suspect modules, what grew, by cause, the rows that
 * hold most and those that grew most, losses and probes. The growth of rows is from the first to the last
 * sample; those between tell how things grew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/diagnosis.h"
#include "app/loop.h"
#include "app/machine.h"
#include "app/sampler.h"
#include "base/rights.h"
#include "base/text.h"
#include "sink/output.h"
#include "view/findings_text.h"

/* Samples from which findings are made, and how many of these are shown. */
#define SAMPLES  20
#define LOOKS    6
#define FINDINGS 10
/* Rows of each table, unless --limit says otherwise. */
#define ROWS 25

struct report {
	const struct kpm_options *options;
	struct kpm_sampler sampler;
	struct kpm_view *view[2]; /* by bytes, by growth */
	struct kpm_frame frame[2];
	struct kpm_diagnosis diagnosis;
};

static int take_sample(void *arg, struct kpm_err *err)
{
	struct report *r = arg;

	return kpm_sampler_sample(&r->sampler, err);
}

/* One between, for the trend alone. */
static int tick(void *arg, struct kpm_err *err)
{
	struct report *r = arg;
	struct kpm_sampler *s = &r->sampler;
	int ret = kpm_sampler_read(s, err);

	if (ret)
		return ret;
	ret = kpm_trend_push(s->trend, &s->snap);
	if (!ret)
		ret = kpm_looks_take(&r->diagnosis.looks, s, s->trend, r->options->for_ns / LOOKS);
	return ret < 0 ? kpm_fail(err, ret, "out of memory") : 0;
}

static int build(struct report *r, struct kpm_err *err)
{
	struct kpm_sampler *s = &r->sampler;

	for (int i = 0; i < 2; i++) {
		struct kpm_view_opts opts = r->options->view;
		struct kpm_frame_parts parts = {
			.snap = &s->snap,
			.tags = s->tags,
			.history = s->history,
			.locations = i ? r->frame[0].part.locations : kpm_sampler_locations(s),
			.who = s->who,
		};
		int ret;

		opts.sort = kpm_column_find("bytes");
		opts.by_change = i == 1;
		opts.limit = opts.limit ? opts.limit : ROWS;
		r->view[i] = kpm_view_new(&opts);
		if (!r->view[i])
			return kpm_fail(err, -ENOMEM, "out of memory");
		ret = kpm_view_build(r->view[i], &parts, &r->frame[i], err);
		if (ret)
			return ret;
		kpm_locations_find(s->locations, &r->frame[i]);
	}
	return 0;
}

static int table(FILE *out, const struct kpm_frame *frame, const char *columns, bool verbose)
{
	struct kpm_sink_opts opts = {.exact = true, .totals = true, .verbose = verbose};
	int ret = kpm_columns_parse(&opts.columns, columns, NULL);

	return ret ? ret : kpm_sink_table.sample(out, frame, &opts);
}

static void put_findings(FILE *out, const struct report *r)
{
	const struct kpm_diagnosis *d = &r->diagnosis;

	if (!d->findings.count)
		fputs(" Nothing grew.\n", out);
	for (uint32_t i = 0; i < d->findings.count; i++)
		kpm_finding_print(out, &d->of, d->suspects, &d->findings.list[i]);
}

static int write_text(FILE *out, const void *arg)
{
	const struct report *r = arg;
	char time[KPM_TIME_LEN];
	int ret;

	fprintf(out, "kpoolmon report\n\n%-15s kpoolmon " KPM_VERSION "\n%-15s %s\n", "Made by",
		"Time", kpm_format_time(r->sampler.snap.wall_ns, time));
	kpm_machine_kernel(out, &r->options->live.roots);
	fputs("\n== What grew while this report was made, by cause\n", out);
	put_findings(out, r);
	fputs("\n== Modules of the rows below\n", out);
	kpm_machine_modules(out, &r->options->live.roots, &r->frame[0], &r->frame[1]);
	fputs("\n== Most memory\n", out);
	ret = table(out, &r->frame[0],
		    "tag,type,allocs,frees,diff,bytes,missed,module,cache,module_file", true);
	fputs("\n== Who is behind it: of each tag the function, process and cgroup with most of it\n",
	      out);
	if (!ret)
		ret = table(
			out, &r->frame[0],
			"tag,diff,bytes,owner,owner_module,owner_share,process,pid,cgroup,samples",
			false);
	fputs("\n== Most growth, in bytes, while this report was made\n", out);
	if (!ret)
		ret = table(out, &r->frame[1],
			    "tag,type,allocs,allocs_change,frees,frees_change,diff,diff_change,"
			    "bytes,bytes_change,module,cache",
			    false);
	return ret;
}

static int run(struct report *r, struct kpm_err *err)
{
	const struct kpm_options *o = r->options;
	struct kpm_loop loop = {
		.every_ns = o->for_ns / SAMPLES,
		.for_ns = o->for_ns,
		.tick = tick,
		.doing = isatty(STDERR_FILENO) ? "counting" : NULL,
		.input = -1,
		.wake = -1,
		.arg = r,
	};
	int ret = kpm_output_file(o) ? kpm_write_check(kpm_output_file(o), err) : 0;

	if (!ret)
		ret = kpm_sampler_open(&r->sampler, o, KPM_LOCATION_FILE,
				       (o->outputs.count ? KPM_RIGHT_ANY_FILE : 0) |
					       KPM_RIGHT_PROCESSES,
				       NULL, err);
	if (ret)
		return ret;
	kpm_sampler_want_who(&r->sampler, NULL);
	/* tables that have counted for long show their growth all the time, new ones in the second
	 * half */
	if (r->sampler.tracked)
		ret = take_sample(r, err);
	else
		loop.half = take_sample;
	if (!ret && loop.for_ns)
		ret = kpm_loop_run(&loop, err);
	if (!ret)
		ret = take_sample(r, err);
	kpm_signals_release();
	if (!ret)
		ret = build(r, err);
	if (!ret &&
	    kpm_diagnose(&r->diagnosis, &r->sampler, r->sampler.trend, NULL, true, FINDINGS))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	return ret ? ret : kpm_print(kpm_output_file(o), write_text, r, err);
}

int kpm_cmd_report(const struct kpm_options *options, struct kpm_outcome *outcome,
		   struct kpm_err *err)
{
	struct report *r = calloc(1, sizeof(*r));
	int ret;

	(void)outcome;
	if (!r)
		return kpm_fail(err, -ENOMEM, "out of memory");
	r->options = options;
	kpm_signals_hold();
	ret = run(r, err);
	kpm_diagnosis_done(&r->diagnosis);
	kpm_sampler_close(&r->sampler);
	kpm_view_free(r->view[0]);
	kpm_view_free(r->view[1]);
	free(r);
	return ret;
}
