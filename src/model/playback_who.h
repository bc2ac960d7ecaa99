/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recording says of who is behind a tag: the lines that begin with w. */
#ifndef KPM_PLAYBACK_WHO_H
#define KPM_PLAYBACK_WHO_H

#include "base/strings.h"
#include "model/path.h"
#include "model/record_line.h"
#include "model/who.h"

/* Who has a share of a tag. */
struct kpm_played_share {
	struct kpm_party party; /* owns its strings */
	struct kpm_share share;
};

struct kpm_played_who {
	struct kpm_played_share *list;
	uint32_t count, capacity;
	uint32_t samples;
	uint64_t lost;
	struct kpm_stay stay;
	struct kpm_path path;
};

/* Is a line with that first word one of these? */
bool kpm_played_who_knows(const char *word);
/*
 * Applies such a line, whose second part is the number of the tag; `names` keeps the names of functions.
 * 0, -EBADMSG or -ENOMEM.
 */
int kpm_played_who_line(struct kpm_played_who *who, struct kpm_record_line *line,
			struct kpm_strings *names);
/* Enters it under a tag of `into`, between begin and end. 0 or -ENOMEM. */
int kpm_played_who_tell(const struct kpm_played_who *who, struct kpm_who *into, uint32_t tag);
void kpm_played_who_clear(struct kpm_played_who *who);
void kpm_played_who_done(struct kpm_played_who *who);

#endif
