/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outstanding objects of one tag, looked at one by one: their ages and sizes. */
#ifndef KPM_OBJECTS_H
#define KPM_OBJECTS_H

#include <stdint.h>

/* Upper bounds of the age groups, seconds; the last group has none. */
#define KPM_AGES 7
#define KPM_AGE_BOUNDS                                                                             \
	{                                                                                          \
		10, 60, 600, 3600, 21600, 86400                                                    \
	}

#define KPM_SIZES 8

struct kpm_objects {
	uint32_t tag;
	uint64_t ages[KPM_AGES]; /* objects by age */
	uint64_t oldest_s;       /* age of the oldest, seconds */
	uint64_t all;
	uint64_t survivors; /* of all, those that are survive_s seconds old or older */
	uint32_t survive_s; /* as asked for */
	uint32_t now_s;     /* clock of the source that the ages are of */
	/* by bytes occupied, the most first; `other` counts the rest */
	struct {
		uint32_t bytes;
		uint64_t objects;
	} sizes[KPM_SIZES];
	uint32_t size_count;
	uint64_t other;
};

/*
 * When what is outstanding was allocated: of each tag the objects of each part of the time since
 * tracking began, the oldest part first.
 */
#define KPM_BIRTH_PARTS 12

struct kpm_births {
	uint64_t (*parts)[KPM_BIRTH_PARTS]; /* [tag] */
	uint32_t tags;
	uint32_t since_s; /* all parts together; 0: not known */
};

#endif
