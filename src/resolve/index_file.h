/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An index in memory, and as a file in the cache folder. */
#ifndef KPM_RESOLVE_INDEX_FILE_H
#define KPM_RESOLVE_INDEX_FILE_H

#include "resolve/buffer.h"
#include "resolve/index.h"

struct kpm_index {
	const struct kpm_entry *entries;
	const char *text;
	size_t count, size;
	size_t gathered;
	/* of its own, or of a mapped file */
	struct kpm_entry *own;
	struct kpm_buffer buffer;
	void *mapped;
	size_t mapped_size;
};

/* Frees the index and all that it owns; NULL is allowed. */
void kpm_index_free(struct kpm_index *index);
/* An index that was kept, NULL if there is none that can be used. */
struct kpm_index *kpm_index_load(int cache, const char *name);
/* Keeps it for the next time. That it cannot be kept is no failure of the search. */
void kpm_index_save(const struct kpm_index *index, int cache, const char *name);

#endif
