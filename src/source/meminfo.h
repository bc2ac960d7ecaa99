/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of /proc/meminfo. */
#ifndef KPM_MEMINFO_H
#define KPM_MEMINFO_H

#include "base/error.h"
#include "base/roots.h"
#include "model/snapshot.h"

/* Reads /proc/meminfo. 0 or -errno and a sentence. Lines that the kernel lacks stay 0. */
int kpm_meminfo_read(const struct kpm_roots *roots, struct kpm_memory *memory, struct kpm_err *err);

/* Parses its text. */
void kpm_meminfo_parse(const char *text, struct kpm_memory *memory);

#endif
