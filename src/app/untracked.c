// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/untracked.h"

/* Looks that a verdict takes. */
#define LOOKS_LEAST 4
/*
 * Growth of fewer objects than these, and these for each CPU (a slab and lists of free ones that count as
 * allocated), is none.
 */
#define GROWN_LEAST 1000
#define GROWN_A_CPU 300
/* Each interval has this part of an even share of the growth at least. */
#define EVEN_SHARE 0.4
/* Of what is untracked, what the cache really grew by: the rest is tracked objects that were given up. */
#define REAL_SHARE 0.8

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct kpm_untracked_cache *)x)->name,
		      ((const struct kpm_untracked_cache *)y)->name);
}

/* The first look names the caches; one that is new after it is not followed. */
static int begin(struct kpm_untracked *u, const struct kpm_cache_count *counts, uint32_t count)
{
	u->caches = calloc(count + 1, sizeof(*u->caches));
	if (!u->caches)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct kpm_untracked_cache *to = &u->caches[u->count];

		if (!counts[i].known || counts[i].estimated)
			continue;
		memcpy(to->name, counts[i].name, sizeof(to->name));
		u->count++;
	}
	qsort(u->caches, u->count, sizeof(*u->caches), by_name);
	return 0;
}

int kpm_untracked_look(struct kpm_untracked *u, struct kpm_audit *audit,
		       const struct kpm_roots *roots)
{
	struct kpm_cache_count *counts;
	uint64_t outside;
	uint32_t count;
	struct kpm_err err;
	int ret = 0;

	if (u->looks == KPM_UNTRACKED_LOOKS ||
	    kpm_count_caches(audit, roots, 0, &counts, &count, &outside, &err))
		return 0;
	if (!u->looks)
		ret = begin(u, counts, count);
	for (uint32_t i = 0; !ret && i < count; i++) {
		struct kpm_untracked_cache key, *to;

		memcpy(key.name, counts[i].name, sizeof(key.name));
		to = bsearch(&key, u->caches, u->count, sizeof(*u->caches), by_name);
		if (!to)
			continue;
		to->untracked[u->looks] = (int64_t)counts[i].active - (int64_t)counts[i].tracked;
		to->active[u->looks] = counts[i].active;
		to->size = counts[i].size;
	}
	free(counts);
	u->looks += !ret;
	return ret;
}

void kpm_untracked_judge(struct kpm_untracked *u, uint32_t cpus)
{
	for (uint32_t i = 0; u->looks >= LOOKS_LEAST && i < u->count; i++) {
		struct kpm_untracked_cache *c = &u->caches[i];
		uint32_t last = u->looks - 1;
		int64_t grown = c->untracked[last] - c->untracked[0];
		int64_t active = c->active[last] - c->active[0];
		bool even = grown >= GROWN_LEAST + GROWN_A_CPU * (int64_t)cpus &&
			    active >= REAL_SHARE * grown;

		for (uint32_t k = 1; k < u->looks; k++)
			even &= c->untracked[k] - c->untracked[k - 1] >= EVEN_SHARE * grown / last;
		c->grown = even ? grown : 0;
	}
}

void kpm_untracked_done(struct kpm_untracked *u)
{
	free(u->caches);
	*u = (struct kpm_untracked){0};
}
