/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Searches an index for a NAME: a symbol, a tag as printed, a slab cache, a pattern or an address.
 */
#ifndef KPM_SEARCH_H
#define KPM_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "resolve/index.h"
#include "resolve/ksyms.h"

/* The strongest first. */
enum kpm_evidence {
	KPM_DEFINES,  /* defines the function */
	KPM_CREATES,  /* creates slab caches, and has the whole string in read-only data */
	KPM_CONTAINS, /* merely contains the text */
	KPM_NO_EVIDENCE,
};

enum kpm_confidence { KPM_HIGH, KPM_MEDIUM, KPM_LOW };

struct kpm_hit {
	size_t entry; /* of the index */
	enum kpm_evidence evidence;
	enum kpm_confidence confidence;
	bool sure;     /* KPM_CREATES: the string is an argument of such a call */
	char word[96]; /* that was found; cut if it is longer */
};

/* A NAME, taken apart. */
struct kpm_query {
	char text[512];   /* the word or pattern to search for */
	char module[64];  /* the module in the NAME; empty: it names none */
	char needle[512]; /* the longest part of the text without wildcards */
	bool wild;
};

/*
 * Takes a NAME apart. `ksyms` names addresses; NULL: the kernel is not the running one. 0, or
 * -errno and a sentence: -EINVAL for a NAME that cannot be searched, -ENOENT: no code at that
 * address.
 */
int kpm_query_parse(const char *name, struct kpm_ksyms *ksyms, struct kpm_query *query,
		    struct kpm_err *err);

/* The files in which it is found, the best first; *hits is to be freed. 0 or -ENOMEM. */
int kpm_search(const struct kpm_index *index, const struct kpm_query *query, struct kpm_hit **hits,
	       size_t *count);

/* The module of an entry: `kernel` for the kernel's files. Returns buf. */
const char *kpm_entry_module(const struct kpm_index *index, const struct kpm_entry *entry,
			     char *buf, size_t size);

#endif
