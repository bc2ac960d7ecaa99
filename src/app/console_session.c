// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples for the console, and all that it shows of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/alert_rules.h"
#include "app/console_session.h"
#include "base/clock.h"
#include "base/memstream.h"
#include "base/rights.h"
#include "sink/stacks.h"
#include "source/replay.h"
#include "view/findings_text.h"

/* The scan for the objects of the selected tag reads the whole table. */
#define OBJECTS_EVERY_NS (5 * KPM_SECOND)
/* New tags whose module files are asked for at a tick: more would delay the screen. */
#define FILES_A_TICK 256
/* Samples played before the one that is jumped to, for changes and trends. */
#define SEEK_BACK 512
/* Findings on the page: more than anybody reads. */
#define FINDINGS_MAX 64

int kpm_session_open(struct kpm_session *s, const struct kpm_options *o, struct kpm_err *err)
{
	int ret = kpm_rollup_state_make(&s->rollups, err);

	s->options = o;
	s->view = kpm_view_new(&o->view);
	if (!ret && !s->view)
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	if (!ret)
		ret = kpm_alert_rules(o, &s->rules, err);
	if (!ret && kpm_rules_count(s->rules)) {
		s->alerts = kpm_alerts_new(s->rules);
		ret = s->alerts ? 0 : kpm_fail(err, -ENOMEM, "out of memory");
	}
	if (!ret && kpm_labels_file(o))
		ret = kpm_labels_open(kpm_labels_file(o), &s->labels, err);
	/* the key w writes where the user says */
	if (!ret)
		ret = kpm_sampler_open(&s->sampler, o, KPM_LOCATION_FILE | KPM_NEEDS_CHARGES,
				       KPM_RIGHT_ANY_FILE | KPM_RIGHT_PROCESSES, NULL, err);
	if (!ret)
		kpm_sampler_want_who(&s->sampler, s->labels);
	/* played from its beginning, unless a time was given */
	if (!ret && s->sampler.recording && !kpm_recording_timed(s->sampler.recording))
		kpm_replay_seek(s->sampler.source, 0);
	return ret;
}

void kpm_session_close(struct kpm_session *s)
{
	kpm_diagnosis_done(&s->diagnosis);
	free(s->findings);
	kpm_sampler_close(&s->sampler);
	kpm_holding_free(s->holding);
	free(s->stacks);
	kpm_view_free(s->view);
	kpm_rollup_state_free(&s->rollups);
	kpm_alerts_free(s->alerts);
	kpm_rules_free(s->rules);
	kpm_labels_free(s->labels);
}

static int step_alerts(struct kpm_session *s)
{
	struct kpm_sampler *sampler = &s->sampler;
	const struct kpm_trend *trend = s->rollups.of[KPM_BY_TAG].trend;
	float *leak = NULL;
	uint32_t count = 0;
	int ret = 0;

	if (kpm_rules_want_verdicts(s->rules)) {
		ret = kpm_diagnose(&s->diagnosis, sampler, trend, s->labels, false, FINDINGS_MAX);
		leak = ret ? NULL : kpm_diagnosis_leaks(&s->diagnosis, &count);
		kpm_alerts_verdicts(s->alerts, leak, count);
	}
	if (!ret)
		ret = kpm_alerts_step(s->alerts, &sampler->snap, sampler->tags, sampler->who, trend,
				      s->tell, s->arg);
	free(leak);
	return ret;
}

/* Warns once, of the tag that takes most. */
static void find_storm(struct kpm_session *s)
{
	const struct kpm_trend *trend = s->rollups.of[KPM_BY_TAG].trend;
	double most = 0;
	uint32_t tag = 0;

	for (uint32_t i = 0; i < s->sampler.snap.count; i++) {
		const struct kpm_row *row = &s->sampler.snap.rows[i];
		double pace = row->kind[KPM_PAGED].bytes > row->kind[KPM_NONP].bytes
				      ? 0
				      : kpm_storm(&s->sampler.snap, trend, i);

		if (pace > most) {
			most = pace;
			tag = i;
		}
	}
	if (most > 0 && !s->storm && s->warn)
		s->warn(tag, most, s->arg);
	s->storm = most > 0;
}

void kpm_session_sample(struct kpm_session *s)
{
	struct kpm_sampler *sampler = &s->sampler;
	int ret;

	if (!sampler->source)
		return;
	ret = kpm_sampler_read(sampler, &s->failure);
	s->failed = ret != 0;
	if (ret == -ESHUTDOWN)
		kpm_sampler_release(sampler);
	if (ret)
		return;
	s->located = kpm_locations_ask_new(sampler->locations, s->located, FILES_A_TICK,
					   KPM_LOCATION_FILE);
	ret = kpm_rollup_state_push(&s->rollups, &sampler->snap, sampler->tags, sampler->who,
				    s->labels);
	if (!ret)
		kpm_sampler_raise_growing(sampler, s->rollups.of[KPM_BY_TAG].trend,
					  s->options->interval_ns);
	if (!ret)
		ret = kpm_looks_take(&s->diagnosis.looks, sampler, s->rollups.of[KPM_BY_TAG].trend,
				     KPM_LOOK_EVERY_NS);
	if (ret >= 0)
		find_storm(s);
	if (ret >= 0 && s->alerts)
		ret = step_alerts(s);
	if (ret >= 0)
		return;
	s->failed = true;
	kpm_fail(&s->failure, ret,
		 "out of memory: changes and trends may be those of another sample");
}

void kpm_session_check(struct kpm_session *s)
{
	if (!kpm_sampler_check(&s->sampler, &s->failure))
		return;
	kpm_sampler_release(&s->sampler);
	s->failed = true;
}

int kpm_session_frame(struct kpm_session *s, const struct kpm_console_state *state,
		      struct kpm_err *err)
{
	const struct kpm_rollup_past *past = &s->rollups.of[state->by];
	const struct kpm_snapshot *snap = &s->sampler.snap;
	bool groups = past->rollup != NULL;
	struct kpm_frame_parts parts = {
		.snap = groups ? kpm_rollup_snapshot(past->rollup) : snap,
		.tags = groups ? kpm_rollup_tags(past->rollup) : s->sampler.tags,
		.history = past->history,
		/* fewer than tags where memory was out */
		.labels = groups || s->rollups.labelled < snap->count ? NULL : s->rollups.label,
		.trend = past->trend,
		.alerts = groups ? NULL : s->alerts,
		.locations = groups ? NULL : kpm_sampler_locations(&s->sampler),
		.who = groups ? kpm_rollup_who(past->rollup) : s->sampler.who,
		.by = state->by,
	};

	kpm_history_set_base(past->history, state->base);
	kpm_view_set(s->view, &state->view);
	return kpm_view_build(s->view, &parts, &s->frame, err);
}

/* The objects of the selected tag one by one, where its details are on the screen. */
static void scan_objects(struct kpm_session *s, const struct kpm_console_state *state)
{
	struct kpm_source *source = s->sampler.source;
	bool known = s->objects_known && s->objects.tag == state->selected;

	if (!state->details || state->by != KPM_BY_TAG || state->selected == KPM_NO_TAG)
		return;
	if (!source || !source->ops->objects) {
		s->objects_known = known;
		return;
	}
	if (known && kpm_now() - s->objects_at < OBJECTS_EVERY_NS)
		return;
	s->objects_known = !source->ops->objects(
		source, state->selected,
		kpm_trend_span(s->rollups.of[KPM_BY_TAG].trend) / 2 / KPM_SECOND, &s->objects);
	s->objects_at = kpm_now();
}

/* The text of the stacks of the selected tag, once for each sample. */
static void show_stacks(struct kpm_session *s, const struct kpm_console_state *state)
{
	const struct kpm_sampler *sampler = &s->sampler;
	uint32_t tag = state->selected, count = sampler->snap.count;
	struct kpm_memstream text;
	struct kpm_held held;
	struct kpm_err err;
	bool *wanted;
	int ret;

	if (state->by != KPM_BY_TAG || tag == KPM_NO_TAG || tag >= count || !sampler->owners ||
	    (s->stacks_of == sampler->snap.mono_ns && s->stacks_tag == tag))
		return;
	if (!s->holding) {
		s->holding = kpm_holding_new();
		if (s->holding)
			kpm_holding_name_by(s->holding, sampler->ksyms);
	}
	wanted = calloc(count, sizeof(*wanted));
	if (s->holding && wanted) {
		wanted[tag] = true;
		ret = kpm_holding_update(s->holding, sampler, wanted, 0, &held);
		if (!ret && !kpm_memstream_open(&text, &err)) {
			ret = kpm_stacks_table(text.stream, &held);
			if (!kpm_memstream_close(&text, ret, &err)) {
				free(s->stacks);
				s->stacks = text.text;
				s->stacks_of = sampler->snap.mono_ns;
				s->stacks_tag = tag;
			}
		}
	}
	free(wanted);
}

int kpm_session_raise(struct kpm_session *s, uint32_t tag)
{
	struct kpm_source *source = s->sampler.source;

	return source && source->ops->raise ? source->ops->raise(source, tag, KPM_SESSION_RAISE_S)
					    : -EOPNOTSUPP;
}

/* Without the ages of objects: they take a scan of the whole table for each suspect. */
static void find_causes(struct kpm_session *s)
{
	int64_t now = s->sampler.snap.mono_ns;
	const struct kpm_findings *findings = &s->diagnosis.findings;
	struct kpm_memstream text;
	struct kpm_err err;

	if (s->diagnosis_of == now ||
	    kpm_diagnose(&s->diagnosis, &s->sampler, s->rollups.of[KPM_BY_TAG].trend, s->labels,
			 false, FINDINGS_MAX) ||
	    kpm_memstream_open(&text, &err))
		return;
	for (uint32_t i = 0; i < findings->count; i++)
		kpm_finding_print(text.stream, &s->diagnosis.of, s->diagnosis.suspects,
				  &findings->list[i]);
	if (kpm_memstream_close(&text, 0, &err))
		return;
	free(s->findings);
	s->findings = text.text;
	s->diagnosis_of = now;
}

void kpm_session_details(struct kpm_session *s, const struct kpm_console_state *state)
{
	kpm_sampler_want_charges(&s->sampler, state->by == KPM_BY_CGROUP);
	scan_objects(s, state);
	if (state->suspects)
		find_causes(s);
	if (state->stacks)
		show_stacks(s, state);
}

/* Takes answers and asks for the rows that the screen shows now. */
void kpm_session_locate(struct kpm_session *s, const struct kpm_console_state *state)
{
	struct kpm_locations *locations = s->sampler.locations;

	if (s->sampler.recording)
		return;
	/* answers are taken in any case: the loop waits for them */
	if (state->by != KPM_BY_TAG) {
		kpm_locations_step(locations);
		return;
	}
	s->frame.part.locations = kpm_locations_step(locations);
	if (state->needs)
		kpm_locations_follow(locations, &s->frame, state->first_row, state->row_count,
				     state->needs);
	/* the questions go out at once, and what is known already is drawn */
	s->frame.part.locations = kpm_locations_step(locations);
}

int kpm_session_mark(struct kpm_session *s)
{
	int ret = 0;

	for (int by = 0; !ret && by < KPM_ROLLUPS; by++)
		ret = kpm_history_mark(s->rollups.of[by].history);
	return ret;
}

/* Histories cannot go back: they are made again from some way before the sample on. */
int kpm_session_seek(struct kpm_session *s, uint32_t sample, struct kpm_err *err)
{
	struct kpm_source *source = s->sampler.source;
	int ret;

	kpm_rollup_state_reset(&s->rollups);
	ret = kpm_rollup_state_make(&s->rollups, err);
	if (ret)
		return ret;
	/* nor can alerts: those that fire are told when the samples before have been seen */
	if (s->alerts) {
		kpm_alerts_free(s->alerts);
		s->alerts = kpm_alerts_new(s->rules);
		if (!s->alerts)
			return kpm_fail(err, -ENOMEM, "out of memory");
	}
	kpm_replay_seek(source, sample > SEEK_BACK ? sample - SEEK_BACK : 0);
	do
		kpm_session_sample(s);
	while (!s->failed && kpm_replay_next(source) <= sample);
	return 0;
}

struct kpm_scene kpm_session_scene(struct kpm_session *s, const struct kpm_console_state *state)
{
	const struct kpm_recording *recording = s->sampler.recording;

	if (recording)
		snprintf(s->position, sizeof(s->position), "sample %u of %u",
			 kpm_replay_next(s->sampler.source), kpm_recording_count(recording));
	return (struct kpm_scene){
		.frame = &s->frame,
		.slab = s->rollups.slab_trend,
		/* groups have numbers of their own */
		.objects = s->objects_known && state->by == KPM_BY_TAG ? &s->objects : NULL,
		.findings = s->findings,
		.alerts = s->alerts,
		.stacks = s->stacks && s->stacks_tag == state->selected ? s->stacks : NULL,
		.snap = &s->sampler.snap,
		.tags = s->sampler.tags,
		.failure = s->failed ? s->failure.text : NULL,
		.age_ns = recording ? 0 : kpm_now() - s->sampler.snap.mono_ns,
		.position = recording ? s->position : NULL,
	};
}
