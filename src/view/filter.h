/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns of the command line and of alert rules, matched against the names of a tag. */
#ifndef KPM_FILTER_H
#define KPM_FILTER_H

#include <stdbool.h>

#include "model/tagset.h"

/* A pattern against a tag's text, symbol, module and cache: does any match? */
bool kpm_filter_matches(const char *pattern, const struct kpm_tag_name *name);
/* Against its text and symbol alone; the pattern may leave out ` [module]`. */
bool kpm_filter_matches_tag(const char *pattern, const struct kpm_tag_name *name);
/* Against its cache; of several caches that are joined with `+` each counts, and the whole. */
bool kpm_filter_matches_cache(const char *pattern, const char *cache);

/*
 * Does a tag pass lists of patterns, ended by NULL? One of `include` must match, none of `exclude`
 * may. NULL or empty lists let all pass.
 */
bool kpm_filter_passes(const char *const *include, const char *const *exclude,
		       const struct kpm_tag_name *name);

#endif
