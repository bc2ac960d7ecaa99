// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts on made-up histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "view/verdict.h"

#define SECOND 1000000000LL
#define SIZE   256

/* Objects that are outstanding at tick t of n. */
typedef double curve(int t, int n);

static unsigned int seed;
static double chance(void) /* 0 to 1, the same in each run of the test */
{
	seed = seed * 1664525 + 1013904223;
	return seed / 4294967296.0;
}

static double leak(int t, int n)
{
	(void)n;
	return 100 + 30 * t;
}
static double leak_behind_a_step(int t, int n)
{
	(void)n;
	return t < 2 ? 150 * t : 300 + 3 * t;
}
/* Rises four times in 90 samples. */
static double rare_steps(int t, int n)
{
	(void)n;
	return 1000 + 200 * (t / 18);
}
static double slow_leak(int t, int n)
{
	(void)n;
	return 40 + 2 * t;
}
static double noisy_leak(int t, int n)
{
	(void)n;
	return 500 + 20 * t + 60 * chance();
}
static double leak_in_churn(int t, int n)
{
	(void)n;
	return 3000 + 25 * t + 30 * chance();
}
static double bursty_leak(int t, int n)
{
	(void)n;
	return 100 + 200 * (t / 8);
}
static double sawtooth(int t, int n)
{
	(void)n;
	return 100 + 50 * (t % 20);
}
static double step(int t, int n)
{
	return t < n / 2 ? 100 : 5000;
}
static double early_step(int t, int n)
{
	return t < n / 10 ? 100 : 5000;
}
static double warm_up(int t, int n)
{
	(void)n;
	return 10000 * (1 - exp(-t / 10.0));
}
static double slow_warm_up(int t, int n)
{
	(void)n;
	return 10000 * (1 - exp(-t / 30.0));
}

static double diurnal(int t, int n)
{
	return 5000 + 4000 * sin(6.283 * t / n);
}
static double burst(int t, int n)
{
	return t > n / 2 && t < n / 2 + 6 ? 90000 : 100;
}
static double late_burst(int t, int n)
{
	return t > n - 3 ? 90000 : 100;
}
static double falling(int t, int n)
{
	(void)n;
	return 90000 - 100 * t;
}
static double stops(int t, int n)
{
	return 100 + 30 * (t < n / 2 ? t : n / 2);
}
static double fills(int t, int n)
{
	return t < n / 2 ? 100 + 40 * t : 100 + 40 * (n / 2) - 60 * (t % 3);
}
static double flood(int t, int n)
{
	(void)n;
	return 80000.0 * t;
}
static double sluggish_flood(int t, int n)
{
	(void)n;
	return 80000.0 * (t > 2 ? 2 : t);
}
static double noise(int t, int n)
{
	(void)t, (void)n;
	return 1000 + 400 * chance();
}
static double flat(int t, int n)
{
	(void)t, (void)n;
	return 777;
}
static double nothing(int t, int n)
{
	(void)t, (void)n;
	return 0;
}
static double one_more(int t, int n)
{
	return 777 + (t > n / 3) + (t > n / 2);
}
static double quickening(int t, int n)
{
	(void)n;
	return 100 + 0.5 * t * t;
}
static double random_walk(int t, int n)
{
	static double at;

	(void)n;
	at = t ? at + 100 * (chance() - 0.5) : 5000;
	return at;
}

struct history {
	const char *name;
	curve *of;
	enum kpm_verdict want;
	int ticks;     /* of 2 s; 0: 90 */
	double turned; /* objects that were allocated and freed, per outstanding one */
	bool paged, blind, audited;
	uint64_t missed;
	const char *symbol;
	double old; /* share of the objects older than half the run; 0: not known; < 0: none */
	uint64_t cohort;
	double stayed;
};

static const struct history histories[] = {
	{.name = "leak", .of = leak, .want = KPM_LEAK},
	{.name = "leak, ages known", .of = leak, .want = KPM_LEAK, .old = 0.5},
	{.name = "slow leak, 1 object a second", .of = slow_leak, .want = KPM_LEAK},
	{.name = "noisy leak", .of = noisy_leak, .want = KPM_LEAK},
	{.name = "leak in a site that frees nearly all",
	 .of = leak_in_churn,
	 .want = KPM_LEAK,
	 .turned = 50,
	 .old = 0.2,
	 .cohort = 500,
	 .stayed = 1},
	{.name = "the same, longer, where nobody knows which are old",
	 .of = leak_in_churn,
	 .want = KPM_LEAK,
	 .ticks = 600,
	 .turned = 50,
	 .old = 0.41},
	{.name = "the same where nothing is known of ages",
	 .of = leak_in_churn,
	 .want = KPM_GROWING,
	 .turned = 50},
	{.name = "a set that breathes: old ones go, others come",
	 .of = leak,
	 .want = KPM_CHURN,
	 .turned = 3,
	 .old = 0.3,
	 .cohort = 300,
	 .stayed = 0.4},
	{.name = "hardly any is freed, but of the old ones many",
	 .of = leak,
	 .want = KPM_GROWING,
	 .turned = 0.2,
	 .old = 0.4,
	 .cohort = 300,
	 .stayed = 0.7},
	{.name = "a set that breathes, as samples tell",
	 .of = leak,
	 .want = KPM_CHURN,
	 .turned = 3,
	 .cohort = 300,
	 .stayed = 0.4},
	{.name = "a leak in a site that frees nearly all, as samples tell",
	 .of = leak_in_churn,
	 .want = KPM_LEAK,
	 .turned = 50,
	 .cohort = 20,
	 .stayed = 0.95},
	{.name = "most of what was there has gone",
	 .of = leak,
	 .want = KPM_CHURN,
	 .turned = 3,
	 .old = 0.2},
	{.name = "leak in bursts", .of = bursty_leak, .want = KPM_LEAK},
	{.name = "leak that quickens", .of = quickening, .want = KPM_LEAK},
	{.name = "leak on a kernel that permits tracepoints only",
	 .of = leak,
	 .want = KPM_LEAK,
	 .blind = true},
	{.name = "TIME_WAIT",
	 .of = leak,
	 .want = KPM_GROWING,
	 .ticks = 30,
	 .symbol = "inet_twsk_alloc"},
	{.name = "no end of TIME_WAIT", .of = leak, .want = KPM_LEAK, .symbol = "inet_twsk_alloc"},
	{.name = "sawtooth", .of = sawtooth, .want = KPM_CHURN, .turned = 40},
	{.name = "sawtooth of few", .of = sawtooth, .want = KPM_STEADY},
	{.name = "step", .of = step, .want = KPM_STEADY},
	{.name = "early step", .of = early_step, .want = KPM_STEADY},
	{.name = "cache warms up", .of = warm_up, .want = KPM_CACHE, .paged = true},
	{.name = "warm-up of unreclaimable memory", .of = slow_warm_up, .want = KPM_GROWING},
	{.name = "warm-up that is over", .of = warm_up, .want = KPM_BOUNDED},
	{.name = "reclaimable that grows for ever", .of = leak, .want = KPM_CACHE, .paged = true},
	{.name = "diurnal", .of = diurnal, .want = KPM_STEADY},
	{.name = "burst that is freed", .of = burst, .want = KPM_STEADY},
	{.name = "burst that is freed, busy", .of = burst, .want = KPM_CHURN, .turned = 100},
	{.name = "burst just now", .of = late_burst, .want = KPM_STEADY},
	{.name = "decreasing", .of = falling, .want = KPM_STEADY},
	{.name = "noise", .of = noise, .want = KPM_STEADY},
	{.name = "noise, busy", .of = noise, .want = KPM_CHURN, .turned = 90},
	{.name = "flat", .of = flat, .want = KPM_STEADY},
	{.name = "nothing", .of = nothing, .want = KPM_STEADY},
	{.name = "one object more, and another", .of = one_more, .want = KPM_STEADY},
	{.name = "few samples", .of = leak, .want = KPM_STEADY, .ticks = 4},
	{.name = "phantoms: frees that were missed",
	 .of = leak,
	 .want = KPM_GROWING,
	 .blind = true,
	 .missed = 900,
	 .turned = 3},
	{.name = "phantoms that nobody met again yet",
	 .of = leak,
	 .want = KPM_GROWING,
	 .blind = true,
	 .turned = 3},
	{.name = "phantoms of a busy site",
	 .of = leak,
	 .want = KPM_CHURN,
	 .blind = true,
	 .missed = 9,
	 .turned = 40},
	{.name = "missed frees, which the audit has found",
	 .of = leak,
	 .want = KPM_LEAK,
	 .blind = true,
	 .audited = true,
	 .missed = 900,
	 .turned = 3,
	 .old = 0.5},
	{.name = "mostly freed, and more of them a few times",
	 .of = rare_steps,
	 .want = KPM_GROWING,
	 .turned = 3},
	{.name = "the allocator's own arrays",
	 .of = leak,
	 .want = KPM_GROWING,
	 .symbol = "alloc_slab_obj_exts"},
	{.name = "what goes with inodes",
	 .of = leak,
	 .want = KPM_GROWING,
	 .symbol = "security_inode_alloc"},
	{.name = "a leak in a few steps", .of = rare_steps, .want = KPM_LEAK},
	{.name = "a leak in what was filled at first",
	 .of = leak_behind_a_step,
	 .want = KPM_LEAK,
	 .turned = 14,
	 .cohort = 15,
	 .stayed = 1},
	{.name = "a leak that has stopped", .of = stops, .want = KPM_STOPPED},
	{.name = "stopped, and all of it is looked at",
	 .of = stops,
	 .want = KPM_STOPPED,
	 .old = 0.9,
	 .cohort = 100,
	 .stayed = 1},
	{.name = "stopped, busy", .of = stops, .want = KPM_STOPPED, .turned = 3, .old = 0.7},
	{.name = "a pool that has reached its limit", .of = fills, .want = KPM_BOUNDED},
	/* 80,000 objects of 256 bytes in 2 s, of a gigabyte */
	{.name = "a flood, at the second sample", .of = flood, .want = KPM_STORM, .ticks = 2},
	{.name = "a flood of what can be reclaimed",
	 .of = flood,
	 .want = KPM_STEADY,
	 .paged = true,
	 .ticks = 2},
	{.name = "a flood that goes on is a leak", .of = flood, .want = KPM_LEAK},
	{.name = "one that goes on and is turned over",
	 .of = flood,
	 .want = KPM_STORM,
	 .turned = 3,
	 .old = 0.05},
	{.name = "a flood that is over", .of = sluggish_flood, .want = KPM_STEADY, .ticks = 5},
	{.name = "busier: more of them, all young",
	 .of = leak,
	 .want = KPM_CHURN,
	 .turned = 5,
	 .old = -1},
};

static enum kpm_verdict judge(const struct history *h, char *words)
{
	struct kpm_trend *trend = kpm_trend_new();
	struct kpm_evidence evidence;
	struct kpm_objects objects = {0}, *known = NULL;
	struct kpm_snapshot s;
	int n = h->ticks ? h->ticks : 90;
	enum kpm_verdict verdict;

	seed = 4711;
	kpm_snapshot_init(&s);
	for (int t = 0; t < n; t++) {
		struct kpm_counts *k;

		kpm_snapshot_reset(&s, 1);
		s.mono_ns = (1000 + 2 * t) * SECOND;
		s.memory.available = 1 << 30;
		s.have = KPM_HAVE_HOOKS | KPM_HAVE_MEMORY | (h->audited ? KPM_HAVE_AUDIT : 0);
		for (int i = 0; i < KPM_HOOKS; i++)
			s.hooks[i].attach = h->blind && i == KPM_HOOK_KFREE_RCU ? KPM_ATTACH_MISSING
										: KPM_ATTACH_FENTRY;
		k = &s.rows[0].kind[h->paged];
		k->diff = h->of(t, n);
		k->frees = h->turned * k->diff;
		k->allocs = k->diff + k->frees;
		k->bytes = k->diff * SIZE;
		k->missed = h->missed;
		assert_int_equal(kpm_trend_push(trend, &s), 0);
	}
	if (h->old) {
		objects.all = 1000;
		objects.survive_s = n;
		objects.survivors = h->old > 0 ? 1000 * h->old : 0;
		known = &objects;
	}
	kpm_evidence_gather(&s, &s.rows[0],
			    h->symbol ? &(struct kpm_tag_name){.symbol = h->symbol} : NULL, trend,
			    known, &evidence);
	evidence.cohort = h->cohort;
	evidence.stayed = h->stayed;
	verdict = kpm_verdict_on(&evidence);
	kpm_evidence_words(&evidence, words);
	kpm_snapshot_done(&s);
	kpm_trend_free(trend);
	return verdict;
}

static void made_up_histories(void **state)
{
	char words[KPM_EVIDENCE_LEN];
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(histories) / sizeof(*histories); i++) {
		enum kpm_verdict verdict = judge(&histories[i], words);

		if (verdict == histories[i].want)
			continue;
		print_error("%s: %s, not %s: %s\n", histories[i].name, kpm_verdict_name(verdict),
			    kpm_verdict_name(histories[i].want), words);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* A tag that appears late is no leak yet, and then it is judged by its own time. */
static void newcomers(void **state)
{
	struct kpm_trend *trend = kpm_trend_new();
	struct kpm_evidence e;
	struct kpm_snapshot s;

	(void)state;
	kpm_snapshot_init(&s);
	for (int t = 0; t <= 300; t++) {
		kpm_snapshot_reset(&s, t < 100 ? 1 : 2);
		s.mono_ns = t * SECOND;
		if (t >= 100) {
			struct kpm_counts *k = &s.rows[1].kind[KPM_NONP];

			k->allocs = k->diff = 50 + 5 * (t - 100);
			k->bytes = k->diff * SIZE;
		}
		kpm_trend_push(trend, &s);
		if (t != 120 && t != 300)
			continue;
		kpm_evidence_gather(&s, &s.rows[1], NULL, trend, NULL, &e);
		assert_int_equal(kpm_verdict_on(&e), t == 120 ? KPM_GROWING : KPM_LEAK);
		if (fabs(e.slope[KPM_RUN] - 5 * SIZE) > 1)
			fail_msg("%d: %f", t, e.slope[KPM_RUN]);
		assert_true(fabs(e.bend - 1) < 0.01);
	}
	kpm_snapshot_done(&s);
	kpm_trend_free(trend);
}

/* A hundred random walks: hardly one of them looks like a leak for 3 minutes. */
static void random_walks(void **state)
{
	char words[KPM_EVIDENCE_LEN];
	int leaks = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct history h = {.of = random_walk, .ticks = 90 + i};

		leaks += judge(&h, words) == KPM_LEAK;
	}
	assert_in_range(leaks, 0, 5);
}

/* What is outstanding by when it was allocated, since tracking began. */
static void births(void **state)
{
	static const struct {
		const char *name;
		uint64_t parts[KPM_BIRTH_PARTS];
		bool even;
	} cases[] = {
		{"a slow leak", {10, 9, 11, 10, 8, 12, 10, 10, 9, 11, 10, 10}, true},
		{"too few to tell", {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}, false},
		{"what lives for some time", {1, 2, 4, 7, 11, 20, 30, 45, 60, 80, 110, 150}, false},
		{"made at the begin", {900, 20, 3, 2, 1, 0, 0, 1, 0, 0, 0, 2}, false},
		{"a leak that has stopped", {90, 90, 90, 90, 90, 90, 90, 90, 0, 0, 0, 0}, false},
		{"lives half as long as the tracking",
		 {40, 44, 48, 53, 58, 64, 70, 77, 84, 92, 101, 111},
		 false},
	};
	char text[KPM_EVIDENCE_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kpm_births all = {(void *)cases[i].parts, 1, 7200};
		struct kpm_evidence e = {.survived = -1};

		kpm_evidence_births(&e, &all, 1);
		assert_int_equal(e.even_s, 0);
		kpm_evidence_births(&e, &all, 0);
		if ((e.even_s == 7200) != cases[i].even)
			fail_msg("%s", cases[i].name);
		assert_int_equal(kpm_verdict_on(&e), cases[i].even ? KPM_LEAK : KPM_STEADY);
		kpm_evidence_words(&e, text);
		assert_int_equal(strstr(text, "of the 2.0 h since tracking began") != NULL,
				 cases[i].even);
		e.reclaimable = true;
		assert_int_equal(kpm_verdict_on(&e), KPM_STEADY);
	}
}

static void words(void **state)
{
	char text[KPM_EVIDENCE_LEN];
	struct history h = {.of = leak, .ticks = 121, .old = 0.97};

	(void)state;
	judge(&h, text);
	assert_string_equal(
		text, "grew in 120 of 120 samples, +225.0K/min steady, 0.0% freed, 97% of its "
		      "objects older than 2.0 min, 100% of what was there then still is");
	h = (struct history){.of = falling, .blind = true};
	judge(&h, text);
	assert_non_null(strstr(text, "grew in 0 of 89 samples, -750.0K/min"));
	assert_non_null(strstr(text, "some frees are not seen here"));
	h = (struct history){.of = leak, .ticks = 2};
	judge(&h, text);
	assert_string_equal(text, "too few samples (1)");
}

static void slopes(void **state)
{
	struct kpm_point line[] = {{-8, 1}, {-6, 5}, {-5, 7}, {-1, 15}, {0, 17}};
	struct kpm_point hit[] = {{-4, 1}, {-3, 3}, {-2, 500}, {-1, 7}, {0, 9}};
	double even[] = {4, 1, 3, 2};

	(void)state;
	assert_true(fabs(kpm_robust_slope(line, 5) - 2) < 1e-9);
	assert_true(fabs(kpm_robust_slope(hit, 5) - 2) < 1e-9);
	assert_true(fabs(kpm_median(even, 4) - 2.5) < 1e-9);
	assert_true(kpm_robust_slope(line, 1) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_histories),
		cmocka_unit_test(random_walks),
		cmocka_unit_test(newcomers),
		cmocka_unit_test(births),
		cmocka_unit_test(words),
		cmocka_unit_test(slopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
