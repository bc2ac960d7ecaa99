/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops capabilities that are no longer needed. */
#ifndef KPM_RIGHTS_H
#define KPM_RIGHTS_H

#include <stdint.h>

#include "base/error.h"

/* Bits of kpm_rights_drop. */
#define KPM_RIGHT_ANY_FILE (1ULL << 1) /* CAP_DAC_OVERRIDE */
/* To see what other processes have: CAP_SYS_PTRACE, and CAP_DAC_READ_SEARCH for those of other users. */
#define KPM_RIGHT_PROCESSES (1ULL << 19 | 1ULL << 2)

/*
 * Drops all capabilities but `keep`, for good: out of the bounding set too, and no program that is
 * run from here can get them back. 0 or -errno.
 */
int kpm_rights_drop(uint64_t keep, struct kpm_err *err);

#endif
