// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon watch: holds the alert rules against sample after sample and tells of what begins and
 * what is over; with --once against one sample and what a state file has of earlier ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/count.h"
#include "app/loop.h"
#include "app/open_source.h"
#include "app/sampler.h"
#include "app/state.h"
#include "base/rights.h"
#include "cmd/app.h"
#include "sink/notice.h"
#include "sink/output.h"

struct watch {
	const struct kpm_options *options;
	void (*warn)(const char *text);
	struct kpm_rules *rules;
	struct kpm_alerts *alerts;
	struct kpm_runner *runner; /* NULL: no program is run */
	struct kpm_tracker tracker;
	bool fired;
	int ret; /* of what a notice met */
	struct kpm_err err;
};

int kpm_rules_of(const struct kpm_options *o, struct kpm_rules **rules, struct kpm_err *err)
{
	struct kpm_rules *r = kpm_rules_new();
	int ret = r ? 0 : kpm_fail(err, -ENOMEM, "out of memory");

	for (size_t i = 0; !ret && i < o->alert_count; i++)
		ret = kpm_rules_add(r, "--alert", o->alerts[i], err);
	if (!ret && o->alerts_file)
		ret = kpm_rules_read(r, o->alerts_file, err);
	else if (!ret && !o->alert_count && !access(KPM_ALERTS_FILE, F_OK))
		ret = kpm_rules_read(r, KPM_ALERTS_FILE, err);
	if (ret) {
		kpm_rules_free(r);
		return ret;
	}
	*rules = r;
	return 0;
}

static void run_programs(void *arg)
{
	struct watch *w = arg;
	struct kpm_err failure;

	while (w->runner && kpm_runner_step(w->runner, kpm_now(), &failure))
		w->warn(failure.text);
}

static void put_line(struct watch *w, const struct kpm_notice *notice)
{
	char line[KPM_NOTICE_LEN + 1], *json = NULL;

	if (w->options->sink == &kpm_sink_json)
		json = kpm_notice_json(notice);
	if (w->options->sink == &kpm_sink_json && !json)
		w->warn("an alert was not written: out of memory");
	else if (!json)
		kpm_notice_text(notice, line);
	if (json || w->options->sink != &kpm_sink_json) {
		const char *text = json ? json : line;
		char *whole;

		if (asprintf(&whole, "%s\n", text) >= 0) {
			/* a reader that does not read must not keep a signal from ending us */
			kpm_signals_release();
			w->ret = kpm_write_stdout(whole, strlen(whole), &w->err);
			/* others still listen */
			if (w->ret == -EPIPE && (w->options->syslog || w->runner))
				w->ret = 0;
			kpm_signals_hold();
			free(whole);
		}
	}
	free(json);
}

static void tell(const struct kpm_alert *alert, void *arg)
{
	struct watch *w = arg;
	struct kpm_evidence evidence;
	struct kpm_notice notice = {
		.alert = alert,
		.name = kpm_tagset_get(w->tracker.tags, alert->tag),
		.snap = &w->tracker.snap,
		.row = &w->tracker.snap.rows[alert->tag],
		.evidence = &evidence,
	};

	w->fired |= alert->firing;
	kpm_tracker_evidence(&w->tracker, alert->tag, alert->firing, &evidence);
	if (!w->ret)
		put_line(w, &notice);
	if (w->options->syslog)
		kpm_notice_log(&notice);
	if (w->runner && !kpm_runner_add(w->runner, &notice))
		w->warn("an alert was not given to the program of --exec: too many are waiting");
}

static int look(struct watch *w, struct kpm_err *err)
{
	if (kpm_alerts_step(w->alerts, &w->tracker.snap, w->tracker.tags, w->tracker.trend, tell,
			    w))
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

	int ret = kpm_tracker_sample(&w->tracker, err);

	if (!ret)
		return look(w, err);
	if (ret == -ESHUTDOWN)
		return ret;
	w->warn(err->text);
	return 0;
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
	if (o->state && !w->tracker.tracked)
		return kpm_fail(
			err, -ENOENT,
			"nothing is tracked, so --state can know of no growth; kpoolmon start "
			"begins to track");
	kpm_origin_audit_once(o, w->tracker.source, 0);
	ret = kpm_tracker_read(&w->tracker, err);
	if (!ret && o->state)
		ret = kpm_state_load(o->state, &w->tracker, w->rules, w->alerts, &o->live.roots,
				     &state, err);
	/* again: the file may have named tags that are not in the first sample */
	if (!ret)
		ret = kpm_tracker_read(&w->tracker, err);
	if (!ret)
		ret = kpm_tracker_enter(&w->tracker, err);
	if (!ret)
		ret = look(w, err);
	if (!ret && o->state)
		ret = kpm_state_save(o->state, &w->tracker, w->alerts, &o->live.roots, state, err);
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
			return kpm_fail(
				err, -EINVAL,
				"'%.200s': a window has to hold %d samples: make it longer, or "
				"take them more often with -D",
				rule->text, KPM_ALERT_SAMPLES);
	}
	return 0;
}

static int run(struct watch *w, struct kpm_err *err)
{
	const struct kpm_options *o = w->options;
	struct kpm_pace pace = {
		.every_ns = o->interval_ns,
		.for_ns = o->for_given ? o->for_ns : 0,
		.tick = tick,
		.child = run_programs,
		.arg = w,
	};
	int ret = kpm_rules_of(o, &w->rules, err);

	if (ret)
		return ret;
	if (!kpm_rules_count(w->rules))
		return kpm_fail(
			err, -EINVAL,
			"there is nothing to watch for: give --alert RULE, such as 'growth > "
			"64M in 10m', or write rules into " KPM_ALERTS_FILE);
	ret = check_windows(w, err);
	if (ret)
		return ret;
	w->alerts = kpm_alerts_new(w->rules);
	if (o->exec)
		w->runner = kpm_runner_new(o->exec);
	if (!w->alerts || (o->exec && !w->runner))
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = kpm_tracker_open(&w->tracker, o, o->state ? KPM_RIGHT_ANY_FILE : 0, err);
	if (ret)
		return ret;
	if (o->once)
		return once(w, err);
	ret = kpm_pace(&pace, err);
	if (!ret)
		wait_for_programs(w);
	return ret;
}

int kpm_app_watch(const struct kpm_options *options, void (*warn)(const char *text), bool *fired,
		  struct kpm_err *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return kpm_fail(err, -ENOMEM, "out of memory");
	w->options = options;
	w->warn = warn;
	kpm_signals_hold();
	ret = run(w, err);
	*fired = w->fired;
	kpm_runner_free(w->runner);
	kpm_alerts_free(w->alerts);
	kpm_rules_free(w->rules);
	kpm_tracker_close(&w->tracker);
	free(w);
	return ret;
}
