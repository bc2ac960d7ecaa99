// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of return addresses from a kallsyms file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "resolve/ksyms.h"

static struct kpm_ksyms *with(const char *text)
{
	char dir[] = "/tmp/kpoolmon-test-XXXXXX", path[64];
	const struct kpm_roots roots = {.proc = dir};
	struct kpm_ksyms *k = NULL;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/kallsyms", dir);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	assert_int_equal(kpm_ksyms_open(&roots, &k, NULL), 0);
	/* read when a name is wanted, though the file is gone */
	unlink(path);
	rmdir(dir);
	return k;
}

static void check(struct kpm_ksyms *k, uint64_t address, const char *want)
{
	char name[128] = "untouched";

	assert_int_equal(kpm_ksyms_name(k, address, name, sizeof(name)), want != NULL);
	assert_string_equal(name, want ? want : "untouched");
}

static void names(void **state)
{
	struct kpm_ksyms *k = with("0000000000000000 A fixed_percpu_data\n"
				   "ffffffff81000000 T _stext\n"
				   "ffffffff81000100 t load_msg\n"
				   "ffffffff81000180 D some_data\n"
				   "ffffffff81000200 W weak\n"
				   "garbage\n"
				   "ffffffffc0001000 t leak_one\t[leaky]\n"
				   "ffffffffc0002000 t end\t[leaky]");

	(void)state;
	check(k, 0xffffffff81000141, "load_msg+0x41");
	/* data is no code, and the call may be the last instruction of its function */
	check(k, 0xffffffff810001f0, "load_msg+0xf0");
	check(k, 0xffffffff81000200, "load_msg+0x100");
	check(k, 0xffffffff81000201, "weak+0x1");
	check(k, 0xffffffffc000101f, "leak_one+0x1f [leaky]");
	check(k, 0xffffffff80000000, NULL);
	check(k, 0xffffffffc0003001, NULL);
	kpm_ksyms_close(k);
}

/* What lies behind the code of a module, such as another's init code that has gone, is not its. */
static void behind_a_module(void **state)
{
	struct kpm_ksyms *k = with("ffffffff81000000 T _stext\n"
				   "ffffffff81009000 T last\n"
				   "ffffffffc0001000 t leak_one\t[leaky]\n"
				   "ffffffffc0009000 t cleanup_module\t[leaky]\n"
				   "ffffffffc0010000 t show\t[driver]\n"
				   "ffffffffc0010020 t cleanup_module\t[driver]\n");

	(void)state;
	check(k, 0xffffffff81008fff, "_stext+0x8fff");
	check(k, 0xffffffff81009fff, "last+0xfff");
	check(k, 0xffffffff8100a001, NULL);
	check(k, 0xffffffffc0008000, "leak_one+0x7000 [leaky]");
	check(k, 0xffffffffc0009010, "cleanup_module+0x10 [leaky]");
	check(k, 0xffffffffc000d8be, NULL);
	check(k, 0xffffffffc0010030, "cleanup_module+0x10 [driver]");
	check(k, 0xffffffffc0010fff, "cleanup_module+0xfdf [driver]");
	check(k, 0xffffffffc0011001, NULL);
	check(k, 0xffffffffc0012030, NULL);
	kpm_ksyms_close(k);
}

static void hidden_addresses(void **state)
{
	struct kpm_ksyms *k = with("0000000000000000 T _stext\n0000000000000000 T load_msg\n");

	(void)state;
	check(k, 0xffffffff81000141, NULL);
	kpm_ksyms_close(k);
}

static void no_file(void **state)
{
	const struct kpm_roots roots = {.proc = "/nonexistent"};
	struct kpm_ksyms *k;
	struct kpm_err err;

	(void)state;
	assert_true(kpm_ksyms_open(&roots, &k, &err) < 0);
	assert_string_equal(err.text, "open /nonexistent/kallsyms: No such file or directory");
	kpm_ksyms_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(behind_a_module),
		cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
