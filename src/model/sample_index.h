/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index of the samples of a recording: one pass over its lines finds the whole ones and leaves
 * out a torn one.
 */
#ifndef KPM_SAMPLE_INDEX_H
#define KPM_SAMPLE_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* A whole sample. */
struct kpm_sample_entry {
	int64_t wall_ns, mono_ns, session;
	off_t at;  /* offset of its line `s` */
	int part;  /* the file it is in */
	bool full; /* it has all rows: reading can begin here */
};

struct kpm_sample_index {
	struct kpm_sample_entry *entries; /* in the order of the files */
	uint32_t count, capacity;
};

/*
 * Appends the whole samples of a file, read from its beginning. 0, or -ENODATA for an empty file,
 * -EBADMSG for one that is no recording, -EPROTO for one of a later version, -EIO, -ENOMEM.
 */
int kpm_sample_index_scan(struct kpm_sample_index *index, FILE *in, int part);
/* The last sample at or before a wall clock; the first one if all are later. */
uint32_t kpm_sample_index_at(const struct kpm_sample_index *index, int64_t wall_ns);
/* Keeps only the session that has `sample`. Returns its new number. */
uint32_t kpm_sample_index_keep_session(struct kpm_sample_index *index, uint32_t sample);
void kpm_sample_index_done(struct kpm_sample_index *index);

#endif
