/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays: a pointer, a capacity and, where elements are appended, a count. */
#ifndef KPM_ARRAY_H
#define KPM_ARRAY_H

#include <stddef.h>

/*
 * Makes an array long enough for `count` elements of `size` bytes; `array` is the address of the
 * pointer. An array that has to grow gets half of `count` more than that, so that elements can be
 * appended one by one. New elements are not initialized. 0, or -ENOMEM with nothing changed.
 */
int kpm_array_grow(void *array, size_t *capacity, size_t count, size_t size);

/*
 * The same for a pointer to any type and a capacity of any unsigned type that holds one and a half
 * times `count`: kpm_array_reserve(list->items, list->capacity, list->count + 1).
 */
#define kpm_array_reserve(array, capacity, count)                                                  \
	({                                                                                         \
		size_t capacity_ = (capacity);                                                     \
		int ret_ = kpm_array_grow(&(array), &capacity_, (count), sizeof(*(array)));        \
                                                                                                   \
		(capacity) = capacity_;                                                            \
		ret_;                                                                              \
	})

#endif
