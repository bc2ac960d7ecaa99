// SPDX-License-Identifier: GPL-2.0-or-later
/* FILE@TIME: how it is split, which times there are, and where they lie in a file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file_time.h"

#define SECOND 1000000000LL
#define MINUTE (60 * SECOND)
/* 2026-01-31T23:59:00Z */
#define WALL (1769903940 * SECOND)

static void a_name_is_split_at_its_last_at(void **state)
{
	char file[64], cut[8];

	(void)state;
	assert_string_equal(kpm_file_time_split("/none/a.kpr@-10m", file, sizeof(file)), "-10m");
	assert_string_equal(file, "/none/a.kpr");
	assert_string_equal(kpm_file_time_split("/none/a@b@+1s", file, sizeof(file)), "+1s");
	assert_string_equal(file, "/none/a@b");
	assert_null(kpm_file_time_split("/none/a.kpr", file, sizeof(file)));
	assert_string_equal(file, "/none/a.kpr");
	assert_string_equal(kpm_file_time_split("/none/a.kpr@", file, sizeof(file)), "");
	assert_string_equal(kpm_file_time_split("/none/a.kpr@+1s", cut, sizeof(cut)), "+1s");
	assert_string_equal(cut, "/none/a");
}

static void a_file_that_has_the_whole_name_is_that_file(void **state)
{
	char dir[] = "/tmp/kpm-file-time-XXXXXX", name[64], file[64];
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/x@+1s", dir);
	assert_string_equal(kpm_file_time_split(name, file, sizeof(file)), "+1s");
	f = fopen(name, "w");
	assert_non_null(f);
	fclose(f);
	assert_null(kpm_file_time_split(name, file, sizeof(file)));
	assert_string_equal(file, name);
	unlink(name);
	rmdir(dir);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int from;
		int64_t ns;
	} cases[] = {
		{NULL, KPM_TIME_LAST, 0},
		{"2026-01-31T23:59:59Z", KPM_TIME_WALL, WALL + 60 * SECOND - 1},
		{"2026-01-31 23:59:59Z", KPM_TIME_WALL, WALL + 60 * SECOND - 1},
		{"2026-01-31T23:59:59", KPM_TIME_WALL, WALL + 60 * SECOND - 1},
		{"2026-01-31 23:59:59", KPM_TIME_WALL, WALL + 60 * SECOND - 1},
		{"2026-01-31T23:59Z", KPM_TIME_WALL, WALL + SECOND - 1},
		{"2026-01-31 23:59", KPM_TIME_WALL, WALL + SECOND - 1},
		{"+1h30m", KPM_TIME_AFTER_FIRST, 90 * MINUTE},
		{"+0", KPM_TIME_AFTER_FIRST, 0},
		{"-10m", KPM_TIME_BEFORE_LAST, 10 * MINUTE},
	};
	static const char *const bad[] = {"",
					  "yesterday",
					  "10m",
					  "+",
					  "-",
					  "+10x",
					  "--1s",
					  "+-1s",
					  "2026-01-31",
					  "2026-01-31T23:59:59Zulu",
					  "2026-01-31T23:59:59 Z",
					  "2026-13-01T00:00",
					  "2026-01-31_23:59",
					  "+999999999999999999999s"};
	struct kpm_file_time time;
	struct kpm_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (kpm_file_time_parse(cases[i].text, "x.kpr", &time, &err))
			fail_msg("%s", err.text);
		assert_int_equal(time.from, cases[i].from);
		if (cases[i].text)
			assert_int_equal(time.ns, cases[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char says[80];

		if (kpm_file_time_parse(bad[i], "x.kpr", &time, &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		snprintf(says, sizeof(says), "'%s' is not a time in x.kpr", bad[i]);
		assert_non_null(strstr(err.text, says));
	}
}

static void times_are_of_a_file(void **state)
{
	static const struct {
		struct kpm_file_time time;
		int64_t wall;
	} cases[] = {
		{{KPM_TIME_LAST, 0}, 200},
		{{KPM_TIME_WALL, 150}, 150},
		{{KPM_TIME_AFTER_FIRST, 30}, 130},
		{{KPM_TIME_BEFORE_LAST, 30}, 170},
		{{KPM_TIME_AFTER_FIRST, INT64_MAX}, INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(kpm_file_time_wall(&cases[i].time, 100, 200), cases[i].wall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_split_at_its_last_at),
		cmocka_unit_test(a_file_that_has_the_whole_name_is_that_file),
		cmocka_unit_test(times),
		cmocka_unit_test(times_are_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
