/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is outstanding, by stack: the samples of some tags, those of one stack together, scaled to
 * the exact figures of their tags. Plain data, for the command stacks and the console.
 */
#ifndef KPM_HELD_H
#define KPM_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/location.h"
#include "model/tagset.h"
#include "model/who.h"

/* A process's part of a stack. */
struct kpm_held_process {
	uint32_t party; /* in `who` */
	uint32_t samples;
	double objects, bytes;
	double error; /* standard error of `objects` */
};

struct kpm_held_stack {
	uint32_t tag;         /* in `tags` */
	uint64_t tag_objects; /* of its row, exact */
	uint64_t tag_bytes;
	const uint32_t *frames; /* numbers in `frames` of the whole, the allocation's first */
	uint32_t frame_count;   /* 0: no sample of the tag, or none with a stack */
	uint32_t owner;         /* frames up to the owner's; 0: it has none */
	bool cut;               /* there are more frames */
	bool interrupt;
	uint32_t samples;
	double objects, bytes; /* scaled: those of a tag's stacks add up to its row */
	double error;          /* standard error of `objects`; 0: exact */
	double living;         /* of the objects that its samples ever stood for, 0 to 1 */
	double oldest_s, newest_s;
	const struct kpm_held_process *processes; /* largest first */
	uint32_t process_count;
};

struct kpm_held {
	const struct kpm_tagset *tags;
	const struct kpm_who *who;
	/* each frame is a call site of this set; its locations, [frame], or NULL */
	const struct kpm_tagset *frames;
	const struct kpm_location *const *locations;
	const struct kpm_held_stack *stacks; /* most bytes first */
	uint32_t count;
	uint32_t left_out; /* stacks behind the limit */
	/* of all rows that were asked for, exact */
	uint64_t objects, bytes;
	uint32_t samples;
	uint64_t lost; /* samples that should have been taken */
	const char *host, *kernel;
	int64_t wall_ns;
};

#endif
