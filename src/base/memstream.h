/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream whose text stays in memory, so that an output is written whole or not at all. */
#ifndef KPM_MEMSTREAM_H
#define KPM_MEMSTREAM_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct kpm_memstream {
	FILE *stream; /* to write to, until it is closed */
	char *text;   /* once it is closed; to be freed */
	size_t size;  /* of the text, bytes */
};

/* 0, or -ENOMEM and a sentence. */
int kpm_memstream_open(struct kpm_memstream *m, struct kpm_err *err);

/*
 * Closes the stream. `ret` is what the writer returned: if that is not 0, or memory ran out, there
 * is no text. 0, or -ENOMEM and a sentence.
 */
int kpm_memstream_close(struct kpm_memstream *m, int ret, struct kpm_err *err);

#endif
