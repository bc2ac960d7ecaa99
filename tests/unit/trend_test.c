// SPDX-License-Identifier: GPL-2.0-or-later
/* Trends, marks and roll-ups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/history.h"
#include "model/rollup.h"
#include "model/trend.h"

#define SECOND 1000000000LL

/* A sample at second `at` in which tag i holds bytes[i], all unreclaimable. */
static void push(struct kpm_trend *t, struct kpm_snapshot *s, int64_t at, const uint64_t *bytes,
		 uint32_t count)
{
	assert_int_equal(kpm_snapshot_reset(s, count), 0);
	s->mono_ns = at * SECOND;
	for (uint32_t i = 0; i < count; i++)
		s->rows[i].kind[KPM_NONP].bytes = bytes[i];
	assert_int_equal(kpm_trend_push(t, s), 0);
}

static int64_t growth(const struct kpm_trend *t, int64_t window, int64_t *over)
{
	int64_t bytes = -1;

	if (!kpm_trend_growth(t, 0, KPM_KINDS, window * SECOND, &bytes, over))
		return INT64_MIN;
	*over /= SECOND;
	return bytes;
}

/* A tag that grows by 10 bytes a second for a day, sampled every second. */
static void windows(void **state)
{
	struct kpm_trend *t = kpm_trend_new();
	struct kpm_snapshot s;
	int64_t over = 0, grown;

	(void)state;
	kpm_snapshot_init(&s);
	for (int64_t at = 0; at <= 86400; at++) {
		push(t, &s, 100 + at, &(uint64_t){1000 + 10 * at}, 1);
		if (at == 0)
			assert_int_equal(growth(t, 0, &over), INT64_MIN);
		if (at == 5) {
			assert_int_equal(growth(t, 10, &over), INT64_MIN);
			assert_int_equal(growth(t, 0, &over), 50);
			assert_int_equal(over, 5);
		}
	}
	assert_int_equal(growth(t, 10, &over), 100);
	assert_int_equal(over, 10);
	assert_int_equal(growth(t, 60, &over), 600);
	assert_int_equal(growth(t, 0, &over), 864000);
	assert_int_equal(over, 86400);
	/*
	 * coarser further back: at least the window that was asked for, and its length is returned
	 */
	grown = growth(t, 900, &over);
	assert_int_equal(grown, 10 * over);
	assert_in_range(over, 900, 915);
	grown = growth(t, 3 * 3600, &over);
	assert_int_equal(grown, 10 * over);
	assert_in_range(over, 3 * 3600, 4 * 3600);
	assert_int_equal(kpm_trend_span(t), 86400 * SECOND);
	kpm_snapshot_done(&s);
	kpm_trend_free(t);
}

static void series(void **state)
{
	struct kpm_trend *t = kpm_trend_new();
	struct kpm_snapshot s;
	uint64_t v[5];

	(void)state;
	kpm_snapshot_init(&s);
	for (int at = 0; at <= 40; at++)
		push(t, &s, at, &(uint64_t){at}, 1);
	assert_int_equal(kpm_trend_series(t, 0, KPM_NONP, KPM_WINDOW_RUN, v, 5), 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(v[i], i * 10);
	assert_int_equal(kpm_trend_series(t, 0, KPM_PAGED, KPM_WINDOW_RUN, v, 5), 5);
	assert_int_equal(v[4], 0);
	/* there is nothing before the first sample */
	assert_int_equal(kpm_trend_series(t, 0, KPM_KINDS, 80 * SECOND, v, 5), 3);
	assert_int_equal(v[1], 0);
	assert_int_equal(v[2], 0);
	assert_int_equal(v[3], 20);
	assert_int_equal(kpm_trend_series(t, 7, KPM_KINDS, KPM_WINDOW_RUN, v, 1), 1);
	assert_int_equal(v[0], 0);
	kpm_snapshot_done(&s);
	kpm_trend_free(t);
}

static void newcomers(void **state)
{
	struct kpm_trend *t = kpm_trend_new();
	struct kpm_snapshot s;
	uint64_t bytes[2] = {5, 6};
	int64_t over, grown;

	(void)state;
	kpm_snapshot_init(&s);
	push(t, &s, 10, bytes, 1);
	push(t, &s, 12, bytes, 2);
	assert_false(kpm_trend_is_new(t, 0, 10 * SECOND)); /* all are there at first */
	assert_true(kpm_trend_is_new(t, 1, 10 * SECOND));
	assert_false(kpm_trend_is_new(t, 2, 10 * SECOND));
	/* it was nothing before */
	assert_true(kpm_trend_growth(t, 1, KPM_NONP, KPM_WINDOW_RUN, &grown, &over));
	assert_int_equal(grown, 6);
	push(t, &s, 30, bytes, 2);
	assert_false(kpm_trend_is_new(t, 1, 10 * SECOND));
	kpm_snapshot_done(&s);
	kpm_trend_free(t);
}

static void marks(void **state)
{
	struct kpm_history *h = kpm_history_new();
	struct kpm_snapshot s;
	struct kpm_change c;

	(void)state;
	kpm_snapshot_init(&s);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(kpm_snapshot_reset(&s, 1), 0);
		s.mono_ns = i * i * SECOND;
		s.rows[0].kind[KPM_NONP].diff = 10 * i * i;
		kpm_history_push(h, &s);
		kpm_history_set_base(h, KPM_BASE_MARK);
		assert_int_equal(kpm_history_change(h, 0, KPM_KINDS, &c), i >= 3);
		if (i == 2)
			assert_int_equal(kpm_history_mark(h), 0);
	}
	assert_true(kpm_history_change(h, 0, KPM_KINDS, &c));
	assert_int_equal(c.diff, 160 - 40);
	assert_int_equal(kpm_history_interval(h), 12 * SECOND);
	kpm_history_set_base(h, KPM_BASE_START);
	assert_true(kpm_history_change(h, 0, KPM_KINDS, &c));
	assert_int_equal(c.diff, 160);
	kpm_history_set_base(h, KPM_BASE_TICK);
	assert_true(kpm_history_change(h, 0, KPM_KINDS, &c));
	assert_int_equal(c.diff, 160 - 90);
	assert_int_equal(kpm_history_interval(h), 7 * SECOND);
	/* whatever the base is */
	assert_true(kpm_history_change_since(h, KPM_BASE_MARK, 0, KPM_KINDS, &c));
	assert_int_equal(c.diff, 160 - 40);
	kpm_snapshot_done(&s);
	kpm_history_free(h);
}

static uint64_t sum_of(const struct kpm_rollup *r, const char *group)
{
	const struct kpm_snapshot *s = kpm_rollup_snapshot(r);

	for (uint32_t i = 0; i < s->count; i++)
		if (!strcmp(kpm_tagset_get(kpm_rollup_tags(r), i)->text, group))
			return kpm_row_sum(&s->rows[i]).bytes;
	return UINT64_MAX;
}

static void rollups(void **state)
{
	struct kpm_rollup *modules = kpm_rollup_new(KPM_BY_MODULE),
			  *caches = kpm_rollup_new(KPM_BY_CACHE);
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_snapshot s;

	(void)state;
	kpm_snapshot_init(&s);
	kpm_tagset_enter(tags, 1, "a+0x1/0x2 [nvme]", "kmalloc-64", false);
	kpm_tagset_enter(tags, 2, "b+0x1/0x2 [nvme]", "c1", true);
	kpm_tagset_enter(tags, 3, "c+0x1/0x2", "c1", true);
	kpm_tagset_enter(tags, 0xffff1234, NULL, NULL, false);
	assert_int_equal(kpm_snapshot_reset(&s, 4), 0);
	s.memory.total = 77;
	for (int i = 0; i < 4; i++)
		s.rows[i].kind[i % 2].bytes = 1 << i;
	s.rows[1].estimated = true;
	assert_int_equal(kpm_tagset_merge(tags, "c1", "x+y"), 0);
	for (int twice = 0; twice < 2; twice++) {
		if (twice) /* a second cache of a kmalloc's call site */
			kpm_tagset_enter(tags, 1, "a+0x1/0x2 [nvme]", "kmalloc-4k", false);
		assert_int_equal(kpm_rollup_add(modules, &s, tags, NULL, NULL), 0);
		assert_int_equal(kpm_rollup_add(caches, &s, tags, NULL, NULL), 0);
		assert_int_equal(kpm_rollup_snapshot(modules)->count, 3);
		assert_int_equal(sum_of(modules, "nvme"), 3);
		assert_int_equal(sum_of(modules, "kernel"), 4);
		assert_int_equal(sum_of(modules, "(not known)"), 8);
		assert_int_equal(sum_of(caches, "c1"), 6);
		assert_int_equal(kpm_tagset_merged_count(kpm_rollup_tags(modules)), 0);
		assert_string_equal(kpm_tagset_get(kpm_rollup_tags(caches), 1)->merged->aliases,
				    "x+y");
		assert_int_equal(sum_of(caches, "kmalloc-64"), !twice);
		assert_int_equal(sum_of(caches, "(several kmalloc caches)"),
				 twice ? 1 : UINT64_MAX);
		assert_int_equal(kpm_rollup_snapshot(modules)->memory.total, 77);
		assert_true(kpm_rollup_snapshot(modules)->rows[0].estimated);
		assert_false(kpm_rollup_snapshot(modules)->rows[1].estimated);
	}
	kpm_snapshot_done(&s);
	kpm_rollup_free(modules);
	kpm_rollup_free(caches);
	kpm_tagset_free(tags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows), cmocka_unit_test(series),  cmocka_unit_test(newcomers),
		cmocka_unit_test(marks),   cmocka_unit_test(rollups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
