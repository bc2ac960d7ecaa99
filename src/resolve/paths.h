/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From samples to the functions that most of a tag's allocations come through (model/path.h). */
#ifndef KPM_PATHS_H
#define KPM_PATHS_H

#include "model/path.h"
#include "model/samples.h"
#include "resolve/owners.h"

/*
 * The functions that PATHS_MOST of a tag's living samples, by what they stand for, have on their
 * stacks: neither allocators nor helpers, nor what only hands a system call on, and none above an
 * entry point. Empty if there are none.
 * `samples` are those of the last kpm_owners_update(), whose owners the names belong to.
 */
void kpm_paths_find(const struct kpm_owners *owners, const struct kpm_samples *samples,
		    uint32_t tag, struct kpm_path *path);

#endif
