// SPDX-License-Identifier: GPL-2.0-or-later
/* Patterns, numbers with units, sizes, labels. */
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

#include "base/parse.h"
#include "base/text.h"
#include "resolve/labels.h"

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} cases[] = {
		{"", "", true},
		{"*", "", true},
		{"?", "", false},
		{"a", "a", true},
		{"a", "A", false},
		{"a", "ab", false},
		{"a*", "a", true},
		{"a*c", "abbc", true},
		{"a*c", "abcb", false},
		{"*b*", "abc", true},
		{"??", "ab", true},
		{"??", "a", false},
		{"*aab", "aaab", true},
		{"a**b", "ab", true},
		{"[ab]", "a", false},
		{"a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (kpm_match(cases[i].pattern, cases[i].text) != cases[i].match)
			fail_msg("%s %s", cases[i].pattern, cases[i].text);
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{"0", 0},         {"10", 10000},           {"90s", 90000},  {"500ms", 500},
		{"10m", 600000},  {"10min", 600000},       {"2h", 7200000}, {"1h30m", 5400000},
		{"1d", 86400000}, {"3650d", 315360000000},
	};
	static const char *const bad[] = {"",
					  "s",
					  "1x",
					  "-1",
					  "1.5s",
					  "1h30",
					  " 1",
					  "1 s",
					  "3651d",
					  "99999999999999999999",
					  "9223372036854775807h"};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(kpm_parse_duration(cases[i].text, &ns), 0);
		assert_int_equal(ns, cases[i].ms * 1000000);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!kpm_parse_duration(bad[i], &ns))
			fail_msg("%s", bad[i]);
}

static void counts(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(kpm_parse_count("250k", &n), 0);
	assert_int_equal(n, 250000);
	assert_int_equal(kpm_parse_count("18446744073709551615", &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(kpm_parse_count("18446744073709551616", &n), -ERANGE);
	assert_int_equal(kpm_parse_count("18446744073709551615k", &n), -ERANGE);
	assert_int_equal(kpm_parse_count("1kk", &n), -EINVAL);
	assert_int_equal(kpm_parse_count("-1", &n), -EINVAL);
	assert_int_equal(kpm_parse_count("0x10", &n), -EINVAL);
	assert_int_equal(kpm_parse_count("", &n), -EINVAL);
}

static void sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0B"},           {999, "999B"},     {1000, "1.0K"},        {1024, "1.0K"},
		{1023948, "999.9K"}, {1023999, "1.0M"}, {UINT64_MAX, "16.0E"},
	};
	char buf[KPM_SIZE_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(kpm_format_size(cases[i].bytes, buf), cases[i].text);
}

static void cleaning(void **state)
{
	char buf[8];

	(void)state;
	assert_string_equal(kpm_clean("ok", buf, sizeof(buf)), "ok");
	/* cut between characters, never in one */
	assert_string_equal(kpm_clean("abcdef\n", buf, sizeof(buf)), "abcdef");
	assert_string_equal(kpm_clean("abcdef\xc3\xbc", buf, sizeof(buf)), "abcdef");
	assert_int_equal(kpm_text_width("M\xc3\xbcll"), 4);
}

static const char *label(const struct kpm_labels *labels, const char *text, const char *symbol,
			 const char *module, const char *cache)
{
	struct kpm_tag_name name = {
		.text = text, .symbol = symbol, .module = module, .cache = cache};
	const char *found = kpm_labels_find(labels, &name);

	return found ? found : "-";
}

static void labels(void **state)
{
	static const char text[] = "// comment\nrem comment\n# comment\n\n"
				   "nfs*      - <unknown>  - NFS client\n"
				   "nfs_alloc - nfs.ko     - requests - of NFS\r\n"
				   "bio-*     - block requests\n"
				   "*         - kernel     -     anything\n"
				   " \t\n\x1a";
	char name[] = "/tmp/kpm-labels.XXXXXX";
	struct kpm_labels *l = NULL;
	struct kpm_err err = {0};
	int fd = mkstemp(name);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(kpm_labels_open(name, &l, &err), 0);
	assert_string_equal(label(l, "nfs_free+0x1 [nfs]", "nfs_free", "nfs", "x"), "NFS client");
	assert_string_equal(label(l, "nfs_alloc+0x1 [nfs]", "nfs_alloc", "nfs", "x"),
			    "nfs.ko - requests - of NFS");
	assert_string_equal(label(l, "f+0x1", "f", "kernel", "bio-128"), "block requests");
	assert_string_equal(label(l, "0xffff", NULL, NULL, NULL), "kernel - anything");
	kpm_labels_free(l);
	unlink(name);
	assert_int_equal(kpm_labels_open(name, &l, &err), -ENOENT);
	assert_non_null(strstr(err.text, "-g"));
}

/* A line that is none is named by its number. */
static void wrong_labels(void **state)
{
	static const char *const wrong[] = {"nothing\n", " - - \n", "a-b\n",
					    "a - \n",    "a -b\n",  "remark\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char name[] = "/tmp/kpm-labels.XXXXXX", want[64];
		struct kpm_labels *l = NULL;
		struct kpm_err err = {0};
		int fd = mkstemp(name);

		dprintf(fd, "# one\n\nx - y - z\n%s", wrong[i]);
		close(fd);
		assert_int_equal(kpm_labels_open(name, &l, &err), -EINVAL);
		snprintf(want, sizeof(want), "%s:4: no label", name);
		if (!strstr(err.text, want))
			fail_msg("%s: %s", wrong[i], err.text);
		unlink(name);
	}
}

/* The file that ships: each line a label, no pattern twice, and the well-known ones are there. */
static void shipped_labels(void **state)
{
	static const char *const known[] = {"dentry",      "skbuff_head_cache", "maple_node",
					    "kmalloc-512", "kmalloc-cg-256",    "kmalloc-rcl-64"};
	FILE *f = fopen("data/tags.conf", "r");
	struct kpm_labels *l = NULL;
	struct kpm_err err;
	char line[512], pattern[400][64];
	size_t count = 0;

	(void)state;
	if (!f)
		skip(); /* run from elsewhere */
	if (kpm_labels_open("data/tags.conf", &l, &err))
		fail_msg("%s", err.text);
	while (fgets(line, sizeof(line), f)) {
		assert_non_null(strchr(line, '\n'));
		if (*line == '#' || *line == '\n')
			continue;
		assert_int_equal(sscanf(line, "%63s", pattern[count]), 1);
		for (size_t i = 0; i < count; i++)
			if (!strcmp(pattern[i], pattern[count]))
				fail_msg("%s stands there twice", pattern[i]);
		assert_true(++count < 400);
	}
	fclose(f);
	assert_true(count > 200);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_string_not_equal(label(l, "f+0x1", "f", "kernel", known[i]), "-");
	/* a call site says more than its size class */
	assert_non_null(strstr(label(l, "aa_x+0x1", "aa_x", "kernel", "kmalloc-512"), "AppArmor"));
	assert_non_null(
		strstr(label(l, "f+0x1", "f", "kernel", "kmalloc-512+kmalloc-cg-64"), "512"));
	assert_string_equal(label(l, "f+0x1", "f", "kernel", NULL), "-");
	kpm_labels_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),     cmocka_unit_test(durations),
		cmocka_unit_test(counts),       cmocka_unit_test(sizes),
		cmocka_unit_test(cleaning),     cmocka_unit_test(labels),
		cmocka_unit_test(wrong_labels), cmocka_unit_test(shipped_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
