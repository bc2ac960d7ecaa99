/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a recording: what the search for samples and the reading of them share. */
#ifndef KPM_PLAYBACK_H
#define KPM_PLAYBACK_H

#include <sys/types.h>

#include "model/fields.h"
#include "model/recording.h"

/* A whole sample. */
struct kpm_record_entry {
	int64_t wall_ns, mono_ns, session;
	off_t at; /* of its line `s` */
	int part;
	bool full;
};

struct kpm_recording {
	FILE *part[2];
	int parts;
	struct kpm_record_entry *entries;
	uint32_t count, room, chosen;
	bool timed;
	struct kpm_tagset *tags;
	/* the state after sample next - 1; 0: nothing was read */
	uint32_t next;
	char host[65], kernel[65], no_audit[512];
	struct played *played; /* [played_count] by the recording's numbers */
	uint32_t played_count, played_room;
	/* by the set's numbers */
	const struct kpm_location **places;
	uint32_t place_room;
	char *line;
	size_t line_size;
};

#endif
