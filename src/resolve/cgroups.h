/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the ids of cgroups to their paths. */
#ifndef KPM_CGROUPS_H
#define KPM_CGROUPS_H

#include <stdint.h>

#include "base/roots.h"

struct kpm_cgroups;

/* Whose groups: those of cgroup2, or those of the memory controller where it is of the old kind. */
enum kpm_hierarchy { KPM_CGROUP2, KPM_CGROUP1_MEMORY };

/* `roots` is borrowed. NULL: out of memory. */
struct kpm_cgroups *kpm_cgroups_new(const struct kpm_roots *roots, enum kpm_hierarchy hierarchy);
void kpm_cgroups_free(struct kpm_cgroups *cgroups);

/*
 * The path of a cgroup, `/system.slice/ssh.service`. One that is not there any more keeps the path
 * that it had, with ` (removed)`; one that was never seen is `(removed) ID`. Where the hierarchy is
 * not mounted, `id ID`. Valid until the next call.
 */
const char *kpm_cgroups_path(struct kpm_cgroups *cgroups, uint64_t id);
/* Reads the groups now. */
void kpm_cgroups_read(struct kpm_cgroups *cgroups);
/* Looks the groups up again when one is asked for that is not known. Once for each sample. */
void kpm_cgroups_refresh(struct kpm_cgroups *cgroups);

#endif
