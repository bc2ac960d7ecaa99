/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit: asks the slab allocator which tracked objects are free, and takes them out of the
 * tables. Their frees were not seen. bpf/audit.bpf.c has the proofs.
 */
#ifndef KPM_AUDIT_H
#define KPM_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include <kpoolmon/audit_abi.h>

#include "base/error.h"
#include "base/roots.h"
#include "source/tables.h"

/* Younger entries are skipped: their events may still be under way. In whole seconds of the
 * allocation clock, so that an entry may be only a little older than two. */
#define KPM_AUDIT_MIN_AGE_S 3
/* Between the two passes over an object. */
#define KPM_AUDIT_PAUSE_MS 5

struct kpm_audit;

/* Sums since the audit was opened. */
struct kpm_audit_report {
	uint64_t scanned;                     /* entries and free objects scanned */
	uint64_t taken[KPM_AUDIT_FREE_KINDS]; /* taken out in the second pass, by free kind */
	uint64_t inconclusive;                /* slabs and lists that changed meanwhile: skipped */
	uint64_t rounds;                      /* times that the whole table was scanned */
	int64_t cpu_ns;                       /* processor time */
};

uint64_t kpm_audit_taken(const struct kpm_audit_report *report);

/*
 * Loads the programs onto the maps; the descriptors stay the caller's. 0, or -errno
 * and a sentence: -EOPNOTSUPP for a kernel on which there is no audit. Once it is open no rights
 * are needed any more.
 */
int kpm_audit_open(const struct kpm_tables_fds *fds, const struct kpm_roots *roots,
		   struct kpm_audit **audit, struct kpm_err *err);
void kpm_audit_close(struct kpm_audit *audit);

/*
 * Makes the second pass over the candidates of the step before, if that was KPM_AUDIT_PAUSE_MS ago,
 * then scans on for about `budget_ns` of processor time. 0 or -errno.
 */
int kpm_audit_step(struct kpm_audit *audit, int64_t budget_ns);

/* With a sample: scans for a hundredth of the time since the last one; sets KPM_HAVE_AUDIT. */
void kpm_audit_sample(struct kpm_audit *audit, struct kpm_snapshot *snap);

/* Scans for about `budget_ns`, pauses and makes the second pass at once. 0 or -errno. */
int kpm_audit_both(struct kpm_audit *audit, int64_t budget_ns);

/* The whole table, both passes; sleeps in between. 0 or -errno. */
int kpm_audit_whole(struct kpm_audit *audit);

const struct kpm_audit_report *kpm_audit_done(const struct kpm_audit *audit);

#endif
