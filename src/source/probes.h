/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes, loads and attaches the programs of bpf/kpoolmon.bpf.c. Used by the live source, by `start`
 * and by the tests that run the programs themselves.
 */
#ifndef KPM_PROBES_H
#define KPM_PROBES_H

#include <bpf/libbpf.h>

#include "base/error.h"
#include "model/snapshot.h"
#include "source/hook_programs.h"
#include "source/kernel.h"
#include "source/live.h"
#include "source/maps.h"
#include "source/programs.h"
#include "source/tables.h"

struct kpoolmon_bpf;

struct kpm_probes {
	struct kpm_live_opts opts; /* without zeros once loaded */
	struct kpm_kernel kernel;
	struct kpoolmon_bpf *skel;
	struct kpm_maps maps;
	struct bpf_link *links[KPM_EVENTS];
	enum kpm_second_copies second;
	struct kpm_hooks hooks;
	int64_t started_ns;
};

/* Checks the kernel and the sizes, loads the programs. 0, or -errno and a sentence. */
int kpm_probes_load(struct kpm_probes *probes, const struct kpm_live_opts *opts,
		    struct kpm_err *err);
int kpm_probes_attach(struct kpm_probes *probes, struct kpm_err *err);
/* Its two parts: the hooks on frees, then the events and the rest. Every probe on frees is attached
 * before any on allocations. */
int kpm_probes_attach_frees(struct kpm_probes *probes, struct kpm_err *err);
int kpm_probes_attach_rest(struct kpm_probes *probes, struct kpm_err *err);
/* They can be attached again. */
void kpm_probes_detach(struct kpm_probes *probes);
void kpm_probes_unload(struct kpm_probes *probes);

/* Visits each program that is attached. A non-zero result ends it and is returned. */
int kpm_probes_each(const struct kpm_probes *probes,
		    int (*visit)(void *arg, struct bpf_program *program, struct bpf_link *link),
		    void *arg);
/* The file descriptors of the programs; borrowed. */
void kpm_probes_programs(const struct kpm_probes *probes, struct kpm_programs *programs);

struct bpf_program *kpm_probes_program(const struct kpm_probes *probes, enum kpm_event event);
/* The program that returns the current second of the allocation clock. */
struct bpf_program *kpm_probes_clock(const struct kpm_probes *probes);
void kpm_probes_fds(const struct kpm_probes *probes, struct kpm_tables_fds *fds);

#endif
