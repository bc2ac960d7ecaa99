/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source that plays a recording: each sample is the next one of the file. */
#ifndef KPM_REPLAY_H
#define KPM_REPLAY_H

#include "model/recording.h"
#include "source/source.h"

/*
 * Opens FILE or FILE@TIME (kpm_recording_open); the first sample will be the chosen one. 0, or
 * -errno and a sentence. Needs no rights.
 */
int kpm_replay_open(const char *name, struct kpm_tagset *tags, struct kpm_source **src,
		    struct kpm_err *err);

/* Of such a source: its recording; borrowed. */
struct kpm_recording *kpm_replay_recording(const struct kpm_source *src);
/* Number of the sample that comes next. */
uint32_t kpm_replay_next(const struct kpm_source *src);
void kpm_replay_seek(struct kpm_source *src, uint32_t sample);

#endif
