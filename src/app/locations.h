/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds where the code of each tag is on disk. Commands that show one sample wait for the answers,
 * up to a limit; commands with a loop never wait.
 */
#ifndef KPM_LOCATIONS_H
#define KPM_LOCATIONS_H

#include "base/error.h"
#include "base/roots.h"
#include "resolve/ksyms.h"
#include "view/frame.h"

struct kpm_locations;

/*
 * Starts the workers. `needs`: enum kpm_location_part. All pointers are borrowed; `ksyms` may be
 * NULL. 0, or -errno and a sentence.
 */
int kpm_locations_open(unsigned int needs, const struct kpm_roots *roots,
		       const struct kpm_tagset *tags, struct kpm_ksyms *ksyms,
		       struct kpm_locations **locations, struct kpm_err *err);
void kpm_locations_close(struct kpm_locations *locations);

/* All of these take NULL: then nothing is known. */

/*
 * Collects the answers that have arrived. Returns the known locations, [tag], as many as there are
 * tags now; NULL: none, or out of memory. Borrowed until the next call; the functions that wait add
 * to it.
 */
const struct kpm_location *const *kpm_locations_step(struct kpm_locations *locations);

/* Asks for the rows that a frame shows, or for all tags, and waits: 20 seconds at most, 180 where
 * debuginfod fetches over the network. */
void kpm_locations_find(struct kpm_locations *locations, const struct kpm_frame *frame);
void kpm_locations_find_all(struct kpm_locations *locations);

/* Asks for `count` rows of a frame from the one at `from` on, without waiting. */
void kpm_locations_follow(struct kpm_locations *locations, const struct kpm_frame *frame,
			  uint32_t from, uint32_t count, unsigned int needs);
/*
 * Asks for up to `most` tags from number `from` on. Returns the first one that was not asked for.
 */
uint32_t kpm_locations_ask_new(struct kpm_locations *locations, uint32_t from, uint32_t most,
			       unsigned int needs);
/* A descriptor to poll for answers; -1: there will be none. */
int kpm_locations_fd(const struct kpm_locations *locations);

/* A sentence about files that are not the loaded build; `note` stays as it is if there are none. */
void kpm_locations_note(const struct kpm_locations *locations, struct kpm_err *note);

#endif
