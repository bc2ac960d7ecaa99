/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns of the command line and of alert rules, matched against the names of a tag. */
#ifndef KPM_FILTER_H
#define KPM_FILTER_H

#include <stdbool.h>

#include "model/tagset.h"

/* A pattern against a tag's text, symbol, module and cache, as they are shown: does any match? */
bool kpm_filter_matches(const char *pattern, const struct kpm_tag_name *name);
/* Against its text and symbol alone; the pattern may leave out ` [module]`. */
bool kpm_filter_matches_tag(const char *pattern, const struct kpm_tag_name *name);
/* Against caches; of several that are joined with `+` each counts, and the whole. */
bool kpm_filter_matches_cache(const char *pattern, const char *caches);
/*
 * Against a tag's cache, by any of the names of a merged one: for what asks for tags. What leaves
 * tags out must not: it would leave out those of strangers.
 */
bool kpm_filter_matches_alias(const char *pattern, const struct kpm_tag_name *name);

/*
 * Does a tag pass lists of patterns, ended by NULL? One of `include` must match, also by an alias,
 * none of `exclude` may. NULL or empty lists let all pass.
 */
bool kpm_filter_passes(const char *const *include, const char *const *exclude,
		       const struct kpm_tag_name *name);

#endif
