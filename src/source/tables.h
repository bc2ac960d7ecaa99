/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes' maps as user space sees them (kpoolmon/abi.h has their layout): mapped memory, read
 * without a system call, while the probes go on writing.
 */
#ifndef KPOOLMON_BOOKS_H
#define KPOOLMON_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/abi.h>

#include "base/error.h"
#include "model/snapshot.h"
#include "model/tagset.h"

/* File descriptors of the maps; they stay the caller's and may be closed after the open. */
struct kpm_books_fds {
	int objects, tags, taginfo, taglist, counters, shards, control;
};

struct kpm_books;

/* Maps the maps. 0, or -errno and a sentence; -EPROTO for another version's layout. */
int kpm_books_open(const struct kpm_books_fds *fds, struct kpm_books **books, struct kpm_err *err);
void kpm_books_close(struct kpm_books *books);

/*
 * Enters new tags into `set` and fills the rows, the room and the losses that the maps know.
 * Work grows with the tags in use. 0 or -ENOMEM.
 */
int kpm_books_read(struct kpm_books *books, struct kpm_tagset *set, struct kpm_snapshot *snap,
		   struct kpm_err *err);

/* When tracking began, CLOCK_MONOTONIC; have the books been stopped since? */
int64_t kpm_books_started(const struct kpm_books *books);
bool kpm_books_stopped(const struct kpm_books *books);

/* Tag slots: the bound of the numbers below. */
uint32_t kpm_books_tag_slots(const struct kpm_books *books);
/* What slot `tag` stands for, NULL if it is free; *sum becomes its counters over all shards. */
const struct kpm_tag_info *kpm_books_tag(const struct kpm_books *books, uint32_t tag,
					 struct kpm_counters *sum);

/*
 * Says which of the kernel's tags make up a tag of the set, and how many bytes their objects
 * occupy; both arrays are of KPM_TAGS_MAX.
 */
void kpm_books_members(const struct kpm_books *books, uint32_t tag, bool *member, uint32_t *bytes);

/* Calls `visit` for each entry of the object table; a non-zero result ends the walk and is
 * returned. */
int kpm_books_walk(const struct kpm_books *books,
		   int (*visit)(const struct kpm_slot *entry, void *arg), void *arg);

#endif
