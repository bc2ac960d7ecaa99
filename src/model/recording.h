/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads recordings, the files of kpoolmon record (model/recorder.h): opens them, chooses a session
 * and a sample, and reads samples forward and back.
 */
#ifndef KPM_RECORDING_H
#define KPM_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "model/location.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/path.h"
#include "model/visible.h"
#include "model/who.h"

/* One session of a recording: all samples of one run. */
struct kpm_recording;

/*
 * Opens a recording: FILE, with FILE.1 before it if it is there; FILE@TIME (base/file_time.h)
 * chooses the session and the sample of that time; without it the last one. `tags` must be empty,
 * and is borrowed. 0, or -errno and a sentence: -ENODATA if it has no whole sample.
 */
int kpm_recording_open(const char *name, struct kpm_tagset *tags, struct kpm_recording **recording,
		       struct kpm_err *err);
/* The same of a stream that can seek; it is closed with the recording, and on failure. */
int kpm_recording_open_stream(FILE *stream, const char *name, struct kpm_tagset *tags,
			      struct kpm_recording **recording, struct kpm_err *err);
void kpm_recording_close(struct kpm_recording *recording);

/* Does FILE or FILE@TIME begin as a recording does? */
bool kpm_recording_is(const char *name);

/* Samples of the session. */
uint32_t kpm_recording_count(const struct kpm_recording *recording);
/* The sample that FILE@TIME chose. */
uint32_t kpm_recording_chosen(const struct kpm_recording *recording);
/* Was there a time? */
bool kpm_recording_timed(const struct kpm_recording *recording);
/*
 * The last sample at or before a time (TIME in base/file_time.h); the first one if all are later.
 * -EINVAL: it is no time.
 */
int64_t kpm_recording_at(const struct kpm_recording *recording, const char *time);

/* Fills the snapshot with a sample; forward is cheap. 0, or -errno and a sentence. */
int kpm_recording_read(struct kpm_recording *recording, uint32_t sample, struct kpm_snapshot *snap,
		       struct kpm_err *err);
/* The locations that are known at the sample read last: [tag]. Valid until the next read. */
const struct kpm_location *const *kpm_recording_locations(struct kpm_recording *recording);
/* Who is behind the tags of it; NULL: the recording does not say. The same. */
struct kpm_who *kpm_recording_who(struct kpm_recording *recording);
/* The functions that a tag comes through at it. The same. */
void kpm_recording_path(const struct kpm_recording *recording, uint32_t tag, struct kpm_path *path);
/* What could be seen of processes at the latest sample; NULL: nobody looked then. The same. */
const struct kpm_visible_reading *kpm_recording_seen(const struct kpm_recording *recording);

#endif
