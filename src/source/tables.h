/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes' maps as user space sees them (kpoolmon/abi.h has their layout): mapped memory, read
 * without a system call, while the probes go on writing.
 */
#ifndef KPM_TABLES_H
#define KPM_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/abi.h>

#include "base/error.h"
#include "model/snapshot.h"
#include "model/tagset.h"

/* File descriptors of the maps; they stay the caller's and may be closed after the open. */
struct kpm_tables_fds {
	int objects, tags, taginfo, taglist, counters, shards, control;
};

struct kpm_tables;

/* Maps the maps. 0, or -errno and a sentence; -EPROTO for another version's layout. */
int kpm_tables_open(const struct kpm_tables_fds *fds, struct kpm_tables **tables,
		    struct kpm_err *err);
void kpm_tables_close(struct kpm_tables *tables);

/*
 * Enters new tags into `set` and fills the rows, the room and the losses that the maps know.
 * Work grows with the tags in use. 0 or -ENOMEM.
 */
int kpm_tables_read(struct kpm_tables *tables, struct kpm_tagset *set, struct kpm_snapshot *snap,
		    struct kpm_err *err);

/* When tracking began, CLOCK_MONOTONIC; have the books been stopped since? */
int64_t kpm_tables_started(const struct kpm_tables *tables);
bool kpm_tables_stopped(const struct kpm_tables *tables);

/* Tag slots: the bound of the numbers below. */
uint32_t kpm_tables_tag_slots(const struct kpm_tables *tables);
/* What slot `tag` stands for, NULL if it is free; *sum becomes its counters over all shards. */
const struct kpm_tag_info *kpm_tables_tag(const struct kpm_tables *tables, uint32_t tag,
					  struct kpm_counters *sum);

/*
 * Says which of the kernel's tags make up a tag of the set, and how many bytes their objects
 * occupy; both arrays are of KPM_TAGS_MAX.
 */
void kpm_tables_members(const struct kpm_tables *tables, uint32_t tag, bool *member,
			uint32_t *bytes);

/* Calls `visit` for each entry of the object table; a non-zero result ends the walk and is
 * returned. */
int kpm_tables_walk(const struct kpm_tables *tables,
		    int (*visit)(const struct kpm_slot *entry, void *arg), void *arg);

#endif
