/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver for a program that shows one sample and ends: waits for it, but not for ever; and
 * for a loop, which waits for nothing.
 */
#ifndef KPM_PLACES_H
#define KPM_PLACES_H

#include "base/error.h"
#include "base/roots.h"
#include "resolve/ksyms.h"
#include "view/frame.h"

struct kpm_places;

/* `needs`: enum kpm_location_part. All pointers are borrowed; `ksyms` may be NULL. 0 or -errno. */
int kpm_places_open(unsigned int needs, const struct kpm_roots *roots,
		    const struct kpm_tagset *tags, struct kpm_ksyms *ksyms,
		    struct kpm_places **places, struct kpm_err *err);
void kpm_places_close(struct kpm_places *places);

/* These take NULL: nothing is found out then. */

/* Of the rows that a frame shows; of all tags. What is not known in time stays unknown. */
void kpm_places_find(struct kpm_places *places, const struct kpm_frame *frame);
void kpm_places_find_all(struct kpm_places *places);
/* What is known, for a frame: [tag], as many as there are tags now. NULL: nothing, or no memory. */
const struct kpm_location *const *kpm_places_list(struct kpm_places *places);
/* For a loop. Asks for rows of a frame, from the n-th on. */
void kpm_places_follow(struct kpm_places *places, const struct kpm_frame *frame, uint32_t from,
		       uint32_t count, unsigned int needs);
/* Asks for the tags from number `from` on, for so many at most. Returns the first one left. */
uint32_t kpm_places_ask_new(struct kpm_places *places, uint32_t from, uint32_t most,
			    unsigned int needs);
/* To be polled; -1: nothing to wait for. */
int kpm_places_fd(const struct kpm_places *places);
/* Takes what answers there are. Returns what is known, as kpm_places_list does. */
const struct kpm_location *const *kpm_places_step(struct kpm_places *places);

/* A sentence about files that are not what is loaded; left as it is if there is nothing to say. */
void kpm_places_note(const struct kpm_places *places, struct kpm_err *note);

#endif
