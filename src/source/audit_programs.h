/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by audit.c and cache_counts.c: the state of an audit, and how its programs are run. */
#ifndef KPM_AUDIT_PROGRAMS_H
#define KPM_AUDIT_PROGRAMS_H

#include "source/audit.h"

#include "audit.skel.h"

struct kpm_audit {
	struct audit_bpf *skel;
	struct kpm_audit_report report;
	uint32_t blocks, cpus;
	uint32_t cpu;   /* the next to scan; `cpus`: the table is next */
	uint32_t block; /* the next to scan */
	bool whole;     /* this round has begun at the first block */
	bool again;     /* the lists of these CPUs are scanned once more */
	int64_t sampled_ns;
	int64_t scanned_ns; /* when the last first pass was */
};

/* Runs one of the programs and keeps the report. 0 or -errno. */
int kpm_audit_run(struct kpm_audit *audit, struct bpf_program *program,
		  struct kpm_audit_args *args);

static inline struct kpm_audit_state *kpm_audit_state(const struct kpm_audit *audit)
{
	return &audit->skel->bss->state;
}

#endif
