/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the tracking tables, the probes' maps (kpoolmon/abi.h has their layout): mapped memory,
 * read without a system call, while the probes go on writing.
 */
#ifndef KPM_TABLES_H
#define KPM_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/abi.h>

#include "base/error.h"
#include "model/samples.h"
#include "model/snapshot.h"
#include "model/tagset.h"

/* File descriptors of the maps; they stay the caller's and may be closed after the open. */
struct kpm_tables_fds {
	int objects, tags, taginfo, taglist, counters, shards, control, samples, stacks, sampled,
		gone, runs, credits;
};

struct kpm_tables;

/* Maps the maps. 0, or -errno and a sentence; -EPROTO for another version's layout. */
int kpm_tables_open(const struct kpm_tables_fds *fds, struct kpm_tables **tables,
		    struct kpm_err *err);
void kpm_tables_close(struct kpm_tables *tables);

/*
 * Enters new tags into `set` and fills the rows, the capacity and the losses that the maps have.
 * Work grows with the tags in use. 0 or -ENOMEM.
 */
int kpm_tables_read(struct kpm_tables *tables, struct kpm_tagset *set, struct kpm_snapshot *snap,
		    struct kpm_err *err);

/*
 * Reads the samples of the tags that kpm_tables_read() has entered; what is freed or taken meanwhile
 * may be missing. The names in `gone` live as long as the tables. 0 or -ENOMEM.
 */
int kpm_tables_samples(const struct kpm_tables *tables, struct kpm_samples *samples);

/* How often code has come or gone, as struct kpm_samples has it. */
uint32_t kpm_tables_modules(const struct kpm_tables *tables);

/*
 * Raises a tag of the set, or ends that: until second `deadline` of the clock of allocation times
 * the probes sample each of its allocations. 0 or -errno.
 */
int kpm_tables_raise(const struct kpm_tables *tables, const struct kpm_tables_fds *fds,
		     uint32_t tag, uint32_t deadline, bool raised);

/* When tracking began, CLOCK_MONOTONIC; has tracking been stopped since? */
int64_t kpm_tables_started(const struct kpm_tables *tables);
bool kpm_tables_stopped(const struct kpm_tables *tables);

/* What each kind of second copy has caught. */
void kpm_tables_rescued(const struct kpm_tables *tables, uint64_t rescued[KPM_RESCUES]);

/* Tag slots: the bound of the numbers below. */
uint32_t kpm_tables_tag_slots(const struct kpm_tables *tables);
/* The description of slot `tag`, NULL if it is free; *sum becomes its counters over all shards. */
const struct kpm_tag_info *kpm_tables_tag(const struct kpm_tables *tables, uint32_t tag,
					  struct kpm_counters *sum);

/* Samples that there is room for, and the kernel memory of all maps for them. */
uint32_t kpm_tables_sample_places(const struct kpm_tables *tables);
uint64_t kpm_tables_sample_bytes(const struct kpm_tables *tables);
/* What all CPUs have spent on samples, nanoseconds. */
uint64_t kpm_tables_sample_time(const struct kpm_tables *tables);

/* The number in the set of the kernel's tag in a slot; false: kpm_tables_read() has not entered it. */
bool kpm_tables_known(const struct kpm_tables *tables, uint32_t slot, uint32_t *tag);

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
/* The same for the samples, by the two words that a sample shares with its object's entry. */
int kpm_tables_walk_samples(const struct kpm_tables *tables,
			    int (*visit)(const struct kpm_slot *sample, void *arg), void *arg);

#endif
