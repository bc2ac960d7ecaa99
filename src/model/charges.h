/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom the objects of tags are charged to, as the kernel accounts it. Plain data, filled by a
 * source; exact, but for what is allocated and freed while it is read.
 */
#ifndef KPM_CHARGES_H
#define KPM_CHARGES_H

#include <stdbool.h>
#include <stdint.h>

/* What the kernel charges: a cgroup, or what is left of one that was removed. */
struct kpm_charged_group {
	uint64_t identity; /* the same in each reading */
	uint64_t id;       /* of the cgroup */
	bool cgroup2;      /* else of the old hierarchy of the memory controller */
	bool removed;      /* the id is that of the nearest cgroup above that is still there */
};

#define KPM_CHARGED_UNKNOWN UINT32_MAX /* the group of what there was no room for */

struct kpm_charge {
	uint32_t tag;   /* number in the tagset */
	uint32_t group; /* index in the groups, or KPM_CHARGED_UNKNOWN */
	uint64_t objects;
};

struct kpm_charges {
	int64_t time_ns; /* CLOCK_MONOTONIC when the reading began */
	struct kpm_charged_group *groups;
	uint32_t group_count, group_capacity;
	struct kpm_charge *list;
	uint32_t count, capacity;
	uint64_t *objects; /* [tag_count] objects of each tag, charged or not */
	uint32_t tag_count, tag_capacity;
	bool *samples; /* [sample_count] by place: the object of the sample is charged */
	uint32_t sample_count, sample_capacity;
};

void kpm_charges_done(struct kpm_charges *charges);

#endif
