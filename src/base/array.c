// SPDX-License-Identifier: GPL-2.0-or-later
/* Growing arrays. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Elements that every array has more than its count calls for, so that small ones grow rarely. */
#define SPARE 64

int kpm_array_grow(void *array, size_t *capacity, size_t count, size_t size)
{
	size_t want, bytes;
	void *items;

	if (count <= *capacity)
		return 0;
	if (__builtin_add_overflow(count, count / 2 + SPARE, &want) ||
	    __builtin_mul_overflow(want, size, &bytes))
		return -ENOMEM;
	/* by memcpy: the pointer at `array` has a type of its own */
	memcpy(&items, array, sizeof(items));
	items = realloc(items, bytes);
	if (!items)
		return -ENOMEM;
	memcpy(array, &items, sizeof(items));
	*capacity = want;
	return 0;
}
