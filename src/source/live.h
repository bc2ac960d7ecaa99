/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live source: loads probes of its own into the running kernel and reads what they count.
 * They live as long as the source.
 */
#ifndef KPM_LIVE_H
#define KPM_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "model/hooks.h"
#include "model/tagset.h"
#include "source/sizes.h"
#include "source/source.h"

struct kpm_tables_fds; /* source/tables.h */

/* When a live source opens the audit by itself: before the events are attached, so that the memory
 * it allocates is in no row. */
enum kpm_auditing {
	KPM_AUDIT_NOT,
	KPM_AUDIT_IF_UNSEEN, /* where frees are not seen, and if it can be opened */
	KPM_AUDIT_ALWAYS,
};

struct kpm_live_opts {
	uint64_t objects; /* rated objects; 0: from the machine's memory */
	uint32_t tags;    /* 0: from the number of objects; rounded up to a power of two */
	bool no_rescue;   /* attach no second copies */
	bool preemptible; /* take the kernel for one that preempts programs, for tests */
	bool no_sampling; /* exact rows until the table is full, then refusals, for tests */
	/* of a CPU's time, for samples, millionths; 0: KPM_SAMPLES_DEFAULT, below 0: no samples */
	int32_t samples;
	struct kpm_hook_choice hooks;
	enum kpm_auditing audit;
	struct kpm_roots roots;
};

/*
 * Loads and attaches the probes. 0, or -errno and a sentence: no BTF, kernel before 6.1, no
 * rights, no memory. Nothing stays in the kernel on failure, nor after close or the end of the
 * process, however it ends.
 */
int kpm_live_open(const struct kpm_live_opts *opts, struct kpm_tagset *tags,
		  struct kpm_source **src, struct kpm_err *err);

/* File descriptors of the maps that it reads, for other readers; they stay the source's. */
void kpm_live_fds(const struct kpm_source *src, struct kpm_tables_fds *fds);

#endif
