// SPDX-License-Identifier: GPL-2.0-or-later
/* Opens sources and samples them. */
#include <errno.h>
#include <string.h>

#include "app/sampler.h"
#include "base/clock.h"
#include "base/rights.h"
#include "source/audit.h"
#include "source/live.h"
#include "source/pinned.h"
#include "source/pins.h"
#include "source/replay.h"

/* Least processor time of the audit before a single sample, ns: half a million objects. */
#define AUDIT_LEAST 50000000

/* Probes of our own. In a moment nothing gets old enough for the audit: no time is lost on it. */
static int open_live(struct kpm_sampler *s, struct kpm_err *err)
{
	const struct kpm_options *o = s->options;
	struct kpm_live_opts opts = o->live;

	if (opts.audit == KPM_AUDIT_IF_UNSEEN && o->for_given &&
	    o->for_ns < KPM_AUDIT_MIN_AGE_S * KPM_SECOND)
		opts.audit = KPM_AUDIT_NOT;
	return kpm_live_open(&opts, s->tags, &s->source, err);
}

static int open_kernel(struct kpm_sampler *s, struct kpm_err *err)
{
	const struct kpm_options *o = s->options;
	int ret = -ENOENT;

	if (!o->private)
		ret = kpm_pinned_open(&o->live.roots, KPM_VERSION, s->tags, &s->source, err);
	s->tracked = !ret;
	/*
	 * without the right to read the pins there are none for probes either: that error says more
	 */
	if (ret == -EACCES)
		return open_live(s, err);
	/* one that is not whole is a failure, and not the same as none */
	if (ret != -ENOENT || (!o->private && kpm_pins_exist(&o->live.roots)))
		return ret;
	return open_live(s, err);
}

static int open_recording(struct kpm_sampler *s, struct kpm_err *err)
{
	int ret = kpm_replay_open(s->options->from, s->tags, &s->source, err);

	if (!ret)
		s->recording = kpm_replay_recording(s->source);
	s->tracked = true;
	return ret;
}

/* Probes of our own have opened it already. */
static int open_audit(struct kpm_sampler *s, struct kpm_err *err)
{
	bool always = s->options->live.audit == KPM_AUDIT_ALWAYS;
	struct kpm_audit *audit;
	struct kpm_err why;
	int ret;

	if (!s->options->live.audit || !s->source->ops->audit)
		return 0;
	ret = s->source->ops->audit(s->source, always, &audit, always ? err : &why);
	return always ? ret : 0;
}

int kpm_sampler_open(struct kpm_sampler *s, const struct kpm_options *o, unsigned int needs,
		     uint64_t rights, struct kpm_err *note, struct kpm_err *err)
{
	int ret;

	memset(s, 0, sizeof(*s));
	s->options = o;
	s->tags = kpm_tagset_new();
	s->history = kpm_history_new();
	s->trend = kpm_trend_new();
	if (!s->tags || !s->history || !s->trend)
		return kpm_fail(err, -ENOMEM, "out of memory");
	/* symbols and files of this machine say nothing about a recording */
	if (o->from) {
		ret = open_recording(s, err);
		return ret ? ret : kpm_rights_drop(rights, err);
	}
	/* opened while we have the rights; without it a tag or two stays an address */
	if (!kpm_ksyms_open(&o->live.roots, &s->ksyms, NULL))
		kpm_tagset_set_namer(s->tags, kpm_ksyms_namer, s->ksyms);
	/* workers are started before there is anything that they should not have */
	if (needs)
		kpm_locations_open(needs, &o->live.roots, s->tags, s->ksyms, &s->locations, note);
	ret = open_kernel(s, err);
	if (!ret)
		ret = open_audit(s, err);
	return ret ? ret : kpm_rights_drop(rights, err);
}

void kpm_sampler_release(struct kpm_sampler *s)
{
	kpm_source_close(s->source);
	s->source = NULL;
	s->recording = NULL;
}

void kpm_sampler_close(struct kpm_sampler *s)
{
	kpm_sampler_release(s);
	kpm_locations_close(s->locations);
	kpm_history_free(s->history);
	kpm_trend_free(s->trend);
	kpm_snapshot_done(&s->snap);
	kpm_snapshot_done(&s->spare);
	kpm_tagset_free(s->tags);
	kpm_ksyms_close(s->ksyms);
	memset(s, 0, sizeof(*s));
}

int kpm_sampler_read(struct kpm_sampler *s, struct kpm_err *err)
{
	struct kpm_snapshot old = s->snap;
	int ret = s->source->ops->sample(s->source, &s->spare, err);

	if (ret)
		return ret;
	s->snap = s->spare;
	s->spare = old;
	return 0;
}

int kpm_sampler_enter(struct kpm_sampler *s, struct kpm_err *err)
{
	if (kpm_history_push(s->history, &s->snap) || kpm_trend_push(s->trend, &s->snap))
		return kpm_fail(err, -ENOMEM, "out of memory");
	return 0;
}

int kpm_sampler_sample(struct kpm_sampler *s, struct kpm_err *err)
{
	int ret = kpm_sampler_read(s, err);

	return ret ? ret : kpm_sampler_enter(s, err);
}

int kpm_sampler_check(struct kpm_sampler *s, struct kpm_err *err)
{
	return s->source && s->source->ops->check ? s->source->ops->check(s->source, err) : 0;
}

struct kpm_audit *kpm_sampler_audit(const struct kpm_sampler *s)
{
	struct kpm_audit *audit = NULL;
	struct kpm_err why;

	if (s->options->live.audit && s->source->ops->audit)
		s->source->ops->audit(s->source, false, &audit, &why);
	return audit;
}

void kpm_sampler_audit_once(const struct kpm_sampler *s, int64_t for_ns)
{
	struct kpm_audit *audit = kpm_sampler_audit(s);
	int64_t budget = for_ns / 100;

	/* objects that it does not find are found by the next one */
	if (audit)
		kpm_audit_both(audit, budget > AUDIT_LEAST ? budget : AUDIT_LEAST);
}

const struct kpm_location *const *kpm_sampler_locations(struct kpm_sampler *s)
{
	return s->recording ? kpm_recording_locations(s->recording)
			    : kpm_locations_step(s->locations);
}

void kpm_sampler_evidence(struct kpm_sampler *s, uint32_t tag, bool ages,
			  struct kpm_evidence *evidence)
{
	uint32_t half = kpm_trend_span(s->trend) / 2 / KPM_SECOND;
	struct kpm_objects objects;

	if (!ages || !half || !s->source->ops->objects ||
	    s->source->ops->objects(s->source, tag, half, &objects))
		ages = false;
	kpm_evidence_gather(&s->snap, &s->snap.rows[tag], kpm_tagset_get(s->tags, tag), s->trend,
			    ages ? &objects : NULL, evidence);
}
