/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source that reads the maps which `kpoolmon start` has pinned. */
#ifndef KPM_PINNED_H
#define KPM_PINNED_H

#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "model/tagset.h"
#include "source/programs.h"
#include "source/source.h"

/*
 * 0, or -errno and a sentence: -ENOENT if nothing is pinned, -EPROTO if it is another version's
 * than `version`. Once it is open no rights are needed any more.
 */
int kpm_pinned_open(const struct kpm_roots *roots, const char *version, struct kpm_tagset *tags,
		    struct kpm_source **src, struct kpm_err *err);

/* Run-time statistics of its programs. 0 or -errno: not known. */
int kpm_pinned_cost(const struct kpm_source *src, struct kpm_cost *cost);
/* Wall clock when tracking began, ns. */
int64_t kpm_pinned_since(const struct kpm_source *src);

#endif
