// SPDX-License-Identifier: GPL-2.0-or-later
/* Alert rules and the engine that holds them against samples, with made-up histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "view/alerts.h"

#define SECOND 1000000000LL
#define MB     1048576.0

static void sentences(void **state)
{
	static const struct {
		const char *text, *name;
		const char *metric;
		double threshold;
		int64_t window;
	} cases[] = {
		{"bytes > 512M", "bytes > 512M", "bytes", 512 * MB, 0},
		{"bytes>1.5G", "bytes>1.5G", "bytes", 1536 * MB, 0},
		{"bytes > 4096", "bytes > 4096", "bytes", 4096, 0},
		{"diff > 100k", "diff > 100k", "diff", 100000, 0},
		{"growth > 64M in 10m", "growth > 64M in 10m", "growth", 64 * MB, 600},
		{"rate > 1M/min for 15m", "rate > 1M/min for 15m", "rate", MB / 60, 900},
		{"rate > 1024/s for 1h30m", "rate > 1024/s for 1h30m", "rate", 1024, 5400},
		{"share > 20%", "share > 20%", "share", 20, 0},
		{"  queue-1: bytes > 1k  ", "queue-1", "bytes", 1024, 0},
	};
	struct kpm_rules *rules = kpm_rules_new();
	struct kpm_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct kpm_rule *rule;

		if (kpm_rules_add(rules, "--alert", cases[i].text, &err))
			fail_msg("%s", err.text);
		rule = kpm_rules_get(rules, i);
		assert_string_equal(rule->name, cases[i].name);
		assert_string_equal(rule->metric->name, cases[i].metric);
		assert_true(fabs(rule->threshold - cases[i].threshold) < 1e-6);
		assert_int_equal(rule->window_ns, cases[i].window * SECOND);
		assert_true(rule->clear < rule->threshold && rule->clear > 0);
	}
	assert_int_equal(kpm_rules_count(rules), sizeof(cases) / sizeof(*cases));
	kpm_rules_free(rules);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *word, *wanted;
	} cases[] = {
		{"", "ends", "bytes, diff"},
		{"bites > 1M", "'bites'", "bytes, diff, growth, rate, share or verdict"},
		{"bytes < 1M", "'<'", "'>'"},
		{"verdict > leak for 10m", "'>'", "'leak'"},
		{"verdict churn for 10m", "'churn'", "'leak'"},
		{"verdict leak", "ends", "'for' and a duration"},
		{"bytes > lots", "'lots'", "a size"},
		{"bytes > 1X", "'1X'", "a size"},
		{"bytes > 0", "'0'", "a size"},
		{"bytes > -1M", "'-1M'", "a size"},
		{"bytes > inf", "'inf'", "a size"},
		{"bytes >", "ends", "a size"},
		{"diff > 10%", "'10%'", "a number of objects"},
		{"growth > 64M", "ends", "'in' and a duration"},
		{"growth > 64M for 10m", "'for'", "'in'"},
		{"growth > 64M in soon", "'soon'", "a duration"},
		{"growth > 64M in 0s", "'0s'", "a duration"},
		{"rate > 1M for 10m", "'1M'", "a rate such as"},
		{"rate > 1M/week for 10m", "'1M/week'", "a rate such as"},
		{"share > 20", "'20'", "a percentage"},
		{"share > 120%", "'120%'", "a percentage"},
		{"bytes > 1M when tag x", "'when'", "'where'"},
		{"bytes > 1M where colour red", "'colour'",
		 "tag, module, cache, owner, process, cgroup or type"},
		{"bytes > 1M where type Mixed", "'Mixed'", "Nonp or Paged"},
		{"bytes > 1M where tag", "ends", "a pattern"},
		{"bytes > 1M where tag x or tag y", "'or'", "'and'"},
		{"bytes > 1M where", "ends", "tag, module"},
	};
	struct kpm_rules *rules = kpm_rules_new();
	struct kpm_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(kpm_rules_add(rules, "alerts.conf:7", cases[i].text, &err),
				 -EINVAL);
		if (strncmp(err.text, "alerts.conf:7: ", 15) || !strstr(err.text, cases[i].word) ||
		    !strstr(err.text, cases[i].wanted))
			fail_msg("'%s': %s", cases[i].text, err.text);
	}
	assert_int_equal(kpm_rules_count(rules), 0);
	kpm_rules_free(rules);
}

static void files(void **state)
{
	char name[] = "/tmp/kpm-rules-XXXXXX";
	struct kpm_rules *rules = kpm_rules_new();
	struct kpm_err err;
	int fd = mkstemp(name);

	(void)state;
	dprintf(fd, "# comment\n\n  bytes > 1G\r\nq: diff > 5\n");
	assert_int_equal(kpm_rules_read(rules, name, &err), 0);
	assert_int_equal(kpm_rules_count(rules), 2);
	assert_string_equal(kpm_rules_get(rules, 0)->text, "bytes > 1G");
	dprintf(fd, "nonsense\n");
	assert_int_equal(kpm_rules_read(rules, name, &err), -EINVAL);
	assert_non_null(strstr(err.text, ":5: 'nonsense'"));
	close(fd);
	unlink(name);
	assert_int_equal(kpm_rules_read(rules, name, &err), -ENOENT);
	kpm_rules_free(rules);
}

static void selectors(void **state)
{
	static const struct kpm_merged_cache merged = {.aliases = "sgpool-8+key_jar"};
	const struct kpm_tag_name name = {.text = "f+0x1 [nvme]",
					  .symbol = "f",
					  .module = "nvme",
					  .cache = "kmalloc-64+kmalloc-128",
					  .merged = &merged};
	static const struct {
		const char *where;
		bool yes;
	} cases[] = {
		{"tag f", true},
		{"tag f+*", true},
		{"tag f+0x1", true},
		{"cache kmalloc-128", true},
		{"tag g*", false},
		{"module nvme", true},
		{"module nvme and tag g", false},
		{"cache kmalloc-*", true},
		{"cache kmalloc", false},
		{"cache key_jar", true},
		{"type Paged", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kpm_rules *rules = kpm_rules_new();
		char text[100];

		snprintf(text, sizeof(text), "bytes > 1 where %s", cases[i].where);
		assert_int_equal(kpm_rules_add(rules, "", text, NULL), 0);
		assert_int_equal(kpm_rule_selects(kpm_rules_get(rules, 0), &name, NULL, 0),
				 cases[i].yes);
		kpm_rules_free(rules);
	}
}

struct run {
	struct kpm_rules *rules;
	struct kpm_alerts *alerts;
	struct kpm_tagset *tags;
	struct kpm_trend *trend;
	struct kpm_snapshot snap;
	int begun, over;
	double value;
};

static void count(const struct kpm_alert *alert, void *arg)
{
	struct run *run = arg;

	run->begun += alert->firing;
	run->over += !alert->firing;
	run->value = alert->value;
}

static void begin(struct run *run, const char *rule)
{
	struct kpm_err err;

	*run = (struct run){
		.rules = kpm_rules_new(), .tags = kpm_tagset_new(), .trend = kpm_trend_new()};
	if (kpm_rules_add(run->rules, "--alert", rule, &err))
		fail_msg("%s", err.text);
	run->alerts = kpm_alerts_new(run->rules);
	kpm_tagset_enter(run->tags, 1, "f+0x1/0x2", "c", true);
	kpm_snapshot_init(&run->snap);
	run->snap.have = KPM_HAVE_MEMORY;
	run->snap.memory.total = 100 * MB;
}

/* A sample at second t in which the tag holds so many bytes. */
static void at(struct run *run, int t, double bytes)
{
	assert_int_equal(kpm_snapshot_reset(&run->snap, 1), 0);
	run->snap.mono_ns = (5000 + t) * SECOND;
	run->snap.wall_ns = run->snap.mono_ns;
	run->snap.rows[0].kind[KPM_NONP].bytes = bytes;
	run->snap.rows[0].kind[KPM_NONP].diff = bytes / 1000;
	assert_int_equal(kpm_trend_push(run->trend, &run->snap), 0);
	assert_int_equal(
		kpm_alerts_step(run->alerts, &run->snap, run->tags, NULL, run->trend, count, run),
		0);
}

static void end(struct run *run)
{
	kpm_alerts_free(run->alerts);
	kpm_rules_free(run->rules);
	kpm_trend_free(run->trend);
	kpm_tagset_free(run->tags);
	kpm_snapshot_done(&run->snap);
}

/* Fires once, is over a tenth lower, fires again. */
static void hysteresis(void **state)
{
	static const char *const rules[] = {"bytes > 10M", "diff > 10486", "share > 10%"};
	struct kpm_alert list[4];
	struct run run;

	(void)state;
	for (int i = 0; i < 3; i++) {
		begin(&run, rules[i]);
		at(&run, 0, 10 * MB);
		assert_int_equal(run.begun, 0);
		at(&run, 1, 10.1 * MB);
		at(&run, 2, 10.2 * MB);
		at(&run, 3, 9.5 * MB);
		at(&run, 4, 10.5 * MB);
		assert_int_equal(run.begun, 1);
		assert_int_equal(run.over, 0);
		assert_int_equal(kpm_alerts_list(run.alerts, KPM_ANY_TAG, list, 4), 1);
		assert_int_equal(list[0].since_ns, 5001 * SECOND);
		assert_int_equal(kpm_alerts_list(run.alerts, 7, list, 4), 0);
		at(&run, 5, 8.9 * MB);
		assert_int_equal(run.over, 1);
		assert_int_equal(kpm_alerts_list(run.alerts, KPM_ANY_TAG, list, 4), 0);
		at(&run, 6, 11 * MB);
		assert_int_equal(run.begun, 2);
		end(&run);
	}
}

static void growth(void **state)
{
	struct run run;

	(void)state;
	/* 1 MB in 6 s: 10 MB a minute */
	begin(&run, "growth > 5M in 1m");
	for (int t = 0; t < 60; t += 2)
		at(&run, t, 20 * MB + t * MB / 6);
	assert_int_equal(run.begun, 0); /* the window is not there yet */
	for (int t = 60; t < 200; t += 2)
		at(&run, t, 20 * MB + t * MB / 6);
	assert_int_equal(run.begun, 1);
	assert_true(run.value > 9 * MB && run.value < 11 * MB);
	/* it stops: over when the window has seen half of that */
	for (int t = 200; t < 300; t += 2)
		at(&run, t, 20 * MB + 200 * MB / 6);
	assert_int_equal(run.over, 1);
	end(&run);
	/* slower growth does not fire */
	begin(&run, "growth > 11M in 1m");
	for (int t = 0; t < 400; t += 2)
		at(&run, t, 20 * MB + t * MB / 6);
	assert_int_equal(run.begun, 0);
	end(&run);
}

static void rate(void **state)
{
	struct run run;

	(void)state;
	begin(&run, "rate > 1M/min for 5m");
	for (int t = 0; t < 1000; t += 5)
		at(&run, t, 20 * MB + t * MB / 50);
	assert_int_equal(run.begun, 1);
	for (int t = 1000; t < 2000; t += 5)
		at(&run, t, 40 * MB);
	assert_int_equal(run.begun, 1);
	assert_int_equal(run.over, 1);
	end(&run);
}

/* For the lead of a finding, once it was seen for long enough; over when the finding is no leak. */
static void verdicts(void **state)
{
	const float lead = KPM_LEAK_LEAD, other = KPM_LEAK_OTHER, none = 0;
	struct run run;

	(void)state;
	begin(&run, "verdict leak for 1m");
	assert_true(kpm_rules_want_verdicts(run.rules) && kpm_rules_want_who(run.rules));
	for (int t = 0; t < 200; t += 10) {
		kpm_alerts_verdicts(run.alerts, &lead, 1);
		at(&run, t, MB + t * MB);
		assert_int_equal(run.begun, t >= 60);
	}
	/* another tag leads; nothing is known of one sample */
	kpm_alerts_verdicts(run.alerts, &other, 1);
	at(&run, 200, 200 * MB);
	at(&run, 210, 210 * MB);
	assert_int_equal(run.over, 0);
	kpm_alerts_verdicts(run.alerts, &none, 1);
	at(&run, 220, 210 * MB);
	assert_int_equal(run.over, 1);
	/* one that is not the lead never begins */
	for (int t = 230; t < 300; t += 10) {
		kpm_alerts_verdicts(run.alerts, &other, 1);
		at(&run, t, t * MB);
	}
	assert_int_equal(run.begun, 1);
	end(&run);
}

/* Of a storm at once. */
static void storms(void **state)
{
	const float storm = KPM_LEAK_STORM;
	struct run run;

	(void)state;
	begin(&run, "verdict leak for 10m");
	at(&run, 0, MB);
	kpm_alerts_verdicts(run.alerts, &storm, 1);
	at(&run, 2, 500 * MB);
	assert_int_equal(run.begun, 1);
	end(&run);
}

/* What comes and goes does not alert, however large. */
static void bursts(void **state)
{
	static const char *const rules[] = {"growth > 5M in 1m", "rate > 1M/min for 2m"};
	struct run run;

	(void)state;
	for (int r = 0; r < 2; r++) {
		begin(&run, rules[r]);
		for (int t = 0; t < 600; t += 2)
			at(&run, t, t % 100 > 80 ? 900 * MB : 10 * MB);
		assert_int_equal(run.begun, 0);
		/* once, at the very end */
		for (int t = 600; t < 610; t += 2)
			at(&run, t, 900 * MB);
		assert_int_equal(run.begun, 0);
		end(&run);
	}
}

/* A source that begins again is another history. */
static void restarts(void **state)
{
	struct run run;

	(void)state;
	begin(&run, "growth > 5M in 1m");
	for (int t = 0; t < 100; t += 2)
		at(&run, t, 50 * MB);
	kpm_trend_free(run.trend);
	run.trend = kpm_trend_new();
	for (int t = 100; t < 300; t += 2)
		at(&run, t, t == 100 ? 0 : 50 * MB);
	assert_int_equal(run.begun, 0);
	assert_int_equal(kpm_alerts_restore(run.alerts, 0, 0, 77), 0);
	at(&run, 302, 50 * MB);
	assert_int_equal(run.begun, 0);
	assert_int_equal(run.over, 1);
	end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentences),  cmocka_unit_test(mistakes),
		cmocka_unit_test(files),      cmocka_unit_test(selectors),
		cmocka_unit_test(hysteresis), cmocka_unit_test(growth),
		cmocka_unit_test(rate),       cmocka_unit_test(storms),
		cmocka_unit_test(verdicts),   cmocka_unit_test(bursts),
		cmocka_unit_test(restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
