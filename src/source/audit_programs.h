/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the audit share. */
#ifndef KPM_AUDIT_PROGRAMS_H
#define KPM_AUDIT_PROGRAMS_H

#include "source/audit.h"

#include "audit.skel.h"

struct kpm_audit {
	struct audit_bpf *skel;
	struct kpm_audit_report report;
	uint32_t blocks, cpus;
	uint32_t cpu;   /* the next to look at; `cpus`: the table's turn */
	uint32_t block; /* the next to look at */
	bool whole;     /* this round has begun at the first block */
	bool again;     /* the lists of these CPUs are looked at once more */
	int64_t sampled_ns;
	int64_t scanned_ns; /* when the last first look was */
};

/* Runs one of the programs and keeps the report. 0 or -errno. */
int kpm_audit_run(struct kpm_audit *audit, struct bpf_program *program,
		  struct kpm_audit_args *args);

static inline struct kpm_audit_state *kpm_audit_state(const struct kpm_audit *audit)
{
	return &audit->skel->bss->state;
}

#endif
