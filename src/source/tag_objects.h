/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ages and sizes of one tag's objects, from a walk over the object table. */
#ifndef KPM_TAG_OBJECTS_H
#define KPM_TAG_OBJECTS_H

#include <stdint.h>

#include "model/objects.h"
#include "source/tables.h"

/*
 * Fills *objects for a tag of the set; those at least `survive_s` seconds old are its survivors.
 * `now` is the current second of the allocation clock. Reads the whole table: tens of milliseconds
 * for millions of objects. 0 or -ENOMEM.
 */
int kpm_tag_objects(const struct kpm_tables *tables, uint32_t tag, uint32_t now, uint32_t survive_s,
		    struct kpm_objects *objects);

/* The births of all tags that have a number by now. 0 or -ENOMEM; births->parts is to be freed. */
int kpm_tag_births(const struct kpm_tables *tables, uint32_t now, uint32_t since_s,
		   struct kpm_births *births);

#endif
