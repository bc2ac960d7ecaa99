// SPDX-License-Identifier: GPL-2.0-or-later
/* Open addressing with linear probing, at most half full. */
#include <stdlib.h>
#include <string.h>

#include "base/map64.h"

#define SIZE_FIRST 64

void kpm_map64_done(struct kpm_map64 *map)
{
	free(map->entries);
	*map = (struct kpm_map64){0};
}

void kpm_map64_clear(struct kpm_map64 *map)
{
	if (map->entries)
		memset(map->entries, 0, map->size * sizeof(*map->entries));
	map->count = 0;
}

/* The entry of a key, or the free one where it belongs. */
static struct kpm_map64_entry *find(const struct kpm_map64 *map, uint64_t key)
{
	uint64_t i = key * 0x9e3779b97f4a7c15ULL >> 32;

	for (;; i++) {
		struct kpm_map64_entry *e = &map->entries[i & (map->size - 1)];

		if (!e->used || e->key == key)
			return e;
	}
}

uint32_t *kpm_map64_get(const struct kpm_map64 *map, uint64_t key)
{
	struct kpm_map64_entry *e = map->size ? find(map, key) : NULL;

	return e && e->used ? &e->value : NULL;
}

static int grow(struct kpm_map64 *map)
{
	uint32_t size = map->size ? map->size * 2 : SIZE_FIRST;
	struct kpm_map64 larger = {.entries = calloc(size, sizeof(*larger.entries)),
				   .size = size,
				   .count = map->count};

	if (!larger.entries)
		return -1;
	for (uint32_t i = 0; i < map->size; i++)
		if (map->entries[i].used)
			*find(&larger, map->entries[i].key) = map->entries[i];
	free(map->entries);
	*map = larger;
	return 0;
}

uint32_t *kpm_map64_put(struct kpm_map64 *map, uint64_t key, uint32_t value)
{
	struct kpm_map64_entry *e;

	if (map->count * 2 >= map->size && grow(map))
		return NULL;
	e = find(map, key);
	if (!e->used) {
		*e = (struct kpm_map64_entry){key, value, 1};
		map->count++;
	}
	return &e->value;
}
