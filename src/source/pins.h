/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracking without a process: programs, links and maps pinned in a folder of the bpf file system.
 * They come and go as a whole. pinned.h has the source that reads them.
 */
#ifndef KPOOLMON_PINS_H
#define KPOOLMON_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "source/live.h"

/*
 * Loads and attaches the probes and leaves them in the kernel. 0, or -errno and a sentence: -EEXIST
 * if they are there already. Nothing is left of a failure; what a crash leaves, the next start or
 * stop removes.
 */
int kpm_pins_start(const struct kpm_live_opts *opts, const char *version, struct kpm_err *err);

/*
 * Tells the readers, detaches and removes all, of any version. *were: there was something.
 * 0, or -errno and a sentence.
 */
int kpm_pins_stop(const struct kpm_roots *roots, bool *were, struct kpm_err *err);

/* Version of the maps' layout that this kpoolmon makes and reads: KPM_ABI_VERSION. */
uint32_t kpm_pins_layout(void);

/* Are there pinned books, of whatever version? */
bool kpm_pins_exist(const struct kpm_roots *roots);

#endif
