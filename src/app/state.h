/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of `watch --once`: the samples of earlier runs, so that a run of a second knows
 * how a tag grew in a day.
 */
#ifndef KPM_STATE_H
#define KPM_STATE_H

#include "app/sampler.h"
#include "base/error.h"
#include "view/alerts.h"

/* Samples in the file at most; older ones are thinned out. */
#define KPM_STATE_SAMPLES 128

/*
 * Enters the samples of the file into the sampler's trend and the alerts, before the latest sample
 * is entered, if they are of the same boot and tracking; other files, and none at all, are passed
 * over. 0, or -errno and a sentence; *state, which may become NULL, goes to kpm_state_save.
 */
int kpm_state_load(const char *file, struct kpm_sampler *sampler, const struct kpm_rules *rules,
		   struct kpm_alerts *alerts, const struct kpm_roots *roots, void **state,
		   struct kpm_err *err);
/*
 * Adds the latest sample, replaces the file, which is the owner's alone since it has addresses of
 * the kernel, and frees the state. 0, or -errno and a sentence.
 */
int kpm_state_save(const char *file, const struct kpm_sampler *sampler,
		   const struct kpm_alerts *alerts, const struct kpm_roots *roots, void *state,
		   struct kpm_err *err);

#endif
