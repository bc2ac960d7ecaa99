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
/* Places for samples, a power of two, for a table of so many objects. */
uint32_t kpm_default_samples(uint64_t objects);

/* Samples for which there is one stack; a stack takes five times the memory of a sample. */
#define KPM_SAMPLES_A_STACK 4
/* The state of tags on groups of CPUs: the groups grow where it would take more. */
#define KPM_RUNS_BYTES_MAX (4 << 20)
/* What a CPU may spend on samples of all tags, and on those of tags that were raised; millionths. */
#define KPM_SAMPLES_DEFAULT 1000
#define KPM_SAMPLES_RAISED  20000
/* The largest --samples, millionths. */
#define KPM_SAMPLES_MAX 100000

#endif
