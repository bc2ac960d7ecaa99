/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status --verify: the tracked objects of each slab cache beside the kernel's own count. */
#ifndef KPM_VERIFY_H
#define KPM_VERIFY_H

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "source/cache_counts.h"

struct kpm_verified {
	struct kpm_cache_count *counts; /* NULL: not verified */
	uint32_t count;
	uint64_t outside; /* tracked objects that lie in no cache */
};

/*
 * Audits and counts, and again some seconds later, twice at most, if too many are tracked: what was
 * freed without an event within the last seconds, or in lists that others changed meanwhile, is found
 * by a later audit. So objects are held against the kernel's count only if they were there when the
 * first audit began. 0, or -errno and a sentence.
 */
int kpm_verify(struct kpm_audit *audit, const struct kpm_roots *roots,
	       struct kpm_verified *verified, struct kpm_err *err);
void kpm_verified_print(FILE *out, const struct kpm_verified *verified);
json_t *kpm_verified_json(const struct kpm_verified *verified);
/* 0, or -EUCLEAN and a sentence if a cache has more tracked objects than the kernel reports. */
int kpm_verified_judge(const struct kpm_verified *verified, struct kpm_err *err);
void kpm_verified_done(struct kpm_verified *verified);

#endif
