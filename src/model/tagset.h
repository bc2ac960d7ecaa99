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

struct kpm_tag_name {
	const char *text;   /* `symbol+0xoff [module]`, without [module] for built-in code */
	const char *symbol; /* NULL if the address could not be named */
	uint64_t offset;    /* of the return address in the symbol; valid with symbol */
	uint64_t size;      /* of the symbol, to the next one; 0 if not known */
	const char *module; /* name of the module, "kernel" for built-in code, NULL if unknown */
	const char *cache;  /* slab cache; several are joined with `+`; NULL if not known */
	uint64_t site;      /* the return address; 0 if not known */
	bool by_cache;      /* kmem_cache_alloc: the cache is part of the tag */
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

uint32_t kpm_tagset_count(const struct kpm_tagset *set);
/* Borrowed; the content of `cache` may be replaced by a longer one at the next enter. */
const struct kpm_tag_name *kpm_tagset_get(const struct kpm_tagset *set, uint32_t tag);

#endif
