// SPDX-License-Identifier: GPL-2.0-or-later
/* Opens sources and samples them. */
#include <errno.h>
#include <string.h>

#include "app/sampler.h"
#include "base/clock.h"
#include "base/rights.h"
#include "resolve/paths.h"
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
	s->merged = kpm_merged_open(&o->live.roots);
	if (!s->merged)
		return kpm_fail(err, -ENOMEM, "out of memory");
	kpm_tagset_set_cache_namer(s->tags, kpm_merged_namer, s->merged);
	/* workers are started before there is anything that they should not have */
	if (needs & ~KPM_NEEDS_CHARGES)
		kpm_locations_open(needs & ~KPM_NEEDS_CHARGES, &o->live.roots, s->tags, s->ksyms,
				   &s->locations, note);
	ret = open_kernel(s, err);
	if (!ret)
		ret = open_audit(s, err);
	/* what cannot be loaded is told by samples */
	if (!ret && needs & KPM_NEEDS_CHARGES && s->source->ops->charges)
		s->charges_readable = !s->source->ops->charges(s->source, NULL);
	return ret ? ret : kpm_rights_drop(rights, err);
}

void kpm_sampler_release(struct kpm_sampler *s)
{
	/* of a recording it goes with the source */
	if (s->recording)
		s->who = NULL;
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
	kpm_owners_free(s->owners);
	kpm_stays_free(s->stays);
	kpm_labels_free(s->own_labels);
	kpm_who_free(s->who);
	kpm_samples_done(&s->samples);
	kpm_charges_done(&s->charges);
	kpm_ksyms_close(s->ksyms);
	kpm_merged_close(s->merged);
	memset(s, 0, sizeof(*s));
}

void kpm_sampler_want_who(struct kpm_sampler *s, const struct kpm_labels *labels)
{
	const char *file = labels ? NULL : kpm_labels_file(s->options);

	s->wants_who = true;
	if (file && !kpm_labels_open(file, &s->own_labels, NULL))
		labels = s->own_labels;
	/* without memory for it the first sample fails and says so */
	if (s->recording || !s->source || !s->source->ops->samples)
		return;
	s->owners = kpm_owners_new(&s->options->live.roots, s->ksyms, labels);
	s->stays = kpm_stays_new();
	if (s->owners)
		kpm_owners_prepare(s->owners, s->source->ops->modules(s->source));
}

void kpm_sampler_want_charges(struct kpm_sampler *s, bool want)
{
	if (want != s->wants_charges)
		s->charged_ns = 0;
	s->wants_charges = want && s->charges_readable;
}

/*
 * Tags that are raised at once. What allocates faster is sampled often enough as it is, and while a
 * program is busy with a stack an interrupt's allocation may be lost.
 */
#define RAISED_MAX      32
#define RAISED_A_SECOND 2000

/* Allocations of a tag in a second, between the two latest samples. */
static double alloc_rate(const struct kpm_sampler *s, uint32_t tag)
{
	int64_t passed = s->snap.mono_ns - s->spare.mono_ns;
	uint64_t before = tag < s->spare.count ? kpm_row_sum(&s->spare.rows[tag]).allocs : 0;

	return passed > 0 ? (kpm_row_sum(&s->snap.rows[tag]).allocs - before) * 1e9 / passed : 0;
}

struct growing {
	uint32_t tag;
	int64_t bytes;
};

void kpm_sampler_raise_growing(struct kpm_sampler *s, const struct kpm_trend *trend,
			       int64_t interval_ns)
{
	struct growing list[RAISED_MAX];
	uint32_t count = 0, seconds = 2 * interval_ns / KPM_SECOND + 1;

	if (!s->source || !s->source->ops->raise)
		return;
	for (uint32_t i = 0; i < s->snap.count; i++) {
		int64_t bytes, over;
		uint32_t at = count;

		if (!kpm_trend_growth(trend, i, KPM_KINDS, KPM_WINDOW_RUN, &bytes, &over) ||
		    bytes <= 0 || alloc_rate(s, i) > RAISED_A_SECOND)
			continue;
		/* kept in order, largest first */
		while (at > 0 && list[at - 1].bytes < bytes)
			at--;
		if (at == RAISED_MAX)
			continue;
		count += count < RAISED_MAX;
		memmove(&list[at + 1], &list[at], (count - at - 1) * sizeof(*list));
		list[at] = (struct growing){i, bytes};
	}
	for (uint32_t i = 0; i < count; i++)
		s->source->ops->raise(s->source, list[i].tag, seconds);
}

/* The charges, read again once that costs no more than a hundredth; NULL: not known. */
static const struct kpm_charges *read_charges(struct kpm_sampler *s)
{
	int64_t now = kpm_now();

	if (!s->wants_charges)
		return NULL;
	if (s->charged_ns && now - s->charged_ns < 100 * s->charging_ns)
		return &s->charges;
	if (s->source->ops->charges(s->source, &s->charges)) {
		s->charges_readable = s->wants_charges = false;
		return NULL;
	}
	s->charged_ns = now;
	s->charging_ns = kpm_now() - now;
	return &s->charges;
}

static int read_who(struct kpm_sampler *s, struct kpm_err *err)
{
	if (s->wants_who && s->recording)
		s->who = kpm_recording_who(s->recording);
	if (!s->wants_who || !s->source->ops->samples)
		return 0;
	if (!s->who)
		s->who = kpm_who_new();
	if (!s->who || !s->owners || !s->stays || s->source->ops->samples(s->source, &s->samples) ||
	    kpm_owners_update(s->owners, &s->samples, read_charges(s), s->tags, s->who) ||
	    kpm_stays_update(s->stays, &s->samples, s->snap.mono_ns, s->who))
		return kpm_fail(err, -ENOMEM, "out of memory");
	return 0;
}

int kpm_sampler_read(struct kpm_sampler *s, struct kpm_err *err)
{
	struct kpm_snapshot old = s->snap;
	int ret = s->source->ops->sample(s->source, &s->spare, err);

	if (ret)
		return ret;
	s->snap = s->spare;
	s->spare = old;
	return read_who(s, err);
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
	kpm_evidence_who(evidence, s->who, tag);
}

void kpm_sampler_path(const struct kpm_sampler *s, uint32_t tag, struct kpm_path *path)
{
	path->count = 0;
	if (s->recording)
		kpm_recording_path(s->recording, tag, path);
	else if (s->owners)
		kpm_paths_find(s->owners, &s->samples, tag, path);
}
