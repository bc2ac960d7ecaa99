/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status --verify: the books held against the kernel's own count of each slab cache. */
#ifndef KPM_VERIFY_H
#define KPM_VERIFY_H

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "source/cache_counts.h"

struct kpm_verified {
	struct kpm_cache_count *counts; /* NULL: not verified */
	uint32_t count;
	uint64_t outside; /* objects on the books that lie in no cache */
};

/* Audits and counts, and again some seconds later if the books hold too many: what was freed just
 * now is not found before. 0, or -errno and a sentence. */
int kpm_verify(struct kpm_audit *audit, const struct kpm_roots *roots,
	       struct kpm_verified *verified, struct kpm_err *err);
void kpm_verified_print(FILE *out, const struct kpm_verified *verified);
json_t *kpm_verified_json(const struct kpm_verified *verified);
/* 0, or -EUCLEAN and a sentence if the books hold more than the kernel has. */
int kpm_verified_judge(const struct kpm_verified *verified, struct kpm_err *err);
void kpm_verified_done(struct kpm_verified *verified);

#endif
