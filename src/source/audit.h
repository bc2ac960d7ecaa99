/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit: asks the slab allocator which objects of the books are free, and takes those off.
 * Their frees were not seen. bpf/audit.bpf.c says what counts as a proof.
 */
#ifndef KPOOLMON_AUDIT_H
#define KPOOLMON_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/audit_abi.h>

#include "base/error.h"
#include "base/roots.h"
#include "source/tables.h"

/* Younger entries are let alone: their events may still be under way. In whole seconds of the clock
 * of births: a little more than two may do. */
#define KPM_AUDIT_MIN_AGE_S 3
/* Between the two looks at an object. */
#define KPM_AUDIT_PAUSE_MS 5

struct kpm_audit;

/* What was done since the audit was opened. */
struct kpm_audit_report {
	uint64_t scanned;                 /* entries and free objects looked at */
	uint64_t taken[KPM_AUDIT_PLACES]; /* taken off the books at the second, by place */
	uint64_t inconclusive;            /* slabs and lists that were let alone */
	uint64_t rounds;                  /* times that the whole table was gone through */
	int64_t cpu_ns;                   /* processor time */
};

uint64_t kpm_audit_taken(const struct kpm_audit_report *report);

/*
 * Loads the programs onto the maps of some books; the descriptors stay the caller's. 0, or -errno
 * and a sentence: -EOPNOTSUPP for a kernel on which there is no audit. Once it is open no rights
 * are needed any more.
 */
int kpm_audit_open(const struct kpm_tables_fds *fds, const struct kpm_roots *roots,
		   struct kpm_audit **audit, struct kpm_err *err);
void kpm_audit_close(struct kpm_audit *audit);

/*
 * Has the second look at what the step before has found, if that was KPM_AUDIT_PAUSE_MS ago, then
 * goes on through the table for about `budget_ns` of processor time. 0 or -errno.
 */
int kpm_audit_step(struct kpm_audit *audit, int64_t budget_ns);

/* With a sample: goes on for a hundredth of the time that has passed, and tells the snapshot. */
void kpm_audit_sample(struct kpm_audit *audit, struct kpm_snapshot *snap);

/* Goes on for about `budget_ns`, pauses and has the second look at once. 0 or -errno. */
int kpm_audit_both(struct kpm_audit *audit, int64_t budget_ns);

/* The whole table, both looks; sleeps in between. 0 or -errno. */
int kpm_audit_whole(struct kpm_audit *audit);

const struct kpm_audit_report *kpm_audit_done(const struct kpm_audit *audit);

#endif
