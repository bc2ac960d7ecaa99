/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slab caches that SLUB merged into one because they agree in size and flags. The kernel calls such
 * a cache by the first of its names, whoever allocates from it. Reading the names needs no rights.
 */
#ifndef KPM_MERGED_H
#define KPM_MERGED_H

#include <stdbool.h>

#include "base/roots.h"

struct kpm_merged;

/*
 * Reads the names. Before probes are attached: the kernel keeps what it made for it. A kernel that
 * does not show them has merged nothing, as far as is known. NULL: out of memory.
 */
struct kpm_merged *kpm_merged_open(const struct kpm_roots *roots);
void kpm_merged_close(struct kpm_merged *merged);

/*
 * A kpm_cache_namer of src/model/tagset.h; `merged` is a struct kpm_merged. The name that it gives
 * is that of the folder below /sys/kernel/slab, with what it is before it: `merged:A-0000192`.
 * Reads the names again when asked about a cache that others may have joined since, at most ten
 * times a second.
 */
bool kpm_merged_namer(void *merged, const char *cache, const char **shown, const char **aliases);

/*
 * The caches that are merged with `cache`, without `cache` itself, in the order of their names: a
 * NULL-terminated list, to be freed with kpm_merged_free(). NULL if there are none, or if that is
 * not known.
 */
char **kpm_merged_with(const struct kpm_roots *roots, const char *cache);
void kpm_merged_free(char **list);

#endif
