/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binary search in sorted arrays. */
#ifndef KPM_BISECT_H
#define KPM_BISECT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The index of the first of `count` elements of `size` bytes for which before() is false, `count`
 * if there is none. The elements for which it is true must all precede the others.
 */
size_t kpm_bisect(const void *array, size_t count, size_t size,
		  bool (*before)(const void *element, const void *key), const void *key);

#endif
