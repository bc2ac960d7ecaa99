/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder in which indexes of kernels are kept for the next search. */
#ifndef KPM_INDEX_CACHE_H
#define KPM_INDEX_CACHE_H

#include "base/error.h"

/*
 * Opens the folder for indexes, makes it if need be. `dir`: NULL for the usual one: kpoolmon in
 * $XDG_CACHE_HOME, else /var/cache for root and ~/.cache for others. A descriptor, or -errno and a
 * sentence: refused where it is not ours or open to others.
 */
int kpm_cache_open(const char *dir, struct kpm_err *err);

#endif
