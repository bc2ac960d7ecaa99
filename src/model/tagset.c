// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The set of tags: an array in order of appearance and an open-addressed hash index over text
 * and cache. Two kernel tags of one call site (another size, another kind) are one tag here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "model/tagset.h"

struct kpm_tagset {
	struct kpm_tag_name *names;
	uint32_t count;
	uint32_t capacity;
	uint32_t *index; /* tag number + 1, 0 free; a power of two of them */
	uint32_t buckets;
	struct kpm_merged_cache **merged;
	uint32_t merged_count;
	uint32_t merged_capacity;
	kpm_namer *namer;
	void *namer_arg;
	kpm_cache_namer *cache_namer;
	void *cache_namer_arg;
};

/* Length of a name from the namer: a symbol has 511 characters, a module's name 55. */
#define NAMED_MAX 640

struct kpm_tagset *kpm_tagset_new(void)
{
	return calloc(1, sizeof(struct kpm_tagset));
}

void kpm_tagset_set_namer(struct kpm_tagset *set, kpm_namer *namer, void *arg)
{
	set->namer = namer;
	set->namer_arg = arg;
}

void kpm_tagset_set_cache_namer(struct kpm_tagset *set, kpm_cache_namer *namer, void *arg)
{
	set->cache_namer = namer;
	set->cache_namer_arg = arg;
}

static void free_name(struct kpm_tag_name *name)
{
	free((char *)name->text);
	free((char *)name->symbol);
	free((char *)name->module);
	free((char *)name->cache);
}

void kpm_tagset_free(struct kpm_tagset *set)
{
	if (!set)
		return;
	for (uint32_t i = 0; i < set->count; i++)
		free_name(&set->names[i]);
	for (uint32_t i = 0; i < set->merged_count; i++) {
		free((char *)set->merged[i]->name);
		free((char *)set->merged[i]->aliases);
		free(set->merged[i]);
	}
	free(set->merged);
	free(set->names);
	free(set->index);
	free(set);
}

/*
 * Parses the kernel's %pB form: `symbol+0xoff/0xsize`, and for modules ` [name]`; newer
 * kernels may append a build-id, `[name 0123...]`. Anything else is an address: no symbol.
 */
static int parse_symbol(struct kpm_tag_name *name, const char *symbol)
{
	const char *plus = strrchr(symbol, '+'), *bracket = strchr(symbol, '[');
	char *end;

	if (bracket)
		for (plus = bracket; plus > symbol && *plus != '+';)
			plus--;
	if (!plus || *plus != '+' || plus == symbol)
		return 0;
	name->offset = strtoull(plus + 1, &end, 16);
	if (end == plus + 1)
		return 0;
	if (*end == '/')
		name->size = strtoull(end + 1, NULL, 16);
	name->symbol = strndup(symbol, plus - symbol);
	if (bracket)
		name->module = strndup(bracket + 1, strcspn(bracket + 1, " ]"));
	else
		name->module = strdup("kernel");
	return name->symbol && name->module ? 0 : -ENOMEM;
}

static int make_name(struct kpm_tag_name *name, uint64_t site, const char *symbol,
		     const char *cache, bool by_cache)
{
	char *text;
	int len;

	*name = (struct kpm_tag_name){.site = site, .by_cache = by_cache};
	if (symbol && parse_symbol(name, symbol))
		return -ENOMEM;
	if (!site && symbol)
		len = asprintf(&text, "%s", symbol);
	else if (!name->symbol)
		len = asprintf(&text, "0x%" PRIx64, site);
	else if (strcmp(name->module, "kernel"))
		len = asprintf(&text, "%s+0x%" PRIx64 " [%s]", name->symbol, name->offset,
			       name->module);
	else
		len = asprintf(&text, "%s+0x%" PRIx64, name->symbol, name->offset);
	if (len < 0)
		return -ENOMEM;
	name->text = text;
	if (cache) {
		name->cache = strdup(cache);
		if (!name->cache)
			return -ENOMEM;
	}
	return 0;
}

static uint32_t hash_name(const struct kpm_tag_name *name)
{
	uint64_t hash = kpm_hash(KPM_HASH_BEGIN, name->text);

	/* a tab between them: the texts `ab`, `c` and `a`, `bc` differ */
	if (name->by_cache)
		hash = kpm_hash(kpm_hash(hash, "\t"), name->cache ? name->cache : "");
	return hash;
}

static bool same_name(const struct kpm_tag_name *a, const struct kpm_tag_name *b)
{
	if (a->by_cache != b->by_cache || strcmp(a->text, b->text))
		return false;
	return !a->by_cache || !strcmp(a->cache ? a->cache : "", b->cache ? b->cache : "");
}

static int grow_index(struct kpm_tagset *set)
{
	uint32_t buckets = set->buckets ? set->buckets * 2 : 256;
	uint32_t *index;

	if (set->count < set->buckets / 2)
		return 0;
	index = calloc(buckets, sizeof(*index));
	if (!index)
		return -ENOMEM;
	for (uint32_t i = 0; i < set->count; i++) {
		uint32_t at = hash_name(&set->names[i]) & (buckets - 1);

		while (index[at])
			at = (at + 1) & (buckets - 1);
		index[at] = i + 1;
	}
	free(set->index);
	set->index = index;
	set->buckets = buckets;
	return 0;
}

/* Joins a cache to those of a kmalloc call site, if it is not among them. */
static int join_cache(struct kpm_tag_name *name, const char *cache)
{
	size_t len = strlen(cache);
	char *joined;

	if (!name->cache) {
		name->cache = strdup(cache);
		return name->cache ? 0 : -ENOMEM;
	}
	for (const char *p = name->cache; p; p = strchr(p, '+')) {
		p += *p == '+';
		if (!strncmp(p, cache, len) && (!p[len] || p[len] == '+'))
			return 0;
	}
	if (asprintf(&joined, "%s+%s", name->cache, cache) < 0)
		return -ENOMEM;
	free((char *)name->cache);
	name->cache = joined;
	return 0;
}

static struct kpm_merged_cache *find_merged(const struct kpm_tagset *set, const char *cache)
{
	for (uint32_t i = 0; cache && i < set->merged_count; i++)
		if (!strcmp(set->merged[i]->name, cache))
			return set->merged[i];
	return NULL;
}

/* The cache that a tag stands for; a group of a roll-up has its name as text. */
static const char *cache_of(const struct kpm_tag_name *name)
{
	if (name->by_cache)
		return name->cache;
	return name->site ? NULL : name->text;
}

static int add_merged(struct kpm_tagset *set, const char *cache, const char *aliases)
{
	struct kpm_merged_cache *m = malloc(sizeof(*m));

	if (!m || kpm_array_reserve(set->merged, set->merged_capacity, set->merged_count + 1)) {
		free(m);
		return -ENOMEM;
	}
	*m = (struct kpm_merged_cache){.name = strdup(cache), .aliases = strdup(aliases)};
	if (!m->name || !m->aliases) {
		free((char *)m->name);
		free((char *)m->aliases);
		free(m);
		return -ENOMEM;
	}
	set->merged[set->merged_count++] = m;
	for (uint32_t i = 0; i < set->count; i++) {
		const char *of = cache_of(&set->names[i]);

		if (of && !strcmp(of, cache))
			set->names[i].merged = m;
	}
	return 0;
}

int kpm_tagset_merge(struct kpm_tagset *set, const char *cache, const char *aliases)
{
	struct kpm_merged_cache *m = find_merged(set, cache);
	char *copy;

	if (!m)
		return add_merged(set, cache, aliases);
	if (!strcmp(m->aliases, aliases))
		return 0;
	copy = strdup(aliases);
	if (!copy)
		return -ENOMEM;
	free((char *)m->aliases);
	m->aliases = copy;
	m->changes++;
	return 0;
}

uint32_t kpm_tagset_merged_count(const struct kpm_tagset *set)
{
	return set->merged_count;
}

const struct kpm_merged_cache *kpm_tagset_merged(const struct kpm_tagset *set, uint32_t number)
{
	return set->merged[number];
}

/*
 * Replaces the names of a cache that is merged. The text of a tag without a site, `(bulk) pid`, may
 * end with it, too; then *symbol becomes one in `named`, of NAMED_MAX.
 */
static int name_cache(struct kpm_tagset *set, uint64_t site, const char **symbol,
		      const char **cache, char *named)
{
	const char *kernels = *cache, *shown, *aliases;
	size_t len = strlen(kernels), end = *symbol ? strlen(*symbol) : 0;

	if (!set->cache_namer || !set->cache_namer(set->cache_namer_arg, kernels, &shown, &aliases))
		return 0;
	if (!site && end > len && end < NAMED_MAX && (*symbol)[end - len - 1] == ' ' &&
	    !strcmp(*symbol + end - len, kernels)) {
		snprintf(named, NAMED_MAX, "%.*s%s", (int)(end - len), *symbol, shown);
		*symbol = named;
	}
	*cache = shown;
	return kpm_tagset_merge(set, shown, aliases);
}

int64_t kpm_tagset_enter(struct kpm_tagset *set, uint64_t site, const char *symbol,
			 const char *cache, bool by_cache)
{
	struct kpm_tag_name name;
	char named[NAMED_MAX];
	uint32_t at;
	int ret;

	if (by_cache && cache) {
		ret = name_cache(set, site, &symbol, &cache, named);
		if (ret)
			return ret;
	}
	if (site && (!symbol || !*symbol) && set->namer &&
	    set->namer(set->namer_arg, site, named, sizeof(named)))
		symbol = named;
	ret = make_name(&name, site, symbol, cache, by_cache);
	if (!ret)
		ret = kpm_array_reserve(set->names, set->capacity, set->count + 1);
	if (!ret)
		ret = grow_index(set);
	if (ret)
		goto out;
	for (at = hash_name(&name) & (set->buckets - 1); set->index[at];
	     at = (at + 1) & (set->buckets - 1)) {
		uint32_t tag = set->index[at] - 1;

		if (!same_name(&set->names[tag], &name))
			continue;
		if (cache && !by_cache)
			ret = join_cache(&set->names[tag], cache);
		free_name(&name);
		return ret ? ret : (int64_t)tag;
	}
	name.merged = find_merged(set, cache_of(&name));
	set->index[at] = set->count + 1;
	set->names[set->count] = name;
	return set->count++;
out:
	free_name(&name);
	return ret;
}

int kpm_tagset_join(struct kpm_tagset *set, uint32_t tag, const char *cache)
{
	return set->names[tag].by_cache ? -EINVAL : join_cache(&set->names[tag], cache);
}

uint32_t kpm_tagset_count(const struct kpm_tagset *set)
{
	return set->count;
}

const struct kpm_tag_name *kpm_tagset_get(const struct kpm_tagset *set, uint32_t tag)
{
	return &set->names[tag];
}
