// SPDX-License-Identifier: GPL-2.0-or-later
/* The two latest samples of every tag. */
#include <stdlib.h>
#include <string.h>

#include <kpoolmon/history.h>

struct kpm_history {
	struct kpm_snapshot now, before; /* rows and clocks only */
	unsigned int samples;
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
	free(h);
}

int kpm_history_push(struct kpm_history *h, const struct kpm_snapshot *snap)
{
	struct kpm_snapshot oldest = h->before;
	int ret = kpm_snapshot_reset(&oldest, snap->count);

	/* the buffer of the oldest sample takes the new one */
	if (ret)
		return ret;
	h->before = h->now;
	h->now = oldest;
	if (snap->count)
		memcpy(h->now.rows, snap->rows, snap->count * sizeof(*snap->rows));
	h->now.mono_ns = snap->mono_ns;
	h->samples += h->samples < 2;
	return 0;
}

static struct kpm_counts counts_at(const struct kpm_snapshot *snap, uint32_t tag, unsigned int kind)
{
	if (tag >= snap->count)
		return (struct kpm_counts){0};
	return kind == KPM_KINDS ? kpm_row_sum(&snap->rows[tag]) : snap->rows[tag].kind[kind];
}

bool kpm_history_change(const struct kpm_history *h, uint32_t tag, unsigned int kind,
			struct kpm_change *change)
{
	struct kpm_counts now, before;

	if (h->samples < 2)
		return false;
	now = counts_at(&h->now, tag, kind);
	before = counts_at(&h->before, tag, kind);
	*change = (struct kpm_change){
		.allocs = now.allocs - before.allocs,
		.frees = now.frees - before.frees,
		.diff = now.diff - before.diff,
		.bytes = now.bytes - before.bytes,
	};
	return true;
}

int64_t kpm_history_interval(const struct kpm_history *h)
{
	return h->samples < 2 ? 0 : h->now.mono_ns - h->before.mono_ns;
}

bool kpm_history_rate(const struct kpm_history *h, uint32_t tag, unsigned int kind, double *rate)
{
	struct kpm_change change;

	if (!kpm_history_change(h, tag, kind, &change) || kpm_history_interval(h) <= 0)
		return false;
	*rate = change.bytes * 1e9 / kpm_history_interval(h);
	return true;
}
