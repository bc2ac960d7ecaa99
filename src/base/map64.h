/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table from 64-bit keys, which are hashes themselves or spread by it, to 32-bit numbers. */
#ifndef KPM_MAP64_H
#define KPM_MAP64_H

#include <stdint.h>

struct kpm_map64 {
	struct kpm_map64_entry {
		uint64_t key;
		uint32_t value, used;
	} * entries;
	uint32_t size, count; /* size: a power of two, or 0 */
};

void kpm_map64_done(struct kpm_map64 *map);
/* Forgets all entries; keeps the memory. */
void kpm_map64_clear(struct kpm_map64 *map);
/* The value of a key; NULL: there is none. Valid until the next kpm_map64_put(). */
uint32_t *kpm_map64_get(const struct kpm_map64 *map, uint64_t key);
/* The same; a new key gets `value`. NULL: out of memory. */
uint32_t *kpm_map64_put(struct kpm_map64 *map, uint64_t key, uint32_t value);

#endif
