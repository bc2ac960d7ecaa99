/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an index, and the file in the cache folder that it is kept in. */
#ifndef KPM_RESOLVE_INDEX_FILE_H
#define KPM_RESOLVE_INDEX_FILE_H

#include "resolve/buffer.h"
#include "resolve/index.h"

struct kpm_index {
	const struct kpm_entry *entries;
	const char *text;
	size_t count, size;
	size_t gathered;
	/* what `entries` and `text` point into: own memory, or a mapped file */
	struct kpm_entry *own;
	struct kpm_buffer buffer;
	void *mapped;
	size_t mapped_size;
};

/* Frees the index and all that it owns; NULL is allowed. */
void kpm_index_free(struct kpm_index *index);
/* The kept index of that name, mapped; NULL if there is none that is valid. */
struct kpm_index *kpm_index_load(int cache, const char *name);
/* Keeps the index for the next search, which does without it if it cannot be written. */
void kpm_index_save(const struct kpm_index *index, int cache, const char *name);

#endif
