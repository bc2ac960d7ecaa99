/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens a skeleton with the load-time constants of its programs (kpoolmon/load_constants.h). */
#ifndef KPM_SKELETON_H
#define KPM_SKELETON_H

#include <bpf/libbpf.h>

#include "source/maps.h"

/*
 * Opens the object of a skeleton that was created but not opened, with the constants filled in. The
 * maps must stay open until it is loaded. 0 or -errno.
 */
int kpm_skeleton_open(const struct kpm_maps *maps, struct bpf_object_skeleton *skeleton,
		      const struct bpf_object_open_opts *opts);

/* The length of a jiffy. */
uint64_t kpm_tick_ns(void);

#endif
