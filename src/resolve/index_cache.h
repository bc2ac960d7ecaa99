/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder in which indexes of kernels are kept for the next search. */
#ifndef KPM_INDEX_CACHE_H
#define KPM_INDEX_CACHE_H

#include "base/error.h"

/*
 * Opens the folder for indexes and creates it if need be. `dir`: NULL for the default, which is
 * kpoolmon in $XDG_CACHE_HOME, else in /var/cache for root and in ~/.cache for others. Returns a
 * descriptor, or -errno and a sentence: -EPERM if another user owns it or has rights to it.
 */
int kpm_cache_open(const char *dir, struct kpm_err *err);

#endif
