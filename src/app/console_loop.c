// SPDX-License-Identifier: GPL-2.0-or-later
/* Turns keys and ticks into samples and drawings. Only a tick reads the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/console_loop.h"
#include "app/console_session.h"
#include "app/loop.h"
#include "base/text.h"
#include "base/memstream.h"
#include "sink/notice.h"
#include "sink/output.h"
#include "source/replay.h"

struct screen {
	const struct kpm_options *options;
	struct kpm_session session;
	struct kpm_console *console;
	struct kpm_loop loop;
	bool begun; /* the first sample has been taken */
};

static void tell(const struct kpm_alert *alert, void *arg)
{
	struct screen *s = arg;
	const struct kpm_sampler *sampler = &s->session.sampler;
	const struct kpm_notice notice = {
		.alert = alert,
		.name = kpm_tagset_get(sampler->tags, alert->tag),
		.snap = &sampler->snap,
		.row = &sampler->snap.rows[alert->tag],
	};
	char text[KPM_NOTICE_LEN];

	kpm_notice_text(&notice, text);
	if (!alert->firing)
		kpm_console_say(s->console, text);
	else
		kpm_console_alert(s->console, text);
}

/* Nobody may be looking: it rings. */
static void warn(uint32_t tag, double pace, void *arg)
{
	struct screen *s = arg;
	const struct kpm_sampler *sampler = &s->session.sampler;
	struct kpm_evidence all = {.slope[KPM_RUN] = pace};
	char text[KPM_NOTICE_LEN], name[KPM_CLEAN_LEN], size[KPM_SIZE_LEN], left[KPM_SIZE_LEN];

	snprintf(text, sizeof(text), "storm: %s takes %s/s, memory lasts %s; V tells more",
		 kpm_clean(kpm_tagset_get(sampler->tags, tag)->text, name, sizeof(name)),
		 kpm_format_size(pace, size),
		 kpm_format_duration(kpm_time_to_exhaustion(&sampler->snap, &all), left));
	kpm_console_alert(s->console, text);
	kpm_console_ring(s->console);
}

static int build_frame(struct screen *s, struct kpm_err *err)
{
	return kpm_session_frame(&s->session, kpm_console_state(s->console), err);
}

/* Makes the text of the view with all its rows, in the format that the file's suffix asks for. */
static int make_text(struct screen *s, const struct kpm_sink *sink, struct kpm_memstream *text,
		     struct kpm_err *err)
{
	struct kpm_sink_opts opts = {.exact = true, .totals = true, .version = KPM_VERSION};
	int ret = kpm_columns_parse(
		&opts.columns, sink->change_columns ? sink->change_columns : sink->columns, err);

	if (!ret)
		ret = kpm_memstream_open(text, err);
	if (ret)
		return ret;
	if (sink->head)
		ret = sink->head(text->stream, &opts);
	if (!ret)
		ret = sink->sample(text->stream, &s->session.frame, &opts);
	return kpm_memstream_close(text, ret, err);
}

static void write_view(struct screen *s)
{
	const char *file = kpm_console_state(s->console)->write_to;
	const struct kpm_sink *sink = kpm_sink_of(kpm_format_for_file(file));
	struct kpm_memstream text = {0};
	struct kpm_err err = {0};
	char said[600];
	int ret = make_text(s, sink, &text, &err);

	if (!ret)
		ret = kpm_write_file(file, text.text, text.size,
				     sink->private ? KPM_MODE_PRIVATE : KPM_MODE_SHARED, &err);
	free(text.text);
	if (ret)
		snprintf(said, sizeof(said), "Not written: %s", err.text);
	else
		snprintf(said, sizeof(said), "Wrote %u rows to %s", s->session.frame.count, file);
	kpm_console_say(s->console, said);
}

static int move_in_recording(struct screen *s, unsigned int reactions, struct kpm_err *err)
{
	const char *to = kpm_console_state(s->console)->jump_to;
	const struct kpm_recording *recording = s->session.sampler.recording;
	uint32_t next;
	int64_t sample;

	if (!recording) {
		kpm_console_say(s->console, "This is no recording: kpoolmon replay FILE opens one");
		return 0;
	}
	next = kpm_replay_next(s->session.sampler.source);
	if (reactions & KPM_REACT_JUMP) {
		sample = kpm_recording_at(recording, to);
		if (sample < 0)
			kpm_console_say(s->console,
					"Give a time as 2026-01-31T23:59:59Z, +10m or -10m");
		return sample < 0 ? 0 : kpm_session_seek(&s->session, sample, err);
	}
	if (reactions & KPM_REACT_BACK)
		return kpm_session_seek(&s->session, next > 1 ? next - 2 : 0, err);
	kpm_session_sample(&s->session);
	return 0;
}

static void raise_selected(struct screen *s)
{
	uint32_t tag = kpm_console_state(s->console)->selected;
	int ret = tag == KPM_NO_TAG ? -ENOENT : kpm_session_raise(&s->session, tag);

	kpm_console_say(s->console, ret ? " Not possible here: no samples are taken"
					: " Each allocation of the tag is sampled for 10 s");
}

static int react(struct screen *s, unsigned int reactions, struct kpm_err *err)
{
	const struct kpm_console_state *state = kpm_console_state(s->console);
	int ret = 0;

	if (reactions & KPM_REACT_MARK && kpm_session_mark(&s->session))
		kpm_console_say(s->console, "Not marked: out of memory");
	if (reactions & KPM_REACT_SAMPLE)
		kpm_session_sample(&s->session);
	if (reactions & KPM_REACT_INTERVAL)
		kpm_loop_every(&s->loop, state->paused ? 0 : state->interval_ns);
	if (reactions & KPM_REACT_MOVES)
		ret = move_in_recording(s, reactions, err);
	if (!ret &&
	    reactions & (KPM_REACT_VIEW | KPM_REACT_SAMPLE | KPM_REACT_MARK | KPM_REACT_MOVES))
		ret = build_frame(s, err);
	if (reactions & KPM_REACT_WRITE)
		write_view(s);
	if (reactions & KPM_REACT_RAISE)
		raise_selected(s);
	return ret;
}

/* Handles keys until there are none. */
static int take_keys(struct screen *s, struct kpm_err *err)
{
	const struct kpm_console_state *state = kpm_console_state(s->console);
	unsigned int reactions;
	int ret;

	do {
		struct kpm_scene scene = kpm_session_scene(&s->session, state);

		reactions = kpm_console_keys(s->console, &scene);
		if (reactions & KPM_REACT_QUIT) {
			kpm_loop_stop(&s->loop);
			return 0;
		}
		ret = react(s, reactions, err);
	} while (!ret && reactions & (KPM_REACT_VIEW | KPM_REACT_WRITE | KPM_REACT_MOVES));
	return ret;
}

static int tick(void *arg, struct kpm_err *err)
{
	struct screen *s = arg;

	kpm_session_sample(&s->session);
	/* without a first sample there is nothing to show */
	if (s->session.failed && !s->begun) {
		*err = s->session.failure;
		return -EIO;
	}
	s->begun = true;
	return build_frame(s, err);
}

/* An interval may be minutes long: the source is looked after once a second. */
static int check(void *arg, struct kpm_err *err)
{
	struct screen *s = arg;

	(void)err;
	kpm_session_check(&s->session);
	return 0;
}

/* Also after a signal: a new size of the window is a key. */
static int turn(void *arg, struct kpm_err *err)
{
	struct screen *s = arg;
	const struct kpm_console_state *state = kpm_console_state(s->console);
	struct kpm_scene scene;
	int ret = take_keys(s, err);

	if (ret)
		return ret;
	kpm_session_details(&s->session, state);
	scene = kpm_session_scene(&s->session, state);
	kpm_console_draw(s->console, &scene);
	kpm_session_locate(&s->session, state);
	return 0;
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

static int open_console(struct screen *s, struct kpm_err *err)
{
	const struct kpm_options *o = s->options;
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
	if (o->columns && *o->columns == '+')
		ret = kpm_columns_parse(&opts.columns, KPM_USUAL_COLUMNS, err);
	if (!ret && o->columns)
		ret = kpm_columns_parse(&opts.columns, o->columns + (*o->columns == '+'), err);
	if (!ret)
		ret = kpm_console_open(&opts, &s->console, err);
	free(dir);
	return ret;
}

static int run(struct screen *s, struct kpm_err *err)
{
	int ret = kpm_session_open(&s->session, s->options, err);

	if (ret)
		return ret;
	kpm_signals_hold();
	ret = open_console(s, err);
	if (ret)
		return ret;
	s->session.tell = tell;
	s->session.warn = warn;
	s->session.arg = s;
	s->loop = (struct kpm_loop){
		.every_ns = s->options->interval_ns,
		.tick = tick,
		.check = s->session.sampler.source->ops->check ? check : NULL,
		.turn = turn,
		.input = STDIN_FILENO,
		.wake = kpm_locations_fd(s->session.sampler.locations),
		.arg = s,
	};
	return kpm_loop_run(&s->loop, err);
}

int kpm_console_loop(const struct kpm_options *options, struct kpm_err *err)
{
	struct screen *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return kpm_fail(err, -ENOMEM, "out of memory");
	s->options = options;
	ret = run(s, err);
	kpm_console_close(s->console);
	kpm_session_close(&s->session);
	free(s);
	return ret;
}
