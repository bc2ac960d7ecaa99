// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums samples up and keeps their past. */
#include <errno.h>
#include <stdlib.h>

#include "app/rollup_state.h"
#include "base/array.h"

static int label_new_tags(struct kpm_rollup_state *l, const struct kpm_tagset *tags,
			  const struct kpm_labels *labels)
{
	uint32_t count = kpm_tagset_count(tags);

	if (!labels)
		return 0;
	if (kpm_array_reserve(l->label, l->label_capacity, count))
		return -ENOMEM;
	for (; l->labelled < count; l->labelled++)
		l->label[l->labelled] = kpm_labels_find(labels, kpm_tagset_get(tags, l->labelled));
	return 0;
}

static int push(struct kpm_rollup_past *past, const struct kpm_snapshot *snap)
{
	int ret = kpm_history_push(past->history, snap);

	return ret ? ret : kpm_trend_push(past->trend, snap);
}

/* The header's trend of the kernel's slab memory is that of a tag with both kinds. */
static int push_slab(struct kpm_rollup_state *l, const struct kpm_snapshot *snap)
{
	if (!(snap->have & KPM_HAVE_MEMORY))
		return 0;
	if (kpm_snapshot_reset(&l->slab, 1))
		return -ENOMEM;
	l->slab.mono_ns = snap->mono_ns;
	l->slab.rows[0].kind[KPM_NONP].bytes = snap->memory.slab_nonp;
	l->slab.rows[0].kind[KPM_PAGED].bytes = snap->memory.slab_paged;
	return kpm_trend_push(l->slab_trend, &l->slab);
}

int kpm_rollup_state_push(struct kpm_rollup_state *l, const struct kpm_snapshot *snap,
			  const struct kpm_tagset *tags, const struct kpm_who *who,
			  const struct kpm_labels *labels)
{
	int ret = label_new_tags(l, tags, labels);

	for (int by = 0; !ret && by < KPM_ROLLUPS; by++) {
		struct kpm_rollup_past *past = &l->of[by];

		if (past->rollup)
			ret = kpm_rollup_add(past->rollup, snap, tags, who, NULL);
		if (!ret)
			ret = push(past, past->rollup ? kpm_rollup_snapshot(past->rollup) : snap);
	}
	return ret ? ret : push_slab(l, snap);
}

int kpm_rollup_state_make(struct kpm_rollup_state *l, struct kpm_err *err)
{
	for (int by = 0; by < KPM_ROLLUPS; by++) {
		struct kpm_rollup_past *past = &l->of[by];

		past->history = kpm_history_new();
		past->trend = kpm_trend_new();
		if (by != KPM_BY_TAG)
			past->rollup = kpm_rollup_new(by);
		if (!past->history || !past->trend || (by != KPM_BY_TAG && !past->rollup))
			return kpm_fail(err, -ENOMEM, "out of memory");
	}
	l->slab_trend = kpm_trend_new();
	return l->slab_trend ? 0 : kpm_fail(err, -ENOMEM, "out of memory");
}

void kpm_rollup_state_reset(struct kpm_rollup_state *l)
{
	for (int by = 0; by < KPM_ROLLUPS; by++) {
		kpm_rollup_free(l->of[by].rollup);
		kpm_history_free(l->of[by].history);
		kpm_trend_free(l->of[by].trend);
		l->of[by] = (struct kpm_rollup_past){NULL, NULL, NULL};
	}
	kpm_trend_free(l->slab_trend);
	l->slab_trend = NULL;
}

void kpm_rollup_state_free(struct kpm_rollup_state *l)
{
	kpm_rollup_state_reset(l);
	kpm_snapshot_done(&l->slab);
	free(l->label);
}
