// SPDX-License-Identifier: GPL-2.0-or-later
/* Growing memory by mmap and mremap. */
#include <errno.h>
#include <sys/mman.h>

#include "resolve/buffer.h"

/* The capacity to begin with, doubled as needed: few modules unpack to more. */
#define FIRST_CAPACITY ((size_t)4 << 20)

void kpm_buffer_init(struct kpm_buffer *buf, size_t max)
{
	*buf = (struct kpm_buffer){.max = max};
}

void kpm_buffer_done(struct kpm_buffer *buf)
{
	if (buf->data)
		munmap(buf->data, buf->capacity);
	buf->data = NULL;
	buf->size = buf->capacity = 0;
}

int kpm_buffer_reserve(struct kpm_buffer *buf, size_t more)
{
	size_t want = buf->capacity ? buf->capacity : FIRST_CAPACITY;
	void *data;

	if (more > buf->max || buf->size > buf->max - more)
		return -EFBIG;
	if (buf->capacity - buf->size >= more)
		return 0;
	while (want - buf->size < more)
		want *= 2;
	if (buf->data)
		data = mremap(buf->data, buf->capacity, want, MREMAP_MAYMOVE);
	else
		data = mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return -ENOMEM;
	buf->data = data;
	buf->capacity = want;
	return 0;
}
