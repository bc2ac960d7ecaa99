/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of `watch --once`: what earlier runs saw, so that a run of a second knows how a
 * tag grew in a day.
 */
#ifndef KPM_STATE_H
#define KPM_STATE_H

#include "app/sampler.h"
#include "base/error.h"
#include "view/alerts.h"

/* Samples in the file at most; older ones are thinned out. */
#define KPM_STATE_SAMPLES 128

/*
 * Enters what the file has of the same books (boot and beginning of tracking) into the tracker's
 * trend and the alerts, before the sample in hand is entered. A file that is not there, or that is
 * of other books, is none. 0, or -errno and a sentence; *state, which may become NULL, goes to
 * kpm_state_save.
 */
int kpm_state_load(const char *file, struct kpm_tracker *tracker, const struct kpm_rules *rules,
		   struct kpm_alerts *alerts, const struct kpm_roots *roots, void **state,
		   struct kpm_err *err);
/* Adds the sample in hand, writes the file anew and frees the state. */
int kpm_state_save(const char *file, const struct kpm_tracker *tracker,
		   const struct kpm_alerts *alerts, const struct kpm_roots *roots, void *state,
		   struct kpm_err *err);

#endif
