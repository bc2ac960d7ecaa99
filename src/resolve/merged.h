/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slab caches that SLUB merged into one because they agree in size and flags. */
#ifndef KPM_MERGED_H
#define KPM_MERGED_H

#include "base/roots.h"

/*
 * The caches that are merged with `cache`, without `cache` itself, in the order of their names: a
 * NULL-terminated list, to be freed with kpm_merged_free(). NULL if there are none, or if that is
 * not known.
 */
char **kpm_merged_with(const struct kpm_roots *roots, const char *cache);
void kpm_merged_free(char **list);

#endif
