// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel forgets the name of a cgroup that is removed, and gives what is charged to it to the
 * cgroup above. Its obj_cgroup stays: by that the reading before knows the name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map64.h"
#include "resolve/charged_paths.h"

#define REMOVED " (removed)"

struct named {
	char **path; /* [count] */
	uint32_t count;
	struct kpm_map64 by_identity;
};

struct kpm_charged_paths {
	struct kpm_cgroups *memory; /* where the memory controller has a hierarchy of its own */
	struct named now;
};

static void forget(struct named *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		free(n->path[i]);
	free(n->path);
	kpm_map64_done(&n->by_identity);
	*n = (struct named){0};
}

struct kpm_charged_paths *kpm_charged_paths_new(const struct kpm_roots *roots)
{
	struct kpm_charged_paths *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->memory = kpm_cgroups_new(roots, KPM_CGROUP1_MEMORY);
	if (p->memory)
		return p;
	free(p);
	return NULL;
}

void kpm_charged_paths_free(struct kpm_charged_paths *p)
{
	if (!p)
		return;
	forget(&p->now);
	kpm_cgroups_free(p->memory);
	free(p);
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), size = strlen(end);

	return len >= size && !strcmp(text + len - size, end);
}

static char *removed_path(const struct named *before, const struct kpm_charged_group *g,
			  const char *above)
{
	const uint32_t *at = kpm_map64_get(&before->by_identity, g->identity);
	const char *known = at ? before->path[*at] : NULL;
	char *path;
	int len;

	if (known && *known == '/')
		len = asprintf(&path, "%s%s", known, ends_in(known, REMOVED) ? "" : REMOVED);
	else
		len = asprintf(&path, "(removed) in %s", above);
	return len < 0 ? NULL : path;
}

int kpm_charged_paths_update(struct kpm_charged_paths *p, const struct kpm_charges *charges,
			     struct kpm_cgroups *cgroups)
{
	struct named before = p->now;
	int ret = 0;

	p->now = (struct named){.path = calloc(charges->group_count + 1, sizeof(*p->now.path))};
	if (!p->now.path)
		ret = -ENOMEM;
	kpm_cgroups_refresh(p->memory);
	for (uint32_t i = 0; !ret && i < charges->group_count; i++) {
		const struct kpm_charged_group *g = &charges->groups[i];
		const char *path = kpm_cgroups_path(g->cgroup2 ? cgroups : p->memory, g->id);
		uint32_t *at = kpm_map64_put(&p->now.by_identity, g->identity, i);

		p->now.path[i] = g->removed ? removed_path(&before, g, path) : strdup(path);
		if (!at || !p->now.path[i])
			ret = -ENOMEM;
		p->now.count = i + 1;
	}
	forget(&before);
	return ret;
}

const char *kpm_charged_paths_get(const struct kpm_charged_paths *p, uint32_t group)
{
	return group < p->now.count ? p->now.path[group] : "(not known)";
}
