// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups the entries of one tag by age and by size. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/table_maps.h"
#include "source/tag_objects.h"

struct grouping {
	const bool *member;    /* [kernel's tag] belongs to the tag asked for */
	const uint32_t *bytes; /* [kernel's tag] what an object occupies */
	uint32_t now;          /* current second of the allocation clock */
	struct kpm_objects *objects;
};

static void count_age(struct kpm_objects *o, uint32_t age, uint64_t weight)
{
	static const uint32_t bounds[] = KPM_AGE_BOUNDS;
	int group = 0;

	while (group < KPM_AGES - 1 && age >= bounds[group])
		group++;
	o->ages[group] += weight;
	o->all += weight;
	if (age >= o->survive_s)
		o->survivors += weight;
	if (age > o->oldest_s)
		o->oldest_s = age;
}

static void count_size(struct kpm_objects *o, uint32_t bytes, uint64_t weight)
{
	for (uint32_t i = 0; i < o->size_count; i++) {
		if (o->sizes[i].bytes == bytes) {
			o->sizes[i].objects += weight;
			return;
		}
	}
	if (o->size_count == KPM_SIZES) {
		o->other += weight;
		return;
	}
	o->sizes[o->size_count].bytes = bytes;
	o->sizes[o->size_count++].objects = weight;
}

static int count_entry(const struct kpm_slot *entry, void *arg)
{
	const struct grouping *grouping = arg;
	uint32_t tag = entry->w1 >> KPM_TAG_SHIFT;
	uint64_t weight = 1ULL << (entry->w0 & KPM_W0_WEIGHT);
	/* an object allocated during the walk may be of the next second */
	uint32_t age = (grouping->now + 1 - (entry->w1 & KPM_TIME_MASK)) & KPM_TIME_MASK;

	if (!grouping->member[tag])
		return 0;
	count_age(grouping->objects, age ? age - 1 : 0, weight);
	count_size(grouping->objects, grouping->bytes[tag], weight);
	return 0;
}

static int by_bytes(const void *x, const void *y)
{
	const uint64_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a < b) - (a > b);
}

int kpm_tag_objects(const struct kpm_tables *tables, uint32_t tag, uint32_t now, uint32_t survive_s,
		    struct kpm_objects *objects)
{
	bool *member = calloc(KPM_TAGS_MAX, sizeof(*member));
	uint32_t *bytes = calloc(KPM_TAGS_MAX, sizeof(*bytes));
	struct grouping grouping = {member, bytes, now, objects};

	*objects = (struct kpm_objects){.tag = tag, .survive_s = survive_s, .now_s = now};
	if (member && bytes) {
		kpm_tables_members(tables, tag, member, bytes);
		kpm_tables_walk(tables, count_entry, &grouping);
		qsort(objects->sizes, objects->size_count, sizeof(*objects->sizes), by_bytes);
	}
	free(member);
	free(bytes);
	return member && bytes ? 0 : -ENOMEM;
}

struct birth_count {
	const struct kpm_tables *tables;
	uint32_t now;
	struct kpm_births *births;
};

static int count_birth(const struct kpm_slot *entry, void *arg)
{
	const struct birth_count *c = arg;
	uint32_t id = entry->w1 >> KPM_TAG_SHIFT, since = c->births->since_s, part;
	uint32_t age = (c->now + 1 - (entry->w1 & KPM_TIME_MASK)) & KPM_TIME_MASK;
	uint32_t tag = id < c->tables->tag_slots ? c->tables->of[id] : 0;

	/* the clock of objects wraps after a year: what is older than the tracking is of then */
	if (!tag || tag > c->births->tags || age > since + 1)
		return 0;
	part = (uint64_t)(age > since ? 0 : since - age) * KPM_BIRTH_PARTS / (since + 1);
	c->births->parts[tag - 1][part] += 1ULL << (entry->w0 & KPM_W0_WEIGHT);
	return 0;
}

int kpm_tag_births(const struct kpm_tables *b, uint32_t now, uint32_t since_s,
		   struct kpm_births *births)
{
	struct birth_count c = {b, now, births};

	*births = (struct kpm_births){.since_s = since_s};
	for (uint32_t i = 0; i < b->listed; i++)
		if (b->ours[i] >= births->tags)
			births->tags = b->ours[i] + 1;
	births->parts = calloc(births->tags + 1, sizeof(*births->parts));
	if (!births->parts)
		return -ENOMEM;
	kpm_tables_walk(b, count_birth, &c);
	return 0;
}
