// SPDX-License-Identifier: GPL-2.0-or-later
/* Binary search: each key in, between, before and behind the elements of arrays of all lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "resolve/bisect.h"

static bool less(const void *element, const void *key)
{
	return *(const int *)element < *(const int *)key;
}

static void all_keys(void **state)
{
	const int even[] = {0, 2, 4, 6, 8, 10, 12};

	(void)state;
	for (int count = 0; count <= 7; count++) {
		for (int key = -1; key <= 2 * count; key++) {
			int want = (key + 1) / 2 < count ? (key + 1) / 2 : count;

			assert_int_equal(kpm_bisect(even, count, sizeof(*even), less, &key), want);
		}
	}
	assert_int_equal(kpm_bisect(NULL, 0, sizeof(*even), less, even), 0);
}

static void equal_elements(void **state)
{
	const int same[] = {1, 5, 5, 5, 9};
	const int key = 5;

	(void)state;
	assert_int_equal(kpm_bisect(same, 5, sizeof(*same), less, &key), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys),
		cmocka_unit_test(equal_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
