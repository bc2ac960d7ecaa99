// SPDX-License-Identifier: GPL-2.0-or-later
/* CSV files are read as they were written; other files are refused with the line at fault. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/dataset_csv.h"
#include "model/dataset_open.h"

#define HEAD "time,host,kernel,tracked_s,tag,cache,allocs,frees,diff,bytes,module\r\n"
#define T1   "2026-01-01T00:00:10Z,box,6.18.0,10.004,"
#define T2   "2026-01-01T00:00:20Z,box,6.18.0,20.004,"
#define T3   "2026-01-01T00:00:30Z,box,6.18.0,1.000,"

static int read_text(const char *text, const char *time, struct kpm_dataset *s, struct kpm_err *err)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int ret;

	memset(s, 0, sizeof(*s));
	s->tracked_ms = -1;
	ret = kpm_dataset_read_csv(in, "x.csv", time, s, err);
	fclose(in);
	return ret;
}

static const struct kpm_dataset_row *row(const struct kpm_dataset *s, const char *tag)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (!strcmp(s->rows[i].tag, tag))
			return &s->rows[i];
	return NULL;
}

static const char file[] =
	HEAD T1 "b+0x1 [m],cache,5,1,4,400,m\r\n" T1 "\"a, \"\"quoted\"\"\",,7,0,7,70,kernel\r\n" T2
		"b+0x1 [m],cache,9,1,8,800,m\r\n" T2 "c,,1,0,1,1,\r\n";

static void last_sample(void **state)
{
	struct kpm_dataset s;
	struct kpm_err err;

	(void)state;
	if (read_text(file, NULL, &s, &err))
		fail_msg("%s", err.text);
	/* of a tag that did not change there is nothing in the second sample */
	assert_int_equal(s.count, 3);
	assert_string_equal(s.rows[0].tag, "a, \"quoted\"");
	assert_null(s.rows[0].cache);
	assert_int_equal(s.rows[0].bytes, 70);
	assert_int_equal(row(&s, "b+0x1 [m]")->diff, 8);
	assert_string_equal(row(&s, "b+0x1 [m]")->module, "m");
	assert_string_equal(s.host, "box");
	assert_int_equal(s.tracked_ms, 20004);
	assert_int_equal(s.wall_ns / 1000000000, 1767225620);
	kpm_dataset_done(&s);
}

static void at_a_time(void **state)
{
	static const char *const first[] = {"2026-01-01T00:00:10Z",
					    "2026-01-01T00:00:19",
					    "+0s",
					    "+9s",
					    "-10s",
					    "2026-01-01T00:00",
					    "2026-01-01 00:00:10",
					    "2026-01-01 00:00"};
	struct kpm_dataset s;
	struct kpm_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
		if (read_text(file, first[i], &s, &err))
			fail_msg("%s: %s", first[i], err.text);
		assert_int_equal(s.count, 2);
		assert_int_equal(row(&s, "b+0x1 [m]")->diff, 4);
		kpm_dataset_done(&s);
	}
	assert_int_equal(read_text(file, "+10s", &s, &err), 0);
	assert_int_equal(s.count, 3);
	kpm_dataset_done(&s);
	assert_int_equal(read_text(file, "noon", &s, &err), -EINVAL);
	kpm_dataset_done(&s);
}

/* FILE@TIME is the same for both kinds of files; these were made by version 0.1 and shortened. */
static void files_of_0_1(void **state)
{
	static const char *const recordings[] = {"", "@2026-11-25T15:10:27Z", "@2026-11-25 15:11",
						 "@+5s", "@-0s"};
	static const char *const csv[] = {
		"",    "@2026-11-25T15:10:36Z", "@2026-11-25 15:10:36", "@2026-11-25 15:11", "@+5s",
		"@-0s"};
	struct kpm_dataset s;
	struct kpm_err err;
	char name[80];

	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(*recordings); i++) {
		snprintf(name, sizeof(name), "tests/unit/data/v0.1.kpr%s", recordings[i]);
		if (kpm_dataset_open(name, &s, &err))
			fail_msg("%s", err.text);
		assert_int_equal(s.count, 12);
		assert_int_equal(s.tracked_ms, 4221);
		assert_string_equal(s.kernel, "6.18.44");
		assert_int_equal(row(&s, "__d_alloc+0x2d")->bytes, 88896);
		assert_int_equal(row(&s, "alloc_buffer_head+0x1d")->diff, 12317);
		kpm_dataset_done(&s);
	}
	if (kpm_dataset_open("tests/unit/data/v0.1.kpr@2026-11-25 15:10:25", &s, &err))
		fail_msg("%s", err.text);
	assert_int_equal(row(&s, "alloc_buffer_head+0x1d")->diff, 5128);
	kpm_dataset_done(&s);
	for (size_t i = 0; i < sizeof(csv) / sizeof(*csv); i++) {
		snprintf(name, sizeof(name), "tests/unit/data/v0.1.csv%s", csv[i]);
		if (kpm_dataset_open(name, &s, &err))
			fail_msg("%s", err.text);
		assert_int_equal(s.count, 8);
		assert_int_equal(s.tracked_ms, 5167);
		assert_string_equal(s.host, "box");
		assert_int_equal(row(&s, "alloc_buffer_head+0x1d")->allocs, 4465);
		assert_int_equal(row(&s, "alloc_buffer_head+0x1d")->frees, 45);
		assert_string_equal(row(&s, "alloc_slab_obj_exts+0x58")->cache,
				    "kmalloc-192+kmalloc-128+kmalloc-512+kmalloc-64");
		kpm_dataset_done(&s);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "tests/unit/data/v0.1.%s@noon", i ? "csv" : "kpr");
		assert_int_equal(kpm_dataset_open(name, &s, &err), -EINVAL);
		assert_non_null(strstr(err.text, "'noon' is not a time in tests/unit/data/v0.1."));
	}
}

/* After a restart of the tracking earlier rows do not count; a torn last line is none. */
static void new_run_and_torn_line(void **state)
{
	struct kpm_dataset s;
	struct kpm_err err;
	char text[sizeof(file) + 200];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", file, T3 "d,,1,0,1,1,\r\n" T3 "e,,1,0,1");
	assert_int_equal(read_text(text, NULL, &s, &err), 0);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.rows[0].tag, "d");
	kpm_dataset_done(&s);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"tag,diff\r\n", "neither CSV"},
		{"\"\r\n", "neither CSV"},
		{"x", "neither CSV"},
		{HEAD, "has no sample"},
		{HEAD T1 "a,,x,0,1,1,\r\n", "x.csv:2: the line is not a row"},
		{HEAD T1 "a,,1,0,1,1,\r\n" T1 ",,1,0,1,1,\r\n", "x.csv:3"},
		{HEAD T1 "\"a,,1,0,1,1,\r\n", "x.csv:2"},
		{HEAD "short\r\n", "x.csv:2"},
		{HEAD T1 "a,,99999999999999999999999,0,1,1,\r\n", "x.csv:2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kpm_dataset s;
		struct kpm_err err = {0};

		if (!read_text(cases[i].text, NULL, &s, &err))
			fail_msg("%s was taken", cases[i].text);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, err.text);
		kpm_dataset_done(&s);
	}
}

/* A file of an earlier version calls a merged cache by the first of its names. */
static void merged_caches(void **state)
{
	static const char old[] = HEAD T1 "bulk,one,1,0,1,1,\r\n" T1 "bulk,two,2,0,2,2,\r\n" T1
					  "creds,pid,5,1,4,400,\r\n" T1 "fork,mm,1,0,1,1,\r\n" T1
					  "fork,pid,1,0,1,1,\r\n" T1 "own,x,1,0,1,1,\r\n",
			  new[] = HEAD T2
			  "bulk,merged:1,1,0,1,1,\r\n" T2 "bulk,merged:2,2,0,2,2,\r\n" T2
			  "creds,merged:A-0000192,6,1,5,500,\r\n" T2
			  "fork,merged:A-0000192,1,0,1,1,\r\n" T2 "fork,mm,1,0,1,1,\r\n" T2
			  "own,y,1,0,1,1,\r\n";
	static const char *const there[] = {"one", "two", "merged:A-0000192", "merged:A-0000192",
					    "mm",  "x"},
				 *const back[] = {"merged:1", "merged:2", "pid", "mm", "pid", "y"};
	struct kpm_dataset a, b;

	(void)state;
	for (int way = 0; way < 2; way++) {
		assert_int_equal(read_text(way ? new : old, NULL, &a, NULL), 0);
		assert_int_equal(read_text(way ? old : new, NULL, &b, NULL), 0);
		kpm_dataset_pair_merged(&a, &b);
		assert_int_equal(a.count, 6);
		for (uint32_t i = 0; i < a.count; i++) {
			assert_string_equal(a.rows[i].cache, way ? back[i] : there[i]);
			if (i)
				assert_true(kpm_dataset_compare(&a.rows[i - 1], &a.rows[i]) < 0);
		}
		assert_int_equal(row(&a, "creds")->diff, way ? 5 : 4);
		kpm_dataset_done(&a);
		kpm_dataset_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_sample),  cmocka_unit_test(at_a_time),
		cmocka_unit_test(files_of_0_1), cmocka_unit_test(new_run_and_torn_line),
		cmocka_unit_test(refused),      cmocka_unit_test(merged_caches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
