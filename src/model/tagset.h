/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every tag ever seen, with a small dense number. Append-only: a number and its strings stay
 * valid as long as the set.
 *
 * A tag is a call site, for kmem_cache_alloc a call site x slab cache. Its text form,
 * `symbol+0xoff [module]`, is stable over reboots of the same kernel.
 */
#ifndef KPM_TAGSET_H
#define KPM_TAGSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the name of a cache that SLUB merged begins with: `merged:A-0000192`. */
#define KPM_MERGED "merged:"

/* A slab cache that is several of the kernel's caches at once. */
struct kpm_merged_cache {
	const char *name;    /* as tags have it */
	const char *aliases; /* the kernel's caches that it is, in order, joined with `+` */
	uint32_t changes;    /* how often the aliases were replaced */
};

struct kpm_tag_name {
	const char *text;   /* `symbol+0xoff [module]`, without [module] for built-in code */
	const char *symbol; /* NULL if the address could not be named */
	uint64_t offset;    /* of the return address in the symbol; valid with symbol */
	uint64_t size;      /* of the symbol, to the next one; 0 if not known */
	const char *module; /* name of the module, "kernel" for built-in code, NULL if unknown */
	const char *cache;  /* slab cache; several are joined with `+`; NULL if not known */
	uint64_t site;      /* the return address; 0 if not known */
	bool by_cache;      /* kmem_cache_alloc: the cache is part of the tag */
	/* what the cache, or that of a roll-up's group, is made of; NULL: not merged or unknown */
	const struct kpm_merged_cache *merged;
};

struct kpm_tagset;

struct kpm_tagset *kpm_tagset_new(void); /* NULL: out of memory */
void kpm_tagset_free(struct kpm_tagset *set);

/*
 * Names a call site that the kernel side could not name: writes the same form without the size,
 * `load_msg+0x41 [module]`; false if it cannot. Called once for each such tag.
 */
typedef bool kpm_namer(void *arg, uint64_t site, char *buf, size_t size);
void kpm_tagset_set_namer(struct kpm_tagset *set, kpm_namer *namer, void *arg);

/*
 * Says whether a slab cache that allocations name is a merged one: *shown, which begins with
 * KPM_MERGED, then replaces its name, and *aliases are what struct kpm_merged_cache has; both are
 * valid until the next call. Called with a name that it gave, too. False: the name stays. Asked for
 * tags that are by cache: of kmalloc's a name says the size, whoever shares the cache.
 */
typedef bool kpm_cache_namer(void *arg, const char *cache, const char **shown,
			     const char **aliases);
void kpm_tagset_set_cache_namer(struct kpm_tagset *set, kpm_cache_namer *namer, void *arg);

/*
 * The number of the tag of a call site, entered if it is new. `symbol` is the kernel's %pB form,
 * `load_msg+0x41/0x1e0 [module]`; the size is dropped; if it is empty or NULL, the namer is called,
 * and without a name the address is the text. Without a site (0) `symbol` is the text as it is:
 * `(bulk) skbuff_head_cache`. `by_cache` as in struct kpm_tag_name. For other tags a new cache is
 * joined to the names. Returns the number or -ENOMEM.
 */
int64_t kpm_tagset_enter(struct kpm_tagset *set, uint64_t site, const char *symbol,
			 const char *cache, bool by_cache);

/* Joins a cache to the names of a tag that is not by cache. 0 or -errno. */
int kpm_tagset_join(struct kpm_tagset *set, uint32_t tag, const char *cache);

/* Says what a merged cache is made of, of tags that are there and of later ones. 0 or -ENOMEM. */
int kpm_tagset_merge(struct kpm_tagset *set, const char *cache, const char *aliases);
/* The merged caches by number; one keeps its number and its place. */
uint32_t kpm_tagset_merged_count(const struct kpm_tagset *set);
/* Borrowed; `aliases` may be replaced at the next enter or merge. */
const struct kpm_merged_cache *kpm_tagset_merged(const struct kpm_tagset *set, uint32_t number);

uint32_t kpm_tagset_count(const struct kpm_tagset *set);
/* Borrowed; the content of `cache` may be replaced by a longer one at the next enter. */
const struct kpm_tag_name *kpm_tagset_get(const struct kpm_tagset *set, uint32_t tag);

#endif
