/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash of texts that is the same on every machine and in every version: 64-bit FNV-1a. */
#ifndef KPM_HASH_H
#define KPM_HASH_H

#include <stdint.h>

#define KPM_HASH_BEGIN 14695981039346656037ULL

/* Adds a text to a hash, which begins as KPM_HASH_BEGIN. */
static inline uint64_t kpm_hash(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return hash;
}

#endif
