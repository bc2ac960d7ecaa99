// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon suspects: watches for a while, then prints what grew, by cause, with the evidence. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/diagnosis_output.h"
#include "app/loop.h"
#include "base/rights.h"
#include "sink/output.h"
#include "source/audit.h"
#include "source/replay.h"

/* Looks at processes, over the run. */
#define LOOKS 6

struct run {
	const struct kpm_options *options;
	struct kpm_sampler sampler;
	struct kpm_labels *labels;
	struct kpm_diagnosis diagnosis;
	bool halfway;
};

static int sample(void *arg, struct kpm_err *err)
{
	struct run *run = arg;
	const struct kpm_trend *trend = run->sampler.trend;
	int ret = kpm_sampler_sample(&run->sampler, err);

	if (ret)
		return ret;
	kpm_sampler_raise_growing(&run->sampler, trend, run->options->interval_ns);
	ret = kpm_looks_take(&run->diagnosis.looks, &run->sampler, trend,
			     run->options->for_ns / LOOKS);
	if (ret > 0 && kpm_sampler_audit(&run->sampler))
		ret = kpm_untracked_look(&run->diagnosis.untracked,
					 kpm_sampler_audit(&run->sampler),
					 &run->options->live.roots);
	if (ret < 0)
		return kpm_fail(err, ret, "out of memory");
	if (!run->halfway && kpm_trend_span(trend) >= run->options->for_ns / 2) {
		/* what is free by now is not old */
		if (kpm_sampler_audit(&run->sampler))
			kpm_audit_whole(kpm_sampler_audit(&run->sampler));
		kpm_diagnosis_half(&run->diagnosis, &run->sampler, trend);
		run->halfway = true;
	}
	return 0;
}

static int check(void *arg, struct kpm_err *err)
{
	struct run *run = arg;

	return kpm_sampler_check(&run->sampler, err);
}

static int (*writer(const struct kpm_options *o))(FILE *out, const void *diagnosis)
{
	return o->format == KPM_FORMAT_JSON  ? kpm_diagnosis_json
	       : o->format == KPM_FORMAT_CSV ? kpm_diagnosis_csv
					     : kpm_diagnosis_table;
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

/* A recording up to the sample that was chosen. */
static int play(struct run *run, struct kpm_err *err)
{
	struct kpm_source *source = run->sampler.source;
	uint32_t last = kpm_replay_next(source);
	int ret;

	kpm_replay_seek(source, 0);
	do {
		ret = kpm_sampler_sample(&run->sampler, err);
		if (!ret &&
		    kpm_looks_take(&run->diagnosis.looks, &run->sampler, run->sampler.trend, 0) < 0)
			ret = kpm_fail(err, -ENOMEM, "out of memory");
	} while (!ret && kpm_replay_next(source) <= last);
	return ret;
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
	ret = kpm_sampler_open(&run->sampler, options, 0, KPM_RIGHT_PROCESSES, NULL, err);
	if (!ret && kpm_labels_file(options))
		ret = kpm_labels_open(kpm_labels_file(options), &run->labels, err);
	if (!ret)
		kpm_sampler_want_who(&run->sampler, run->labels);
	if (!ret)
		ret = run->sampler.recording ? play(run, err) : watch(run, err);
	if (!ret)
		ret = audit(run, err);
	if (!ret) {
		ret = kpm_diagnose(&run->diagnosis, &run->sampler, run->sampler.trend, run->labels,
				   true, options->view.limit);
		ret = ret ? kpm_fail(err, ret, "out of memory")
			  : kpm_print(NULL, writer(options), &run->diagnosis, err);
	}
	kpm_diagnosis_done(&run->diagnosis);
	kpm_sampler_close(&run->sampler);
	kpm_labels_free(run->labels);
	free(run);
	return ret;
}
