// SPDX-License-Identifier: GPL-2.0-or-later
/* Default sizes of the tables. */
#include "source/sizes.h"

/* Memory of the object table for each rated object: 28.4 bytes (kpoolmon/abi.h), rounded up. */
#define OBJECT_BYTES 32
/* The object table takes one part in so many of the memory: 0.4 percent. */
#define MEMORY_SHARE 250

uint64_t kpm_default_objects(uint64_t memory_bytes)
{
	uint64_t objects = memory_bytes / MEMORY_SHARE / OBJECT_BYTES;

	if (objects < KPM_OBJECTS_FLOOR)
		return KPM_OBJECTS_FLOOR;
	return objects > KPM_OBJECTS_CAP ? KPM_OBJECTS_CAP : objects;
}

/*
 * A tag takes 216 bytes, and 80 more for each shard: 8,192 of them 3 MB on two CPUs, 12 MB on
 * sixteen or more. They hold the 5,000 call sites that the tool is measured with; machines of 16 GB
 * and more, which have room for MANY_OBJECTS, can afford twice as many.
 */
#define TAGS_FEW     8192
#define TAGS_MANY    16384
#define MANY_OBJECTS 2000000

uint32_t kpm_default_tags(uint64_t objects)
{
	return objects < MANY_OBJECTS ? TAGS_FEW : TAGS_MANY;
}

/* Of 80 bytes each: 2.6 MB, and 3.4 MB for their stacks, where the object table takes 30. */
#define SAMPLES_LEAST    512
#define SAMPLES_MOST     32768
#define OBJECTS_A_SAMPLE 32

uint32_t kpm_default_samples(uint64_t objects)
{
	uint32_t samples = SAMPLES_LEAST;

	while (samples < SAMPLES_MOST && samples < objects / OBJECTS_A_SAMPLE)
		samples *= 2;
	return samples;
}
