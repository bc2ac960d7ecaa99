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

uint32_t kpm_default_tags(uint64_t objects)
{
	return objects < 2000000 ? 8192 : 16384;
}
