/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes recordings: samples in a text file, one line a row that changed. The format is in
 * kpoolmon-record(5); src/model/recorder.c heads it with an example. model/recording.h reads them.
 */
#ifndef KPM_RECORDER_H
#define KPM_RECORDER_H

#include <stdint.h>
#include <stdio.h>

#include "model/location.h"
#include "model/path.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/visible.h"
#include "model/who.h"

/* Keeps the rows as it wrote them last, so that it writes only those that changed. */
struct kpm_recorder;

/* `session` tells this run of recording from others: its first wall clock. NULL: no memory. */
struct kpm_recorder *kpm_recorder_new(int64_t session, const char *version);
void kpm_recorder_free(struct kpm_recorder *recorder);
/* Makes the next sample the first one of a file. */
void kpm_recorder_reset(struct kpm_recorder *recorder);
struct kpm_record_more {
	const struct kpm_visible_reading
		*seen; /* what could be seen of processes; NULL: nobody looked */
	/* the functions that a tag comes through, for the tags of which `who` says something new */
	void (*path)(void *arg, uint32_t tag, struct kpm_path *path);
	void *arg;
};

/*
 * Writes a sample; before the first one of a file, the head of the file. `who` is behind its tags,
 * or NULL; `locations` as in a frame, or NULL; `more` may be NULL, and so its members. 0 or -ENOMEM; then call kpm_recorder_reset.
 */
int kpm_recorder_sample(struct kpm_recorder *recorder, FILE *out, const struct kpm_snapshot *snap,
			const struct kpm_tagset *tags, const struct kpm_who *who,
			const struct kpm_location *const *locations,
			const struct kpm_record_more *more);

#endif
