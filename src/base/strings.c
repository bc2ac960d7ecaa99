// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/strings.h"

const char *kpm_strings_keep(struct kpm_strings *s, const char *text)
{
	uint32_t *at = kpm_map64_put(&s->by_hash, kpm_hash(KPM_HASH_BEGIN, text), s->count);

	if (!at)
		return NULL;
	if (*at < s->count)
		return s->text[*at];
	if (kpm_array_reserve(s->text, s->capacity, s->count + 1))
		return NULL;
	s->text[s->count] = strdup(text);
	return s->text[s->count] ? s->text[s->count++] : NULL;
}

void kpm_strings_done(struct kpm_strings *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		free(s->text[i]);
	free(s->text);
	kpm_map64_done(&s->by_hash);
	*s = (struct kpm_strings){0};
}
