/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the stacks of what is outstanding (model/held.h) of a sampler's latest sample. */
#ifndef KPM_HOLDING_H
#define KPM_HOLDING_H

#include "app/sampler.h"
#include "model/held.h"

struct kpm_holding;

struct kpm_holding *kpm_holding_new(void); /* NULL: out of memory */
/* The symbols by which frames are named; borrowed, may be NULL. Before the first update. */
void kpm_holding_name_by(struct kpm_holding *holding, struct kpm_ksyms *ksyms);
void kpm_holding_free(struct kpm_holding *holding);

/*
 * The frames of all stacks so far, as a set of call sites; they stay valid, and so do their
 * numbers.
 */
struct kpm_tagset *kpm_holding_frames(const struct kpm_holding *holding);

/*
 * Fills in the stacks of the tags for which wanted[tag] is true. `sampler` wants to know who is
 * behind them (kpm_sampler_want_who). Valid until the next call and the next sample. 0 or -ENOMEM.
 */
int kpm_holding_update(struct kpm_holding *holding, const struct kpm_sampler *sampler,
		       const bool *wanted, uint32_t limit, struct kpm_held *held);

#endif
