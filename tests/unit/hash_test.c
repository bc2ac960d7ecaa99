// SPDX-License-Identifier: GPL-2.0-or-later
/* The hash names files that later versions look for: its values must not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"

/* From the list of test vectors of FNV's authors. */
static void values_are_those_of_fnv_1a(void **state)
{
	(void)state;
	assert_true(kpm_hash(KPM_HASH_BEGIN, "") == 0xcbf29ce484222325);
	assert_true(kpm_hash(KPM_HASH_BEGIN, "a") == 0xaf63dc4c8601ec8c);
	assert_true(kpm_hash(KPM_HASH_BEGIN, "foobar") == 0x85944171f73967e8);
	/* added in parts it is the same */
	assert_true(kpm_hash(kpm_hash(KPM_HASH_BEGIN, "foo"), "bar") == 0x85944171f73967e8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_fnv_1a),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
