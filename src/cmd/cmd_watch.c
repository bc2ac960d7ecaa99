// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon watch: evaluates the alert rules on sample after sample and tells which alerts begin
 * and end; with --once on one sample and those of earlier runs, which a state file keeps.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/alert_rules.h"
#include "app/diagnosis.h"
#include "app/loop.h"
#include "app/sampler.h"
#include "app/state.h"
#include "base/clock.h"
#include "base/rights.h"
#include "sink/journal.h"
#include "sink/notice.h"
#include "sink/output.h"
#include "sink/runner.h"
#include "view/alerts.h"

struct watch {
	const struct kpm_options *options;
	void (*warn)(const char *text);
	struct kpm_rules *rules;
	struct kpm_alerts *alerts;
	struct kpm_runner *runner; /* NULL: no program is run */
	struct kpm_sampler sampler;
	struct kpm_diagnosis diagnosis; /* of the sample, where a rule asks for a verdict */
	bool fired;
	int ret; /* of what a notice met */
	struct kpm_err err;
};

static void run_programs(void *arg)
{
	struct watch *w = arg;
	struct kpm_err failure;

	while (w->runner && kpm_runner_step(w->runner, kpm_now(), &failure))
		w->warn(failure.text);
}

/* The line of a notice, to be freed; NULL: out of memory. */
static char *make_line(const struct watch *w, const struct kpm_notice *notice)
{
	char text[KPM_NOTICE_LEN], *line = NULL, *json;

	if (w->options->format != KPM_FORMAT_JSON)
		return asprintf(&line, "%s\n", kpm_notice_text(notice, text)) < 0 ? NULL : line;
	json = kpm_notice_json(notice);
	if (json && asprintf(&line, "%s\n", json) < 0)
		line = NULL;
	free(json);
	return line;
}

static void put_line(struct watch *w, const struct kpm_notice *notice)
{
	char *line = make_line(w, notice);

	if (!line) {
		w->warn("an alert was not written: out of memory");
		return;
	}
	/* a reader that does not read must not keep a signal from ending us */
	kpm_signals_release();
	w->ret = kpm_write_stdout(line, strlen(line), &w->err);
	kpm_signals_hold();
	/* others still listen */
	if (w->ret == -EPIPE && (w->options->syslog || w->runner))
		w->ret = 0;
	free(line);
}

static void tell(const struct kpm_alert *alert, void *arg)
{
	struct watch *w = arg;
	struct kpm_evidence evidence;
	struct kpm_notice notice = {
		.alert = alert,
		.name = kpm_tagset_get(w->sampler.tags, alert->tag),
		.snap = &w->sampler.snap,
		.row = &w->sampler.snap.rows[alert->tag],
		.evidence = &evidence,
		.finding = kpm_diagnosis_of(&w->diagnosis, alert->tag),
	};

	w->fired |= alert->firing;
	kpm_sampler_evidence(&w->sampler, alert->tag, alert->firing, &evidence);
	if (!w->ret)
		put_line(w, &notice);
	if (w->options->syslog)
		kpm_notice_log(&notice);
	if (w->runner && !kpm_runner_add(w->runner, &notice))
		w->warn("an alert was not given to the program of --exec: too many are waiting");
}

static int evaluate(struct watch *w, struct kpm_err *err)
{
	const struct kpm_trend *trend = w->sampler.trend;
	float *leak = NULL;
	uint32_t count = 0;
	int ret = 0;

	/* ages are scanned where nothing is known from samples before */
	if (kpm_rules_want_verdicts(w->rules)) {
		ret = kpm_looks_take(&w->diagnosis.looks, &w->sampler, trend, KPM_LOOK_EVERY_NS);
		if (ret < 0)
			return kpm_fail(err, ret, "out of memory");
		ret = kpm_diagnose(&w->diagnosis, &w->sampler, trend, NULL, w->options->once, 0);
		leak = ret ? NULL : kpm_diagnosis_leaks(&w->diagnosis, &count);
		kpm_alerts_verdicts(w->alerts, leak, count);
	}
	if (!ret)
		ret = kpm_alerts_step(w->alerts, &w->sampler.snap, w->sampler.tags, w->sampler.who,
				      trend, tell, w);
	free(leak);
	if (ret)
		return kpm_fail(err, -ENOMEM, "out of memory");
	run_programs(w);
	if (w->ret)
		*err = w->err;
	return w->ret;
}

/* A sample that fails costs this tick. */
static int tick(void *arg, struct kpm_err *err)
{
	struct watch *w = arg;
	int ret = kpm_sampler_sample(&w->sampler, err);

	if (!ret && w->sampler.wants_who)
		kpm_sampler_raise_growing(&w->sampler, w->sampler.trend, w->options->interval_ns);
	if (!ret)
		return evaluate(w, err);
	if (ret == -ESHUTDOWN)
		return ret;
	w->warn(err->text);
	return 0;
}

static int check(void *arg, struct kpm_err *err)
{
	struct watch *w = arg;

	return kpm_sampler_check(&w->sampler, err);
}

static void wait_for_programs(struct watch *w)
{
	/* a program that hangs must not keep a signal from ending us */
	kpm_signals_release();
	while (w->runner && kpm_runner_busy(w->runner)) {
		usleep(20000);
		run_programs(w);
	}
	kpm_signals_hold();
}

static int once(struct watch *w, struct kpm_err *err)
{
	const struct kpm_options *o = w->options;
	struct kpm_alert any;
	void *state = NULL;
	int ret;

	/* probes of this second have seen nothing */
	if (o->state && !w->sampler.tracked)
		return kpm_fail(
			err, -ENOENT,
			"nothing is tracked, so --state can know of no growth; kpoolmon start "
			"begins to track");
	kpm_sampler_audit_once(&w->sampler, 0);
	ret = kpm_sampler_read(&w->sampler, err);
	if (!ret && o->state)
		ret = kpm_state_load(o->state, &w->sampler, w->rules, w->alerts, &o->live.roots,
				     &state, err);
	/* again: the file may have named tags that are not in the first sample */
	if (!ret)
		ret = kpm_sampler_read(&w->sampler, err);
	if (!ret)
		ret = kpm_sampler_enter(&w->sampler, err);
	if (!ret)
		ret = evaluate(w, err);
	if (!ret && o->state)
		ret = kpm_state_save(o->state, &w->sampler, w->alerts, &o->live.roots, state, err);
	w->fired = kpm_alerts_list(w->alerts, KPM_ANY_TAG, &any, 1) > 0;
	wait_for_programs(w);
	return ret;
}

/* A rule whose window has too few samples would never fire, and nobody would know. */
static int check_windows(const struct watch *w, struct kpm_err *err)
{
	for (size_t i = 0; i < kpm_rules_count(w->rules); i++) {
		const struct kpm_rule *rule = kpm_rules_get(w->rules, i);

		if (!w->options->once && rule->window_ns &&
		    rule->window_ns < KPM_ALERT_SAMPLES * w->options->interval_ns)
			return kpm_usage(
				err,
				"'%.200s': a window has to hold %d samples: make it longer, or "
				"take them more often with -D",
				rule->text, KPM_ALERT_SAMPLES);
	}
	return 0;
}

static int run(struct watch *w, struct kpm_err *err)
{
	const struct kpm_options *o = w->options;
	struct kpm_loop loop = {
		.every_ns = o->interval_ns,
		.for_ns = o->for_given ? o->for_ns : 0,
		.tick = tick,
		.check = check,
		.child = run_programs,
		.input = -1,
		.wake = -1,
		.arg = w,
	};
	int ret = kpm_alert_rules(o, &w->rules, err);

	if (ret)
		return ret;
	if (!kpm_rules_count(w->rules))
		return kpm_usage(
			err, "there is nothing to watch for: give --alert RULE, such as 'growth > "
			     "64M in 10m', or write rules into " KPM_ALERTS_FILE);
	ret = check_windows(w, err);
	if (ret)
		return ret;
	w->alerts = kpm_alerts_new(w->rules);
	if (o->exec)
		w->runner = kpm_runner_new(o->exec);
	if (!w->alerts || (o->exec && !w->runner))
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = kpm_sampler_open(
		&w->sampler, o, 0,
		(o->state ? KPM_RIGHT_ANY_FILE : 0) |
			(kpm_rules_want_verdicts(w->rules) ? KPM_RIGHT_PROCESSES : 0),
		NULL, err);
	if (!ret && kpm_rules_want_who(w->rules))
		kpm_sampler_want_who(&w->sampler, NULL);
	if (ret)
		return ret;
	if (o->once)
		return once(w, err);
	ret = kpm_loop_run(&loop, err);
	if (!ret)
		wait_for_programs(w);
	return ret;
}

int kpm_cmd_watch(const struct kpm_options *options, struct kpm_outcome *outcome,
		  struct kpm_err *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return kpm_fail(err, -ENOMEM, "out of memory");
	w->options = options;
	w->warn = outcome->warn;
	kpm_signals_hold();
	ret = run(w, err);
	outcome->exit = w->fired ? KPM_EXIT_ALERT : KPM_EXIT_OK;
	kpm_runner_free(w->runner);
	kpm_alerts_free(w->alerts);
	kpm_rules_free(w->rules);
	kpm_diagnosis_done(&w->diagnosis);
	kpm_sampler_close(&w->sampler);
	free(w);
	return ret;
}
