/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings: the suspects by cause. Tags that grow in the same proportion at the same moments, and
 * that something else speaks for, too, are one finding: the same process, the same owner, a function
 * that both are allocated through, or a growth that is alike beyond chance. That two things grow
 * evenly says nothing: all that is steady moves in proportion.
 */
#ifndef KPM_FINDINGS_H
#define KPM_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/path.h"
#include "model/visible.h"
#include "model/who.h"
#include "view/holders.h"
#include "view/suspects.h"

/* Parties of a finding that are told, at most. */
#define KPM_FINDING_PARTIES 8

struct kpm_finding_party {
	const char *name, *module; /* as in struct kpm_party */
	uint32_t pid;
	double share; /* of the finding's objects, as far as they are known */
};

struct kpm_finding {
	enum kpm_verdict verdict;
	/* numbers of suspects, the lead first, then by bytes */
	const uint32_t *members;
	uint32_t count;
	/* the member of which there is one to each thing that the finding is about, and how many objects
	 * of all grew with one of them */
	uint32_t unit;
	double per_unit;
	uint64_t objects, bytes;
	double bytes_per_s; /* over the run; the sum of the members' slopes */
	struct kpm_finding_party party[KPM_PARTY_KINDS][KPM_FINDING_PARTIES];
	uint32_t parties[KPM_PARTY_KINDS];
	bool has_holder;
	struct kpm_holder holder; /* who visibly has it */
};

struct kpm_findings {
	struct kpm_finding *list; /* ranked by verdict, then by slope */
	uint32_t count;
	uint32_t *members;
};

struct kpm_findings_of {
	const struct kpm_snapshot *snap;
	const struct kpm_tagset *tags;
	const struct kpm_trend *trend;
	const struct kpm_who *who; /* NULL: not known */
	/* The functions that a tag comes through; NULL: not known. */
	void (*path)(void *arg, uint32_t tag, struct kpm_path *path);
	/* Does a function allocate for its callers? NULL: not known. */
	bool (*helper)(void *arg, const char *symbol);
	void *arg;
	/* what could be seen of processes in the course of the run, in order of time */
	const struct kpm_visible_reading *readings;
	uint32_t reading_count;
};

/*
 * Makes findings of the suspects that did not stay the same; what belongs to the objects of others, such
 * as the arrays of the allocator, is none by itself. 0 or -ENOMEM; names are borrowed from
 * `of`, members are numbers in `suspects`.
 */
int kpm_findings_make(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
		      uint32_t count, struct kpm_findings *findings);
void kpm_findings_done(struct kpm_findings *findings);

#endif
