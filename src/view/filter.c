// SPDX-License-Identifier: GPL-2.0-or-later
/* Matches patterns against the names of tags. */
#include <stdio.h>
#include <string.h>

#include <kpoolmon/kinds.h>

#include "base/text.h"
#include "view/filter.h"

bool kpm_filter_matches_cache(const char *pattern, const char *caches)
{
	char one[KPM_CACHE_NAME_LEN];

	if (kpm_match(pattern, caches))
		return true;
	if (!strchr(caches, '+'))
		return false;
	for (;;) {
		size_t len = strcspn(caches, "+");

		if (len < sizeof(one)) {
			memcpy(one, caches, len);
			one[len] = '\0';
			if (kpm_match(pattern, one))
				return true;
		}
		if (!caches[len])
			return false;
		caches += len + 1;
	}
}

bool kpm_filter_matches_alias(const char *pattern, const struct kpm_tag_name *name)
{
	return (name->cache && kpm_filter_matches_cache(pattern, name->cache)) ||
	       (name->merged && kpm_filter_matches_cache(pattern, name->merged->aliases));
}

bool kpm_filter_matches_tag(const char *pattern, const struct kpm_tag_name *name)
{
	char text[1024];

	if (kpm_match(pattern, name->text) || (name->symbol && kpm_match(pattern, name->symbol)))
		return true;
	/* ` [module]` has a blank in it, which a rule cannot have */
	snprintf(text, sizeof(text), "%s", name->text);
	text[strcspn(text, " ")] = '\0';
	return kpm_match(pattern, text);
}

bool kpm_filter_matches(const char *pattern, const struct kpm_tag_name *name)
{
	return kpm_match(pattern, name->text) ||
	       (name->symbol && kpm_match(pattern, name->symbol)) ||
	       (name->module && kpm_match(pattern, name->module)) ||
	       (name->cache && kpm_filter_matches_cache(pattern, name->cache));
}

static bool any_matches(const char *const *patterns, const struct kpm_tag_name *name)
{
	for (; *patterns; patterns++)
		if (kpm_filter_matches(*patterns, name))
			return true;
	return false;
}

static bool is_included(const char *const *patterns, const struct kpm_tag_name *name)
{
	if (any_matches(patterns, name))
		return true;
	for (; *patterns; patterns++)
		if (kpm_filter_matches_alias(*patterns, name))
			return true;
	return false;
}

bool kpm_filter_passes(const char *const *include, const char *const *exclude,
		       const struct kpm_tag_name *name)
{
	if (include && *include && !is_included(include, name))
		return false;
	return !exclude || !any_matches(exclude, name);
}
