/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names what objects are charged to (model/charges.h) by the paths of cgroups. */
#ifndef KPM_CHARGED_PATHS_H
#define KPM_CHARGED_PATHS_H

#include "base/roots.h"
#include "model/charges.h"
#include "resolve/cgroups.h"

struct kpm_charged_paths;

/* `roots` is borrowed. NULL: out of memory. */
struct kpm_charged_paths *kpm_charged_paths_new(const struct kpm_roots *roots);
void kpm_charged_paths_free(struct kpm_charged_paths *paths);

/* Names the groups of a reading; `cgroups` has those of cgroup2. 0 or -ENOMEM. */
int kpm_charged_paths_update(struct kpm_charged_paths *paths, const struct kpm_charges *charges,
			     struct kpm_cgroups *cgroups);

/*
 * The path of a group of that reading, or what stands for it: `PATH (removed)` of a cgroup that
 * the reading before still had, `(removed) in PATH` of another one, PATH being that of the cgroup
 * above it that is left. Valid until the next update.
 */
const char *kpm_charged_paths_get(const struct kpm_charged_paths *paths, uint32_t group);

#endif
