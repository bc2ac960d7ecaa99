// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The console's loop: poll on the timer, the signals and the keyboard. Only a tick reads the
 * kernel; a key acts on the sample in hand.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "app/count.h"
#include "app/locations.h"
#include "app/open_source.h"
#include "app/rollup_state.h"
#include "base/rights.h"
#include "cmd/app.h"
#include "console/console.h"
#include "resolve/ksyms.h"
#include "resolve/labels.h"
#include "sink/notice.h"
#include "sink/output.h"
#include "source/replay.h"
#include "view/suspects.h"

#define SECOND 1000000000LL
/* A look at each object of the selected tag reads the whole table. */
#define OBJECTS_EVERY_NS (5 * SECOND)
#define SUSPECTS_MAX     64
/* New tags whose module files are looked for at a tick. */
#define FILES_A_TICK 256
/* Samples before the one that is jumped back to, for changes and trends. */
#define SEEK_BACK 512
/* Have the books been taken away? */
#define CHECK_EVERY_MS 1000

struct top {
	const struct kpm_options *options;
	struct kpm_labels *labels;
	struct kpm_tagset *tags;
	struct kpm_ksyms *ksyms;
	struct kpm_places *places; /* NULL: files and lines stay empty */
	uint32_t placed;           /* tags whose files were asked for */
	struct kpm_source *source;
	struct kpm_console *console;
	struct kpm_snapshot snap, spare;
	struct kpm_looks looks;
	struct kpm_view *view;
	struct kpm_frame frame;
	struct kpm_objects objects;
	bool objects_known;
	int64_t objects_at;
	struct kpm_suspect suspects[SUSPECTS_MAX];
	uint32_t suspect_count;
	int64_t suspects_of; /* clock of the sample that they are of */
	struct kpm_rules *rules;
	struct kpm_alerts *alerts; /* NULL: there are no rules */
	struct kpm_err failure;    /* of the last sample, if it failed */
	bool failed;
	char position[64]; /* in a recording */
	int timer, signals;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void tell(const struct kpm_alert *alert, void *arg)
{
	struct top *t = arg;
	const struct kpm_notice notice = {
		.alert = alert,
		.name = kpm_tagset_get(t->tags, alert->tag),
		.snap = &t->snap,
		.row = &t->snap.rows[alert->tag],
	};
	char text[KPM_NOTICE_LEN];

	kpm_notice_text(&notice, text);
	if (!alert->firing)
		kpm_console_say(t->console, text);
	else
		kpm_console_alert(t->console, text);
}

/* What was taken away must not be held any longer; the sample in hand stays. */
static void let_go(struct top *t)
{
	kpm_source_close(t->source);
	t->source = NULL;
	t->failed = true;
}

/* Takes a sample. On failure the one in hand stays, and the reason is shown. */
static void take_sample(struct top *t)
{
	struct kpm_snapshot old = t->snap;
	int ret;

	if (!t->source)
		return;
	ret = t->source->ops->sample(t->source, &t->spare, &t->failure);
	t->failed = ret != 0;
	if (ret == -ESHUTDOWN)
		let_go(t);
	if (ret)
		return;
	t->snap = t->spare;
	t->spare = old;
	t->placed = kpm_places_ask_new(t->places, t->placed, FILES_A_TICK, KPM_LOCATION_FILE);
	ret = kpm_looks_push(&t->looks, &t->snap, t->tags, t->labels);
	if (!ret && t->alerts)
		ret = kpm_alerts_step(t->alerts, &t->snap, t->tags, t->looks.of[KPM_BY_TAG].trend,
				      tell, t);
	if (!ret)
		return;
	t->failed = true;
	kpm_fail(&t->failure, ret,
		 "out of memory: changes and trends may be those of another sample");
}

static int build_frame(struct top *t, struct kpm_err *err)
{
	const struct kpm_console_state *state = kpm_console_state(t->console);
	const struct kpm_look *look = &t->looks.of[state->by];
	struct kpm_frame_parts parts = {
		.snap = look->rollup ? kpm_rollup_snapshot(look->rollup) : &t->snap,
		.tags = look->rollup ? kpm_rollup_tags(look->rollup) : t->tags,
		.history = look->history,
		/* fewer than tags where memory was out */
		.labels = look->rollup || t->looks.labelled < t->snap.count ? NULL : t->looks.label,
		.trend = look->trend,
		.alerts = look->rollup ? NULL : t->alerts,
	};

	if (!look->rollup)
		parts.locations = t->options->from
					  ? kpm_recording_locations(kpm_replay_recording(t->source))
					  : kpm_places_step(t->places);

	kpm_history_set_base(look->history, state->base);
	kpm_view_set(t->view, &state->view);
	return kpm_view_build(t->view, &parts, &t->frame, err);
}

static void look_at_objects(struct top *t)
{
	const struct kpm_console_state *state = kpm_console_state(t->console);

	if (!state->details || state->by != KPM_BY_TAG || state->selected == KPM_NO_TAG)
		return;
	if (!t->source || !t->source->ops->objects) {
		t->objects_known = t->objects_known && t->objects.tag == state->selected;
		return;
	}
	if (t->objects_known && t->objects.tag == state->selected &&
	    now_ns() - t->objects_at < OBJECTS_EVERY_NS)
		return;
	t->objects_known = !t->source->ops->objects(
		t->source, state->selected,
		kpm_trend_span(t->looks.of[KPM_BY_TAG].trend) / 2 / SECOND, &t->objects);
	t->objects_at = now_ns();
}

/* Without the ages of objects: they take a look at the whole table for each suspect. */
static void rank_suspects(struct top *t)
{
	if (!kpm_console_state(t->console)->suspects || t->suspects_of == t->snap.mono_ns)
		return;
	t->suspect_count = kpm_suspects_rank(&t->snap, t->tags, t->looks.of[KPM_BY_TAG].trend, NULL,
					     NULL, t->suspects, SUSPECTS_MAX);
	t->suspects_of = t->snap.mono_ns;
}

/* Takes answers and asks for what the screen shows now. */
static void follow_places(struct top *t)
{
	const struct kpm_console_state *state = kpm_console_state(t->console);

	if (t->options->from)
		return;
	/* answers are taken in any case: the loop waits for them */
	if (state->by != KPM_BY_TAG) {
		kpm_places_step(t->places);
		return;
	}
	t->frame.part.locations = kpm_places_step(t->places);
	if (state->needs)
		kpm_places_follow(t->places, &t->frame, state->first_row, state->row_count,
				  state->needs);
	/* the questions go out at once, and what is known already is drawn */
	t->frame.part.locations = kpm_places_step(t->places);
}

static struct kpm_scene scene_of(struct top *t)
{
	bool replay = t->options->from != NULL;

	if (replay)
		snprintf(t->position, sizeof(t->position), "sample %u of %u",
			 kpm_replay_next(t->source),
			 kpm_recording_count(kpm_replay_recording(t->source)));
	return (struct kpm_scene){
		.frame = &t->frame,
		.slab = t->looks.slab_trend,
		/* groups have numbers of their own */
		.objects = t->objects_known && kpm_console_state(t->console)->by == KPM_BY_TAG
				   ? &t->objects
				   : NULL,
		.suspects = t->suspects,
		.suspect_count = t->suspect_count,
		.alerts = t->alerts,
		.snap = &t->snap,
		.tags = t->tags,
		.failure = t->failed ? t->failure.text : NULL,
		.age_ns = replay ? 0 : now_ns() - t->snap.mono_ns,
		.position = replay ? t->position : NULL,
	};
}

static void set_timer(const struct top *t)
{
	const struct kpm_console_state *state = kpm_console_state(t->console);
	int64_t ns = state->paused ? 0 : state->interval_ns;
	struct itimerspec every = {
		.it_interval = {ns / SECOND, ns % SECOND},
		.it_value = {ns / SECOND, ns % SECOND},
	};

	timerfd_settime(t->timer, 0, &every, NULL);
}

static void mark(struct top *t)
{
	int ret = 0;

	for (int by = 0; !ret && by < KPM_ROLLUPS; by++)
		ret = kpm_history_mark(t->looks.of[by].history);
	if (ret)
		kpm_console_say(t->console, "Not marked: out of memory");
}

/* Writes the view as it is, with all its rows, by the form that the file's suffix asks for. */
static void write_view(struct top *t)
{
	const char *file = kpm_console_state(t->console)->write_to;
	const struct kpm_sink *sink = kpm_sink_for_file(file);
	struct kpm_sink_opts opts = {.exact = true, .totals = true};
	struct kpm_err err = {""};
	char *text = NULL, said[600];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int ret = out ? 0 : kpm_fail(&err, -ENOMEM, "out of memory");

	if (!sink)
		sink = &kpm_sink_table;
	if (!ret)
		ret = kpm_columns_parse(&opts.columns,
					sink->change_columns ? sink->change_columns : sink->columns,
					&err);
	if (!ret && sink->head)
		ret = sink->head(out, &opts);
	if (!ret)
		ret = sink->sample(out, &t->frame, &opts);
	if (out && fclose(out) && !ret)
		ret = kpm_fail(&err, -ENOMEM, "out of memory");
	if (!ret)
		ret = kpm_write_file(file, text, size, &err);
	free(text);
	if (ret)
		snprintf(said, sizeof(said), "Not written: %s", err.text);
	else
		snprintf(said, sizeof(said), "Wrote %u rows to %s", t->frame.count, file);
	kpm_console_say(t->console, said);
}

/* To an earlier sample: histories cannot go back, so that they begin anew some way before it. */
static int seek(struct top *t, uint32_t sample, struct kpm_err *err)
{
	int ret;

	kpm_looks_drop(&t->looks);
	ret = kpm_looks_make(&t->looks, err);
	if (ret)
		return ret;
	/* nor can alerts: what fires is told when the samples before it have been seen */
	if (t->alerts) {
		kpm_alerts_free(t->alerts);
		t->alerts = kpm_alerts_new(t->rules);
		if (!t->alerts)
			return kpm_fail(err, -ENOMEM, "out of memory");
	}
	kpm_replay_seek(t->source, sample > SEEK_BACK ? sample - SEEK_BACK : 0);
	do
		take_sample(t);
	while (!t->failed && kpm_replay_next(t->source) <= sample);
	return 0;
}

static int move_in_recording(struct top *t, unsigned int reactions, struct kpm_err *err)
{
	const char *to = kpm_console_state(t->console)->jump_to;
	uint32_t next = t->options->from ? kpm_replay_next(t->source) : 0;
	int64_t sample;

	if (!t->options->from) {
		kpm_console_say(t->console, "This is no recording: kpoolmon replay FILE opens one");
		return 0;
	}
	if (reactions & KPM_REACT_JUMP) {
		sample = kpm_recording_at(kpm_replay_recording(t->source), to);
		if (sample < 0)
			kpm_console_say(t->console,
					"Give a time as 2026-01-31T23:59:59Z, +10m or -10m");
		return sample < 0 ? 0 : seek(t, sample, err);
	}
	if (reactions & KPM_REACT_BACK)
		return seek(t, next > 1 ? next - 2 : 0, err);
	take_sample(t);
	return 0;
}

static int react(struct top *t, unsigned int reactions, struct kpm_err *err)
{
	int ret = 0;

	if (reactions & KPM_REACT_MARK)
		mark(t);
	if (reactions & KPM_REACT_SAMPLE)
		take_sample(t);
	if (reactions & KPM_REACT_INTERVAL)
		set_timer(t);
	if (reactions & KPM_REACT_MOVES)
		ret = move_in_recording(t, reactions, err);
	if (!ret &&
	    reactions & (KPM_REACT_VIEW | KPM_REACT_SAMPLE | KPM_REACT_MARK | KPM_REACT_MOVES))
		ret = build_frame(t, err);
	if (reactions & KPM_REACT_WRITE)
		write_view(t);
	return ret;
}

/* Keys until there are none. True at the end of the console. */
static bool take_keys(struct top *t, struct kpm_err *err, int *ret)
{
	unsigned int reactions;

	do {
		struct kpm_scene scene = scene_of(t);

		reactions = kpm_console_keys(t->console, &scene);
		if (reactions & KPM_REACT_QUIT)
			return true;
		*ret = react(t, reactions, err);
		if (*ret)
			return true;
	} while (reactions & (KPM_REACT_VIEW | KPM_REACT_WRITE | KPM_REACT_MOVES));
	return false;
}

static int loop(struct top *t, struct kpm_err *err)
{
	struct pollfd fds[] = {
		{t->timer, POLLIN, 0},
		{t->signals, POLLIN, 0},
		{STDIN_FILENO, POLLIN, 0},
		{kpm_places_fd(t->places), POLLIN, 0},
	};
	bool checks = t->source->ops->check != NULL;
	int ret = 0;

	take_sample(t);
	if (t->failed) {
		*err = t->failure;
		return -EIO;
	}
	ret = build_frame(t, err);
	set_timer(t);
	while (!ret) {
		struct kpm_scene scene;
		uint64_t ticks;

		look_at_objects(t);
		rank_suspects(t);
		scene = scene_of(t);
		kpm_console_draw(t->console, &scene);
		follow_places(t);
		if (poll(fds, 4, checks ? CHECK_EVERY_MS : -1) < 0 && errno != EINTR)
			return kpm_fail(err, -errno, "wait: %s", strerror(errno));
		/* an interval may be minutes long */
		if (checks && t->source && t->source->ops->check(t->source, &t->failure))
			let_go(t);
		if (fds[1].revents || fds[2].revents & (POLLHUP | POLLERR | POLLNVAL))
			return 0;
		if (read(t->timer, &ticks, sizeof(ticks)) == sizeof(ticks)) {
			take_sample(t);
			ret = build_frame(t, err);
		}
		/* also after a signal: a new size of the window is a key */
		if (!ret && take_keys(t, err, &ret))
			return ret;
	}
	return ret;
}

/* $XDG_CONFIG_HOME/kpoolmon or ~/.config/kpoolmon; to be freed; NULL: none. */
static char *config_dir(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *dir = NULL;

	if (base && *base == '/')
		return asprintf(&dir, "%s/kpoolmon", base) < 0 ? NULL : dir;
	if (home && *home == '/')
		return asprintf(&dir, "%s/.config/kpoolmon", home) < 0 ? NULL : dir;
	return NULL;
}

static int open_console(struct top *t, struct kpm_err *err)
{
	const struct kpm_options *o = t->options;
	struct kpm_console_opts opts = {
		.view = o->view,
		.interval_ns = o->interval_ns,
		.totals = o->totals,
		.no_highlight = o->no_highlight,
		.exact = o->exact,
		.labels = o->labels != NULL,
	};
	char *dir = config_dir();
	int ret = 0;

	opts.config_dir = dir;
	if (o->columns) {
		ret = kpm_columns_parse(
			&opts.columns,
			*o->columns == '+'
				? "tag,type,allocs,frees,diff,bytes,per_alloc,module,cache"
				: o->columns,
			err);
		if (!ret && *o->columns == '+')
			ret = kpm_columns_parse(&opts.columns, o->columns + 1, err);
	}
	if (!ret)
		ret = kpm_console_open(&opts, &t->console, err);
	free(dir);
	return ret;
}

static int run(struct top *t, struct kpm_err *err)
{
	const struct kpm_options *o = t->options;
	bool tracked;
	sigset_t set;
	int ret = kpm_looks_make(&t->looks, err);

	t->tags = kpm_tagset_new();
	t->view = kpm_view_new(&t->options->view);
	if (!ret && (!t->tags || !t->view))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	if (!ret)
		ret = kpm_rules_of(o, &t->rules, err);
	if (!ret && kpm_rules_count(t->rules)) {
		t->alerts = kpm_alerts_new(t->rules);
		ret = t->alerts ? 0 : kpm_fail(err, -ENOMEM, "out of memory");
	}
	if (!ret && kpm_labels_file(o))
		ret = kpm_labels_open(kpm_labels_file(o), &t->labels, err);
	/* the files of this machine say nothing about a recording */
	if (!ret && !o->from && !kpm_ksyms_open(&o->live.roots, &t->ksyms, NULL))
		kpm_tagset_set_namer(t->tags, kpm_ksyms_namer, t->ksyms);
	/* workers are started before there is anything that they should not have */
	if (!ret && !o->from)
		kpm_places_open(KPM_LOCATION_FILE, &o->live.roots, t->tags, t->ksyms, &t->places,
				NULL);
	if (!ret)
		ret = kpm_origin_open(o, t->tags, &t->source, &tracked, err);
	/* played from its beginning, unless a time was given */
	if (!ret && o->from && !kpm_recording_timed(kpm_replay_recording(t->source)))
		kpm_replay_seek(t->source, 0);
	/* the key w writes where the user says */
	if (!ret)
		ret = kpm_rights_drop(KPM_RIGHT_ANY_FILE, err);
	if (ret)
		return ret;
	kpm_signals_hold();
	kpm_signals_set(&set);
	sigdelset(&set, SIGCHLD); /* the workers' comings and goings */
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->timer < 0 || t->signals < 0)
		return kpm_fail(err, -errno, "make a timer: %s", strerror(errno));
	ret = open_console(t, err);
	return ret ? ret : loop(t, err);
}

int kpm_app_top(const struct kpm_options *options, struct kpm_err *note, struct kpm_err *err)
{
	struct top *t = calloc(1, sizeof(*t));
	int ret;

	if (!t)
		return kpm_fail(err, -ENOMEM, "out of memory");
	if (!kpm_console_possible(NULL, note)) {
		free(t);
		return kpm_app_dump(options, note, err);
	}
	t->options = options;
	t->timer = t->signals = -1;
	ret = run(t, err);
	kpm_console_close(t->console);
	kpm_source_close(t->source);
	kpm_places_close(t->places);
	kpm_view_free(t->view);
	kpm_looks_free(&t->looks);
	kpm_alerts_free(t->alerts);
	kpm_rules_free(t->rules);
	kpm_snapshot_done(&t->snap);
	kpm_snapshot_done(&t->spare);
	kpm_tagset_free(t->tags);
	kpm_labels_free(t->labels);
	kpm_ksyms_close(t->ksyms);
	if (t->timer >= 0)
		close(t->timer);
	if (t->signals >= 0)
		close(t->signals);
	free(t);
	return ret;
}
