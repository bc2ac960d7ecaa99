/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do old objects stay? What leaks never goes, and what comes and goes does not become old. At marks, each
 * after twice the time of the one before, it is noted what the living samples of each tag stand for that
 * were older than half the time; how much of that still lives is known from then on. Samples
 * go with their objects, so the same samples are compared.
 */
#ifndef KPM_STAYS_H
#define KPM_STAYS_H

#include "model/samples.h"
#include "model/who.h"

struct kpm_stays;

struct kpm_stays *kpm_stays_new(void); /* NULL: out of memory */
void kpm_stays_free(struct kpm_stays *stays);

/*
 * Compares the samples of `now_ns` (CLOCK_MONOTONIC), which must not go back, and sets what stayed in
 * `who`, that of the same samples. 0 or -ENOMEM.
 */
int kpm_stays_update(struct kpm_stays *stays, const struct kpm_samples *samples, int64_t now_ns,
		     struct kpm_who *who);

#endif
