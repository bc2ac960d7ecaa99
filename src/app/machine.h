/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of a report about the kernel and its modules. */
#ifndef KPM_MACHINE_H
#define KPM_MACHINE_H

#include <stdio.h>

#include "base/roots.h"
#include "view/frame.h"

/* Release, version, architecture and taint of the running kernel. */
void kpm_machine_kernel(FILE *out, const struct kpm_roots *roots);
/* The modules of the rows of two frames: version, source version, build-id, taint, file. */
void kpm_machine_modules(FILE *out, const struct kpm_roots *roots, const struct kpm_frame *a,
			 const struct kpm_frame *b);

#endif
