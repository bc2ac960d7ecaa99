// SPDX-License-Identifier: GPL-2.0-or-later
/* The two latest samples of every tag, the first one and a mark. */
#include <stdlib.h>
#include <string.h>

#include "model/history.h"

struct kpm_history {
	struct kpm_snapshot now, before, mark, start; /* rows and clocks only */
	unsigned int samples;
	bool marked;
	enum kpm_base base;
};

struct kpm_history *kpm_history_new(void)
{
	return calloc(1, sizeof(struct kpm_history));
}

void kpm_history_free(struct kpm_history *h)
{
	if (!h)
		return;
	kpm_snapshot_done(&h->now);
	kpm_snapshot_done(&h->before);
	kpm_snapshot_done(&h->mark);
	kpm_snapshot_done(&h->start);
	free(h);
}

static int copy(struct kpm_snapshot *to, const struct kpm_snapshot *from)
{
	int ret = kpm_snapshot_reset(to, from->count);

	if (ret)
		return ret;
	if (from->count)
		memcpy(to->rows, from->rows, from->count * sizeof(*from->rows));
	to->mono_ns = from->mono_ns;
	return 0;
}

int kpm_history_push(struct kpm_history *h, const struct kpm_snapshot *snap)
{
	struct kpm_snapshot oldest;
	int ret = h->samples ? 0 : copy(&h->start, snap);

	/* the buffer of the oldest sample takes the new one */
	if (!ret)
		ret = copy(&h->before, snap);
	if (ret)
		return ret;
	oldest = h->before;
	h->before = h->now;
	h->now = oldest;
	h->samples += h->samples < 2;
	return 0;
}

int kpm_history_mark(struct kpm_history *h)
{
	int ret = copy(&h->mark, &h->now);

	if (!ret)
		h->marked = h->samples > 0;
	return ret;
}

void kpm_history_set_base(struct kpm_history *h, enum kpm_base base)
{
	h->base = base;
}

/* The sample that changes are computed from, NULL if there is none yet. */
static const struct kpm_snapshot *base_of(const struct kpm_history *h, enum kpm_base base)
{
	switch (base) {
	case KPM_BASE_MARK:
		return h->marked ? &h->mark : NULL;
	case KPM_BASE_START:
		return h->samples ? &h->start : NULL;
	case KPM_BASE_TICK:
		break;
	}
	return h->samples < 2 ? NULL : &h->before;
}

static struct kpm_counts counts_at(const struct kpm_snapshot *snap, uint32_t tag, unsigned int kind)
{
	if (tag >= snap->count)
		return (struct kpm_counts){0};
	return kind == KPM_KINDS ? kpm_row_sum(&snap->rows[tag]) : snap->rows[tag].kind[kind];
}

bool kpm_history_change_since(const struct kpm_history *h, enum kpm_base since, uint32_t tag,
			      unsigned int kind, struct kpm_change *change)
{
	const struct kpm_snapshot *base = base_of(h, since);
	struct kpm_counts now, before;

	if (!base)
		return false;
	now = counts_at(&h->now, tag, kind);
	before = counts_at(base, tag, kind);
	*change = (struct kpm_change){
		.allocs = now.allocs - before.allocs,
		.frees = now.frees - before.frees,
		.diff = now.diff - before.diff,
		.bytes = now.bytes - before.bytes,
	};
	return true;
}

bool kpm_history_change(const struct kpm_history *h, uint32_t tag, unsigned int kind,
			struct kpm_change *change)
{
	return kpm_history_change_since(h, h->base, tag, kind, change);
}

int64_t kpm_history_interval(const struct kpm_history *h)
{
	const struct kpm_snapshot *base = base_of(h, h->base);

	return base ? h->now.mono_ns - base->mono_ns : 0;
}

bool kpm_history_rate(const struct kpm_history *h, uint32_t tag, unsigned int kind, double *rate)
{
	struct kpm_change change;

	if (!kpm_history_change(h, tag, kind, &change) || kpm_history_interval(h) <= 0)
		return false;
	*rate = change.bytes * 1e9 / kpm_history_interval(h);
	return true;
}
