/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: samples in a text file, one line a row that changed. The format is in
 * kpoolmon-record(5); src/model/recorder.c heads it with a sample.
 */
#ifndef KPOOLMON_RECORDING_H
#define KPOOLMON_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "model/location.h"
#include "model/snapshot.h"
#include "model/tagset.h"

#define KPM_RECORD_MAGIC   "kpoolmon-record"
#define KPM_RECORD_VERSION 1
/* Figures of a kind in a row: the first of struct kpm_counts, all but `audited`. */
#define KPM_RECORD_FIGURES 7
/* Every so many samples all rows are written: from there on a reader can begin. */
#define KPM_RECORD_FULL 128

/* Writes. Remembers what it has written, so that it writes only what is new. */
struct kpm_recorder;

/* `session` tells this run of recording from others: its first wall clock. NULL: no memory. */
struct kpm_recorder *kpm_recorder_new(int64_t session, const char *version);
void kpm_recorder_free(struct kpm_recorder *recorder);
/* Forgets what was written: the next sample begins a file. */
void kpm_recorder_reset(struct kpm_recorder *recorder);
/*
 * Writes a sample; before the first one, what a file begins with. `places` as in a frame, or NULL.
 * 0 or -ENOMEM; then call kpm_recorder_reset.
 */
int kpm_recorder_sample(struct kpm_recorder *recorder, FILE *out, const struct kpm_snapshot *snap,
			const struct kpm_tagset *tags, const struct kpm_location *const *places);

/* Reads one session of a recording: all samples of one run. */
struct kpm_recording;

/*
 * Opens a recording: FILE, with FILE.1 before it if it is there; FILE@TIME chooses the session and
 * the sample of that time (kpm_recording_at); without it the last one. `tags` is to be empty, and
 * borrowed. 0, or -errno and a sentence: -ENODATA if it has no whole sample.
 */
int kpm_recording_open(const char *name, struct kpm_tagset *tags, struct kpm_recording **recording,
		       struct kpm_err *err);
/* The same of a stream, which is closed with it. */
int kpm_recording_open_stream(FILE *stream, const char *name, struct kpm_tagset *tags,
			      struct kpm_recording **recording, struct kpm_err *err);
void kpm_recording_close(struct kpm_recording *recording);

/* Does the file begin as a recording does? */
bool kpm_recording_is(const char *name);

uint32_t kpm_recording_count(const struct kpm_recording *recording);
/* The sample that FILE@TIME chose. */
uint32_t kpm_recording_chosen(const struct kpm_recording *recording);
/* Was there a time? */
bool kpm_recording_timed(const struct kpm_recording *recording);
int64_t kpm_recording_wall(const struct kpm_recording *recording, uint32_t sample);
/*
 * The last sample at or before a time (TIME in base/file_time.h); the first one if all are later.
 * -EINVAL: it is no time.
 */
int64_t kpm_recording_at(const struct kpm_recording *recording, const char *time);

/* Fills the snapshot with a sample; forward is cheap. 0, or -errno and a sentence. */
int kpm_recording_read(struct kpm_recording *recording, uint32_t sample, struct kpm_snapshot *snap,
		       struct kpm_err *err);
/* What is known of places by then: [tag]. */
const struct kpm_location *const *kpm_recording_locations(struct kpm_recording *recording);

#endif
