// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples a source for commands that watch it for some time. */
#include <errno.h>
#include <string.h>

#include "app/open_source.h"
#include "app/sampler.h"
#include "base/rights.h"

int kpm_tracker_open(struct kpm_tracker *t, const struct kpm_options *o, uint64_t rights,
		     struct kpm_err *err)
{
	int ret;

	memset(t, 0, sizeof(*t));
	t->tags = kpm_tagset_new();
	t->history = kpm_history_new();
	t->trend = kpm_trend_new();
	if (!t->tags || !t->history || !t->trend)
		return kpm_fail(err, -ENOMEM, "out of memory");
	/* opened while we have the rights; without it a tag or two stays an address */
	if (!kpm_ksyms_open(&o->live.roots, &t->ksyms, NULL))
		kpm_tagset_set_namer(t->tags, kpm_ksyms_namer, t->ksyms);
	ret = kpm_origin_open(o, t->tags, &t->source, &t->tracked, err);
	return ret ? ret : kpm_rights_drop(rights, err);
}

int kpm_tracker_read(struct kpm_tracker *t, struct kpm_err *err)
{
	struct kpm_snapshot old = t->snap;
	int ret = t->source->ops->sample(t->source, &t->spare, err);

	if (ret)
		return ret;
	t->snap = t->spare;
	t->spare = old;
	return 0;
}

int kpm_tracker_enter(struct kpm_tracker *t, struct kpm_err *err)
{
	if (kpm_history_push(t->history, &t->snap) || kpm_trend_push(t->trend, &t->snap))
		return kpm_fail(err, -ENOMEM, "out of memory");
	return 0;
}

int kpm_tracker_sample(struct kpm_tracker *t, struct kpm_err *err)
{
	int ret = kpm_tracker_read(t, err);

	return ret ? ret : kpm_tracker_enter(t, err);
}

void kpm_tracker_close(struct kpm_tracker *t)
{
	kpm_source_close(t->source);
	kpm_history_free(t->history);
	kpm_trend_free(t->trend);
	kpm_snapshot_done(&t->snap);
	kpm_snapshot_done(&t->spare);
	kpm_tagset_free(t->tags);
	kpm_ksyms_close(t->ksyms);
	memset(t, 0, sizeof(*t));
}

void kpm_tracker_evidence(struct kpm_tracker *t, uint32_t tag, bool ages,
			  struct kpm_evidence *evidence)
{
	uint32_t half = kpm_trend_span(t->trend) / 2 / 1000000000;
	struct kpm_objects objects;

	if (!ages || !half || !t->source->ops->objects ||
	    t->source->ops->objects(t->source, tag, half, &objects))
		ages = false;
	kpm_evidence_gather(&t->snap, &t->snap.rows[tag], kpm_tagset_get(t->tags, tag), t->trend,
			    ages ? &objects : NULL, evidence);
}
