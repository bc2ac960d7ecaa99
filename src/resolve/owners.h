/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From samples to who is behind them (model/who.h).
 *
 * The owner of a stack is the function of its first frame that is neither allocator nor helper
 * (resolve/helpers.h), never one at or above an entry point. Two rules go beyond the list:
 *
 * - A function of a module that a function of another module calls, directly or through others of
 *   the first, allocates for that one: modules export what others need.
 * - A function that OWNERS_FAN_OUT others call, none of them for most of what was taken, is a helper.
 *   Judged by what was taken, not by what lives: a leak is one of the callers.
 *
 * The owner of a tag whose function is in the kernel and is no helper is that function, without
 * any samples.
 */
#ifndef KPM_OWNERS_H
#define KPM_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/roots.h"
#include "model/charges.h"
#include "model/path.h"
#include "model/samples.h"
#include "model/tagset.h"
#include "model/who.h"
#include "resolve/ksyms.h"
#include "resolve/labels.h"

struct kpm_owners;

/* All pointers are borrowed; `ksyms` and `labels` may be NULL. NULL: out of memory. */
struct kpm_owners *kpm_owners_new(const struct kpm_roots *roots, struct kpm_ksyms *ksyms,
				  const struct kpm_labels *labels);
void kpm_owners_free(struct kpm_owners *owners);

/*
 * Reads the symbols and the cgroups now: done with the first samples, the memory of the kernel that
 * it takes would be in the second ones. `modules` is the count of changes that struct kpm_samples
 * has, taken before: once that of the samples differs, the symbols are read again.
 */
void kpm_owners_prepare(struct kpm_owners *owners, uint32_t modules);

/*
 * Fills in who is behind the tags of a snapshot. With `charges`, which may be NULL, the cgroups of
 * what is charged are those that the kernel has; samples tell of the rest. 0 or -ENOMEM.
 */
int kpm_owners_update(struct kpm_owners *owners, const struct kpm_samples *samples,
		      const struct kpm_charges *charges, const struct kpm_tagset *tags,
		      struct kpm_who *who);

/*
 * Of a stack of the last samples: the number of its frames up to the owner's, from 1; 0: it has none.
 * And is it one of an interrupt?
 */
uint32_t kpm_owners_depth(const struct kpm_owners *owners, const struct kpm_samples *samples,
			  uint32_t stack);
bool kpm_owners_interrupt(const struct kpm_owners *owners, const struct kpm_samples *samples,
			  uint32_t stack);
/*
 * The function of a stack's frame, from 0; its names stay as long as the owners. KPM_FRAME_NONE
 * behind the last one and from an entry point on.
 */
enum kpm_frame_of {
	KPM_FRAME_NONE,
	KPM_FRAME_NAMELESS,
	KPM_FRAME_HELPER, /* or the allocator */
	KPM_FRAME_PLAIN,
};
enum kpm_frame_of kpm_owners_frame(const struct kpm_owners *owners,
				   const struct kpm_samples *samples, uint32_t stack,
				   uint32_t frame, struct kpm_path_step *step);
/* The party of the process of a sample. -ENOMEM: out of memory. */
int64_t kpm_owners_process(struct kpm_owners *owners, struct kpm_who *who,
			   const struct kpm_sample_of *sample, bool interrupt);

#endif
