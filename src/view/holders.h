/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has what grew: the count (model/visible.h) that a finding moves with. A process that merely has
 * allocations made holds nothing: what it has must be seen to rise by one for each object, or for
 * each few, of one of the finding's tags, from reading to reading.
 */
#ifndef KPM_HOLDERS_H
#define KPM_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/tagset.h"
#include "model/visible.h"

struct kpm_finding;
struct kpm_suspect;

struct kpm_holder {
	enum kpm_visible what;
	uint32_t pid; /* 0: of nobody, or of `processes` of that name */
	uint32_t processes;
	char comm[16];
	uint64_t rose;    /* what the count grew by */
	uint32_t member;  /* the suspect that moves with it */
	uint64_t objects; /* that it grew by meanwhile */
};

struct kpm_holders_of {
	const struct kpm_visible_reading *readings; /* in order of time */
	uint32_t count;
	const struct kpm_tagset *tags;
	const struct kpm_suspect *suspects;
};

/* The holder of a finding; false: none can be shown. */
bool kpm_holder_find(const struct kpm_holders_of *of, const struct kpm_finding *finding,
		     struct kpm_holder *holder);

#endif
