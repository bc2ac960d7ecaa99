// SPDX-License-Identifier: GPL-2.0-or-later
/* Growing arrays. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/array.h"

struct item {
	uint32_t number;
	char more[20];
};

static void appended_elements_stay(void **state)
{
	struct item *items = NULL, *before;
	uint32_t capacity = 0, moves = 0;

	(void)state;
	for (uint32_t count = 0; count < 100000; count++) {
		before = items;
		assert_int_equal(kpm_array_reserve(items, capacity, count + 1), 0);
		assert_true(capacity > count);
		moves += items != before;
		items[count].number = count;
	}
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(items[i].number, i);
	/* a growth by half each time: about log(100000 / 64) / log(1.5) */
	assert_in_range(moves, 1, 30);
	free(items);
}

static void an_array_that_is_long_enough_is_left_alone(void **state)
{
	struct item *items = NULL, *before;
	size_t capacity = 0, had;

	(void)state;
	assert_int_equal(kpm_array_reserve(items, capacity, 0), 0);
	assert_null(items);
	assert_int_equal(kpm_array_reserve(items, capacity, 1000), 0);
	before = items;
	had = capacity;
	assert_int_equal(kpm_array_reserve(items, capacity, 1), 0);
	assert_int_equal(kpm_array_reserve(items, capacity, had), 0);
	assert_ptr_equal(items, before);
	assert_int_equal(capacity, had);
	free(items);
}

static void no_memory_changes_nothing(void **state)
{
	struct item *items = NULL, *before;
	size_t capacity = 0, had;

	(void)state;
	assert_int_equal(kpm_array_reserve(items, capacity, 1), 0);
	items[0].number = 7;
	before = items;
	had = capacity;
	/* neither the count with its spare nor the bytes fit into a size_t */
	assert_int_equal(kpm_array_reserve(items, capacity, SIZE_MAX), -ENOMEM);
	assert_int_equal(kpm_array_reserve(items, capacity, SIZE_MAX / 4), -ENOMEM);
	assert_ptr_equal(items, before);
	assert_int_equal(capacity, had);
	assert_int_equal(items[0].number, 7);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appended_elements_stay),
		cmocka_unit_test(an_array_that_is_long_enough_is_left_alone),
		cmocka_unit_test(no_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
