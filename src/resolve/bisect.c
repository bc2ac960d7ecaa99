// SPDX-License-Identifier: GPL-2.0-or-later
/* Binary search. */
#include "resolve/bisect.h"

size_t kpm_bisect(const void *array, size_t count, size_t size,
		  bool (*before)(const void *element, const void *key), const void *key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (before((const char *)array + mid * size, key))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
