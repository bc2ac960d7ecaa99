// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Holds the samples against the objects. Both change meanwhile: a difference counts if a second
 * look finds the same one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "source/sample_check.h"

struct marked {
	struct kpm_slot *list; /* w0: the address alone */
	size_t count, capacity;
	int ret;
};

static int add(struct marked *m, uint64_t w0, uint64_t w1)
{
	if (kpm_array_reserve(m->list, m->capacity, m->count + 1))
		return -ENOMEM;
	m->list[m->count++] = (struct kpm_slot){w0 & ~KPM_W0_META, w1};
	return 0;
}

static int add_object(const struct kpm_slot *entry, void *arg)
{
	return entry->w0 & KPM_W0_SAMPLE ? add(arg, entry->w0, entry->w1) : 0;
}

static int add_sample(const struct kpm_slot *sample, void *arg)
{
	return add(arg, sample->w0, sample->w1);
}

static int compare(const void *x, const void *y)
{
	const struct kpm_slot *a = x, *b = y;

	if (a->w0 != b->w0)
		return a->w0 < b->w0 ? -1 : 1;
	return (a->w1 > b->w1) - (a->w1 < b->w1);
}

/* Those of `all` that `other` lacks. */
static int difference(const struct marked *all, const struct marked *other, struct marked *only)
{
	size_t k = 0;

	for (size_t i = 0; i < all->count; i++) {
		while (k < other->count && compare(&other->list[k], &all->list[i]) < 0)
			k++;
		if (k < other->count && !compare(&other->list[k], &all->list[i]))
			continue;
		if (add(only, all->list[i].w0, all->list[i].w1))
			return -ENOMEM;
	}
	return 0;
}

struct look {
	struct marked objects, samples; /* all */
	struct marked without_sample, without_object;
};

static void sort(struct marked *m)
{
	if (m->count)
		qsort(m->list, m->count, sizeof(*m->list), compare);
}

static int look(const struct kpm_tables *tables, struct look *l)
{
	int ret = kpm_tables_walk_samples(tables, add_sample, &l->samples);

	if (!ret)
		ret = kpm_tables_walk(tables, add_object, &l->objects);
	sort(&l->samples);
	sort(&l->objects);
	if (!ret)
		ret = difference(&l->objects, &l->samples, &l->without_sample);
	return ret ? ret : difference(&l->samples, &l->objects, &l->without_object);
}

static void done(struct look *l)
{
	free(l->objects.list);
	free(l->samples.list);
	free(l->without_sample.list);
	free(l->without_object.list);
}

/* How many of the first list are in the second. */
static uint32_t in_both(const struct marked *a, const struct marked *b)
{
	uint32_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += b->count &&
		     bsearch(&a->list[i], b->list, b->count, sizeof(*b->list), compare) != NULL;
	return n;
}

int kpm_check_samples(const struct kpm_tables *tables, struct kpm_sample_check *check)
{
	struct look first = {0}, second = {0};
	int ret = look(tables, &first);

	if (!ret)
		ret = look(tables, &second);
	if (!ret)
		*check = (struct kpm_sample_check){
			.samples = second.samples.count,
			.places = kpm_tables_sample_places(tables),
			.bytes = kpm_tables_sample_bytes(tables),
			.time_ns = kpm_tables_sample_time(tables),
			.without_object = in_both(&first.without_object, &second.without_object),
			.without_sample = in_both(&first.without_sample, &second.without_sample),
		};
	done(&first);
	done(&second);
	return ret;
}
