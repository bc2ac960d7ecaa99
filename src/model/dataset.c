// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of data sets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/dataset.h"
#include "model/tagset.h"

static void free_row(struct kpm_dataset_row *row)
{
	free(row->tag);
	free(row->cache);
	free(row->module);
}

void kpm_dataset_clear(struct kpm_dataset *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		free_row(&s->rows[i]);
	s->count = 0;
}

void kpm_dataset_done(struct kpm_dataset *s)
{
	kpm_dataset_clear(s);
	free(s->rows);
	memset(s, 0, sizeof(*s));
}

int kpm_dataset_add(struct kpm_dataset *s, const struct kpm_dataset_row *row)
{
	struct kpm_dataset_row own = *row;

	if (kpm_array_reserve(s->rows, s->capacity, s->count + 1)) {
		free_row(&own);
		return -ENOMEM;
	}
	s->rows[s->count++] = own;
	return 0;
}

int kpm_dataset_compare(const struct kpm_dataset_row *a, const struct kpm_dataset_row *b)
{
	int order = strcmp(a->tag, b->tag);

	return order ? order : strcmp(a->cache ? a->cache : "", b->cache ? b->cache : "");
}

static int order_rows(const void *x, const void *y)
{
	return kpm_dataset_compare(x, y);
}

bool kpm_dataset_continues(const struct kpm_dataset_row *a, const struct kpm_dataset_row *b)
{
	size_t len = a->cache ? strlen(a->cache) : 0;

	if (strcmp(a->tag, b->tag))
		return false;
	return !len || (b->cache && !strncmp(a->cache, b->cache, len) && b->cache[len] == '+');
}

/* qsort need not be stable: the order of appearance is part of the key. */
struct numbered {
	struct kpm_dataset_row row;
	uint32_t number;
};

static int order_numbered(const void *x, const void *y)
{
	const struct numbered *a = x, *b = y;
	int order = order_rows(&a->row, &b->row);

	return order ? order : (a->number > b->number) - (a->number < b->number);
}

void kpm_dataset_normalize(struct kpm_dataset *s)
{
	struct numbered *all = calloc(s->count + 1, sizeof(*all));
	uint32_t kept = 0;

	/* without memory rows of the same tag may both stay */
	if (!all) {
		qsort(s->rows, s->count, sizeof(*s->rows), order_rows);
		return;
	}
	for (uint32_t i = 0; i < s->count; i++)
		all[i] = (struct numbered){s->rows[i], i};
	qsort(all, s->count, sizeof(*all), order_numbered);
	for (uint32_t i = 0; i < s->count; i++) {
		if (i + 1 < s->count && (!order_rows(&all[i].row, &all[i + 1].row) ||
					 (all[i].number < all[i + 1].number &&
					  kpm_dataset_continues(&all[i].row, &all[i + 1].row))))
			free_row(&all[i].row);
		else
			s->rows[kept++] = all[i].row;
	}
	s->count = kept;
	free(all);
}

/* The rows of one tag, from `first` on. */
struct part {
	const struct kpm_dataset *of;
	uint32_t first, count;
};

static struct part part_at(const struct kpm_dataset *s, uint32_t first)
{
	struct part p = {s, first, 0};

	while (first + p.count < s->count &&
	       !strcmp(s->rows[first + p.count].tag, s->rows[first].tag))
		p.count++;
	return p;
}

static const struct kpm_dataset_row *row_of(const struct part *p, uint32_t i)
{
	return &p->of->rows[p->first + i];
}

/* The one row that has no counterpart in the other part; NULL if there are none or several. */
static const struct kpm_dataset_row *only_one(const struct part *p, const struct part *other)
{
	const struct kpm_dataset_row *only = NULL;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct kpm_dataset_row *row = row_of(p, i);
		bool found = false;

		for (uint32_t k = 0; k < other->count && !found; k++)
			found = !kpm_dataset_compare(row, row_of(other, k)) ||
				kpm_dataset_continues(row, row_of(other, k)) ||
				kpm_dataset_continues(row_of(other, k), row);
		if (found)
			continue;
		if (only)
			return NULL;
		only = row;
	}
	return only;
}

static bool is_merged(const struct kpm_dataset_row *row)
{
	return row->cache && !strncmp(row->cache, KPM_MERGED, strlen(KPM_MERGED));
}

void kpm_dataset_pair_merged(struct kpm_dataset *a, const struct kpm_dataset *b)
{
	bool renamed = false;

	for (uint32_t i = 0, k = 0; i < a->count && k < b->count;) {
		struct part pa = part_at(a, i), pb = part_at(b, k);
		int order = strcmp(a->rows[i].tag, b->rows[k].tag);
		const struct kpm_dataset_row *ra = order ? NULL : only_one(&pa, &pb),
					     *rb = order ? NULL : only_one(&pb, &pa);
		char *name = ra && rb && is_merged(ra) != is_merged(rb) && rb->cache
				     ? strdup(rb->cache)
				     : NULL;

		if (name) {
			struct kpm_dataset_row *row = &a->rows[ra - a->rows];

			free(row->cache);
			row->cache = name;
			renamed = true;
		}
		i += order <= 0 ? pa.count : 0;
		k += order >= 0 ? pb.count : 0;
	}
	if (renamed)
		qsort(a->rows, a->count, sizeof(*a->rows), order_rows);
}
