/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the words of one file into four areas. Files are not trusted: called in worker processes,
 * and by the fuzzer.
 */
#ifndef KPM_WORDS_H
#define KPM_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "resolve/buffer.h"
#include "resolve/index.h"

/*
 * The buffers to read into; each area of words has the form that struct kpm_entry describes. A word
 * that exceeds the bound of its area is dropped.
 */
struct kpm_reader {
	struct kpm_buffer *file; /* the unpacked file */
	struct kpm_buffer *functions, *created, *strings, *others;
};

/* *creates: the file can make slab caches. 0, or -errno and a sentence. */
int kpm_read_words(struct kpm_reader *reader, const char *path, enum kpm_source_kind kind,
		   bool *creates, struct kpm_err *err);
/* The same for an ELF file in memory. */
int kpm_read_elf_words(struct kpm_reader *reader, const char *data, size_t size, const char *path,
		       bool *creates, struct kpm_err *err);

#endif
