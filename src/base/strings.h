/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of texts, each of which is kept once: equal texts are equal pointers. */
#ifndef KPM_STRINGS_H
#define KPM_STRINGS_H

#include <stdint.h>

#include "base/map64.h"

struct kpm_strings {
	char **text;
	uint32_t count, capacity;
	struct kpm_map64 by_hash;
};

/* The text of the set that equals `text`, entered if it is new; stays as long as the set. NULL: no memory. */
const char *kpm_strings_keep(struct kpm_strings *set, const char *text);
void kpm_strings_done(struct kpm_strings *set);

#endif
