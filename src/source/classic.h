/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaches programs to classic tracepoints: perf events of the type PERF_TYPE_TRACEPOINT, see
 * perf_event_open(2). Used by the probes for the classic copies of bpf/second.bpf.h.
 */
#ifndef KPM_CLASSIC_H
#define KPM_CLASSIC_H

#include <bpf/libbpf.h>

#include "base/roots.h"

/*
 * Opens the perf event of a tracepoint of the group kmem, by its name; the caller closes it. -errno
 * if the kernel has no such tracepoint or does not permit it. Without a mounted tracefs its number
 * is read from a mount of its own, which nobody else sees.
 */
int kpm_classic_open(const struct kpm_roots *roots, const char *event);

/*
 * Attaches the program to it, on all CPUs; NULL and errno. The event itself stays disabled: it
 * would count for nobody.
 */
struct bpf_link *kpm_classic_attach(struct bpf_program *program, const struct kpm_roots *roots,
				    const char *event);

#endif
