/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracking without a process: programs, links and maps pinned in a folder of the bpf file system.
 * They come and go as a whole. pinned.h has the source that reads them.
 */
#ifndef KPM_PINS_H
#define KPM_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "source/live.h"

/*
 * Loads and attaches the probes and leaves them in the kernel. 0, or -errno and a sentence: -EEXIST
 * if they are there already. A failure leaves nothing; the next start or stop removes the remains
 * of a crash.
 */
int kpm_pins_start(const struct kpm_live_opts *opts, const char *version, struct kpm_err *err);

/*
 * Tells the readers, detaches and removes all, of any version. *were: there was something.
 * 0, or -errno and a sentence.
 */
int kpm_pins_stop(const struct kpm_roots *roots, bool *were, struct kpm_err *err);

/* Version of the maps' layout that this kpoolmon makes and reads: KPM_ABI_VERSION. */
uint32_t kpm_pins_layout(void);

/* Is anything pinned, of any version? */
bool kpm_pins_exist(const struct kpm_roots *roots);

#endif
