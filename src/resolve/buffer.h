/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that grows up to a bound and is used again for the next file. It is mapped, so that
 * growing copies nothing and pages that are never touched cost nothing.
 */
#ifndef KPM_BUFFER_H
#define KPM_BUFFER_H

#include <stddef.h>

struct kpm_buffer {
	char *data;
	size_t size;     /* bytes in use */
	size_t capacity; /* bytes mapped */
	size_t max;      /* bytes that `size` may reach */
};

void kpm_buffer_init(struct kpm_buffer *buf, size_t max);
void kpm_buffer_done(struct kpm_buffer *buf);
/* Makes room for at least `more` bytes behind `size`. 0, -EFBIG beyond max, -ENOMEM. */
int kpm_buffer_reserve(struct kpm_buffer *buf, size_t more);

#endif
