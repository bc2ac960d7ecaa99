/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How large the tables are: the limits of --objects and --tags, and the sizes by default. */
#ifndef KPM_SIZES_H
#define KPM_SIZES_H

#include <stdint.h>

/* Smallest and largest --objects, smallest --tags; the largest is KPM_TAGS_MAX. */
#define KPM_OBJECTS_MIN 1000
#define KPM_OBJECTS_MAX 100000000
#define KPM_TAGS_MIN    64

/* Least and most objects by default, whatever the machine's memory. */
#define KPM_OBJECTS_FLOOR 131072
#define KPM_OBJECTS_CAP   16777216

/* Objects for a machine of that memory: their table takes 0.4 percent of it. */
uint64_t kpm_default_objects(uint64_t memory_bytes);
uint32_t kpm_default_tags(uint64_t objects);

#endif
