// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds frames: filters the rows of a snapshot, orders them, sums them. Once its arrays have
 * grown to the number of tags, a build allocates nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "view/column_list.h"
#include "view/filter.h"
#include "view/view.h"

struct key {
	uint32_t row;
	const struct kpm_tag_name *name;
	struct kpm_cell cell;
};

struct kpm_view {
	struct kpm_view_opts opts;
	struct key *keys;
	uint32_t *order;
	uint32_t capacity;
};

struct kpm_view *kpm_view_new(const struct kpm_view_opts *opts)
{
	struct kpm_view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	kpm_view_set(view, opts);
	return view;
}

void kpm_view_set(struct kpm_view *view, const struct kpm_view_opts *opts)
{
	view->opts = *opts;
	if (!view->opts.sort)
		view->opts.sort = kpm_column_find("bytes");
}

void kpm_view_free(struct kpm_view *view)
{
	if (!view)
		return;
	free(view->keys);
	free(view->order);
	free(view);
}

static bool holds(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

/* The live filter. */
static bool is_found(const struct kpm_view_opts *opts, const struct kpm_frame_parts *parts,
		     const struct kpm_row *row, const struct kpm_tag_name *name)
{
	const char *find = opts->find;
	const struct kpm_location *location = parts->locations ? parts->locations[row->tag] : NULL;

	return !find || !*find || holds(name->text, find) || holds(name->module, find) ||
	       holds(name->cache, find) || (name->merged && holds(name->merged->aliases, find)) ||
	       (location && holds(location->file, find)) ||
	       (parts->labels && holds(parts->labels[row->tag], find));
}

/* Both arrays have one capacity. */
static int grow(struct kpm_view *view, uint32_t count)
{
	uint32_t capacity = view->capacity;

	if (kpm_array_reserve(view->keys, capacity, count))
		return -ENOMEM;
	capacity = view->capacity;
	if (kpm_array_reserve(view->order, capacity, count))
		return -ENOMEM;
	view->capacity = capacity;
	return 0;
}

struct direction {
	bool falling;
};

static int order_keys(const void *x, const void *y, void *arg)
{
	const struct key *a = x, *b = y;
	const struct direction *d = arg;
	int order = kpm_cell_order(&a->cell, &b->cell, d->falling);

	if (!order)
		order = strcmp(a->name->text, b->name->text);
	if (!order)
		order = strcmp(a->name->cache ? a->name->cache : "",
			       b->name->cache ? b->name->cache : "");
	return order ? order : (a->row > b->row) - (a->row < b->row);
}

int kpm_view_build(struct kpm_view *view, const struct kpm_frame_parts *parts,
		   struct kpm_frame *frame, struct kpm_err *err)
{
	const struct kpm_view_opts *opts = &view->opts;
	const struct kpm_snapshot *snap = parts->snap;
	const struct kpm_column *sort = opts->sort;
	struct direction direction;

	if (grow(view, snap->count))
		return kpm_fail(err, -ENOMEM, "out of memory");
	*frame = (struct kpm_frame){
		.part = *parts,
		.pool = opts->pool,
		.order = view->order,
		.by_change = opts->by_change,
		.totals.tag = KPM_NO_TAG,
	};
	if (opts->by_change && sort->change)
		sort = kpm_column_find(sort->change);
	for (uint32_t i = 0; i < snap->count; i++) {
		const struct kpm_row *row = &snap->rows[i];
		const struct kpm_tag_name *name = kpm_tagset_get(parts->tags, row->tag);
		struct key *key = &view->keys[frame->matched];

		for (int k = 0; k < KPM_KINDS; k++)
			frame->tracked[k] += row->kind[k].bytes;
		if (!kpm_frame_counts(frame, row).allocs ||
		    !kpm_filter_passes(opts->include, opts->exclude, name) ||
		    !is_found(opts, parts, row, name))
			continue;
		for (int k = 0; k < KPM_KINDS; k++)
			kpm_counts_add(&frame->totals.kind[k], &row->kind[k]);
		frame->totals.estimated |= row->estimated;
		key->row = i;
		key->name = name;
		kpm_column_get(sort, frame, row, &key->cell);
		frame->matched++;
	}
	direction.falling = sort->falling != opts->reverse;
	qsort_r(view->keys, frame->matched, sizeof(*view->keys), order_keys, &direction);
	for (uint32_t i = 0; i < frame->matched; i++)
		view->order[i] = view->keys[i].row;
	frame->count = frame->matched;
	if (opts->limit && opts->limit < frame->count)
		frame->count = opts->limit;
	return 0;
}
