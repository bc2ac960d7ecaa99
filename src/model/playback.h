/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a recording after some of its samples: applies their lines one after the other and
 * fills snapshots. model/recording.h finds the lines in the files.
 */
#ifndef KPM_PLAYBACK_H
#define KPM_PLAYBACK_H

#include "model/location.h"
#include "model/path.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/visible.h"
#include "model/who.h"

struct kpm_playback;

/* `tags` gets the tags of the recording, and is borrowed. NULL: no memory. */
struct kpm_playback *kpm_playback_new(struct kpm_tagset *tags);
void kpm_playback_free(struct kpm_playback *playback);

/*
 * Applies a line of a sample, which is split in place. Rows stay in the state, all else goes into
 * `snap`. 0, -EBADMSG if the line is damaged, or -ENOMEM. Lines that this version does not know are
 * passed over.
 */
int kpm_playback_line(struct kpm_playback *playback, char *text, struct kpm_snapshot *snap);
/* After the lines of a sample: fills the rows of the snapshot from the state. 0 or -ENOMEM. */
int kpm_playback_finish(struct kpm_playback *playback, struct kpm_snapshot *snap);

/* The locations that are known by now: [tag]. NULL: no memory. Valid until the next line. */
const struct kpm_location *const *kpm_playback_locations(struct kpm_playback *playback);

/* Who is behind the tags by now; NULL: the recording does not say, or no memory. The same. */
struct kpm_who *kpm_playback_who(struct kpm_playback *playback);

/* The functions that a tag of the set comes through by now. The same. */
void kpm_playback_path(const struct kpm_playback *playback, uint32_t tag, struct kpm_path *path);
/* What could be seen of processes at the latest sample; NULL: nobody looked then. The same. */
const struct kpm_visible_reading *kpm_playback_seen(const struct kpm_playback *playback);

#endif
