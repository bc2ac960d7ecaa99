// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One shot. What can fail for the user's reasons (files, labels) is tried before the probes are
 * attached, so that nobody waits ten minutes for an error.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/count.h"
#include "app/csv_changed.h"
#include "app/locations.h"
#include "app/open_source.h"
#include "base/rights.h"
#include "cmd/app.h"
#include "resolve/ksyms.h"
#include "resolve/labels.h"
#include "sink/output.h"
#include "source/replay.h"

/* A file, or standard output, and what is written there. */
struct target {
	const char *file; /* NULL: standard output */
	const struct kpm_sink *sink;
	struct kpm_sink_opts opts;
	char *head; /* what a file begins with; empty if nothing */
};

struct app {
	const struct kpm_options *options;
	struct target targets[KPM_OUTPUTS_MAX + 1];
	size_t target_count;
	struct kpm_labels *labels;
	const char **label; /* [tag] */
	struct kpm_tagset *tags;
	struct kpm_ksyms *ksyms;
	struct kpm_places *places; /* NULL: no column needs them */
	struct kpm_source *source;
	struct kpm_snapshot snap;
	struct kpm_history *history;
	struct kpm_command *command;
	bool tracked; /* the source has counted before */
};

/* A stream in memory. */
struct text {
	FILE *stream;
	char *text;
	size_t size;
};

static int text_open(struct text *t, struct kpm_err *err)
{
	t->text = NULL;
	t->stream = open_memstream(&t->text, &t->size);
	return t->stream ? 0 : kpm_fail(err, -ENOMEM, "out of memory");
}

/* Closes the stream. `ret` is what the writer said. */
static int text_close(struct text *t, int ret, struct kpm_err *err)
{
	if (fclose(t->stream) || ret || !t->text) {
		free(t->text);
		t->text = NULL;
		return kpm_fail(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int choose_columns(const struct kpm_options *o, struct target *t, struct kpm_err *err)
{
	const struct kpm_sink *sink = t->sink;
	/* a snapshot file has no changes, as poolmon's has none */
	bool snapshot = t->file && t->file == o->snapshot;
	bool changes = o->view.by_change && sink->change_columns && !snapshot;
	int ret = 0;

	if (!o->columns || *o->columns == '+')
		ret = kpm_columns_parse(&t->opts.columns,
					changes ? sink->change_columns : sink->columns, err);
	if (!ret && o->labels && !o->columns && sink == &kpm_sink_table)
		ret = kpm_columns_parse(&t->opts.columns, "label", err);
	if (!ret && o->columns)
		ret = kpm_columns_parse(&t->opts.columns, o->columns + (*o->columns == '+'), err);
	return ret;
}

static int add_target(struct app *app, const char *file, struct kpm_err *err)
{
	const struct kpm_options *o = app->options;
	struct target *t = &app->targets[app->target_count++];
	bool terminal = !file && isatty(STDOUT_FILENO);
	struct winsize window;
	struct text head;
	int ret;

	t->file = file;
	t->sink = file && file == o->snapshot ? &kpm_sink_table
		  : o->sink                   ? o->sink
		  : file                      ? kpm_sink_for_file(file)
					      : NULL;
	if (!t->sink)
		t->sink = &kpm_sink_table;
	t->opts.exact = o->exact || (file && file == o->snapshot);
	t->opts.totals = o->totals;
	t->opts.verbose = o->verbose;
	t->opts.version = KPM_VERSION;
	t->opts.width = terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) ? window.ws_col : 0;
	t->opts.highlight = terminal && !o->no_highlight && !getenv("NO_COLOR");
	ret = choose_columns(o, t, err);
	if (!ret)
		ret = text_open(&head, err);
	if (ret)
		return ret;
	ret = text_close(&head, t->sink->head ? t->sink->head(head.stream, &t->opts) : 0, err);
	t->head = head.text;
	if (ret || !file)
		return ret;
	/* a recording has addresses of the kernel: it is the owner's alone */
	if (t->sink == &kpm_sink_record)
		umask(077);
	return o->append && file != o->snapshot ? kpm_append_check(file, t->head, err)
						: kpm_write_check(file, err);
}

static int add_targets(struct app *app, struct kpm_err *err)
{
	const struct kpm_options *o = app->options;
	int ret = 0;

	for (size_t i = 0; !ret && i < o->output_count; i++)
		ret = add_target(app, strcmp(o->outputs[i], "-") ? o->outputs[i] : NULL, err);
	if (!ret && o->snapshot)
		ret = add_target(app, o->snapshot, err);
	if (!ret && !app->target_count)
		ret = add_target(app, NULL, err);
	return ret;
}

static int write_target(const struct app *app, const struct target *t,
			const struct kpm_frame *frame, struct kpm_err *err)
{
	bool append = app->options->append && t->file && t->file != app->options->snapshot;
	struct kpm_frame part = *frame;
	uint32_t *order = NULL;
	struct text text = {0};
	int ret = 0;

	if (append && app->options->changed)
		ret = kpm_changed_rows(t->file, frame, &part, &order, err);
	if (!ret)
		ret = text_open(&text, err);
	if (!ret && !append)
		fputs(t->head, text.stream);
	if (!ret)
		ret = text_close(&text, t->sink->sample(text.stream, &part, &t->opts), err);
	if (ret) {
		free(order);
		return ret;
	}
	if (append) {
		ret = kpm_append_file(t->file, t->head, text.text, text.size, err);
	} else if (t->file) {
		ret = kpm_write_file(t->file, text.text, text.size, err);
	} else {
		/* a reader that does not read must not keep ^C from ending us */
		kpm_signals_release();
		ret = kpm_write_stdout(text.text, text.size, err);
		kpm_signals_hold();
	}
	free(order);
	free(text.text);
	return ret;
}

static int label_tags(struct app *app, struct kpm_err *err)
{
	uint32_t count = kpm_tagset_count(app->tags);

	if (!app->labels)
		return 0;
	app->label = calloc(count + 1, sizeof(*app->label));
	if (!app->label)
		return kpm_fail(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		app->label[i] = kpm_labels_find(app->labels, kpm_tagset_get(app->tags, i));
	return 0;
}

static int show(struct app *app, struct kpm_err *err)
{
	struct kpm_view *view = kpm_view_new(&app->options->view);
	struct kpm_frame_parts parts;
	struct kpm_frame frame;
	int ret;

	if (!view)
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = label_tags(app, err);
	parts = (struct kpm_frame_parts){
		.snap = &app->snap,
		.tags = app->tags,
		.history = app->history,
		.labels = app->label,
		.locations = app->options->from
				     ? kpm_recording_locations(kpm_replay_recording(app->source))
				     : kpm_places_list(app->places),
	};
	/* a file system or server that does not answer must not keep ^C from ending us */
	kpm_signals_release();
	/* to order by a place all of them must be known, else only those that are shown */
	if (!ret && app->options->view.sort && app->options->view.sort->needs)
		kpm_places_find_all(app->places);
	if (!ret)
		ret = kpm_view_build(view, &parts, &frame, err);
	if (!ret)
		kpm_places_find(app->places, &frame);
	kpm_signals_hold();
	for (size_t i = 0; !ret && i < app->target_count; i++)
		ret = write_target(app, &app->targets[i], &frame, err);
	kpm_view_free(view);
	return ret;
}

static int take_sample(void *arg, struct kpm_err *err)
{
	struct app *app = arg;
	int ret = app->source->ops->sample(app->source, &app->snap, err);

	if (!ret && kpm_history_push(app->history, &app->snap))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	return ret;
}

static int check_source(void *arg, struct kpm_err *err)
{
	struct app *app = arg;

	return app->source->ops->check(app->source, err);
}

/* Changes are those from the sample before. */
static int play(struct app *app, struct kpm_err *err)
{
	uint32_t next = kpm_replay_next(app->source);
	int ret = 0;

	if (next) {
		kpm_replay_seek(app->source, next - 1);
		ret = take_sample(app, err);
	}
	return ret ? ret : take_sample(app, err);
}

static int count(struct app *app, struct kpm_err *err)
{
	const struct kpm_options *o = app->options;
	/* what has been counted for days needs no more time, unless it is asked how it changes */
	bool at_once = app->tracked && !o->for_given && !o->view.by_change;
	struct kpm_wait wait = {
		.for_ns = at_once ? 0 : o->for_ns,
		.command = app->command,
		.progress = isatty(STDERR_FILENO),
		.halfway = o->view.by_change ? take_sample : NULL,
		.check = app->source->ops->check ? check_source : NULL,
		.arg = app,
	};
	int ret = 0;

	if (o->from)
		return play(app, err);
	/* a command has no half time: its changes are since it was let go */
	if (app->command && o->view.by_change)
		ret = take_sample(app, err);
	if (!ret && app->command)
		ret = kpm_command_go(app->command, err);
	if (!ret)
		ret = kpm_wait(&wait, err);
	if (!ret)
		kpm_origin_audit_once(o, app->source, wait.for_ns);
	return ret ? ret : take_sample(app, err);
}

/*
 * The workers are started while nothing is open and no probe is attached. Without them the fields
 * stay empty: memory that is running out is what people look for with this.
 */
static void open_places(struct app *app, struct kpm_err *note)
{
	const struct kpm_column *sort = app->options->view.sort;
	unsigned int needs = sort ? sort->needs : 0;

	for (size_t i = 0; i < app->target_count; i++) {
		const struct kpm_column_list *list = &app->targets[i].opts.columns;

		for (size_t c = 0; c < list->count; c++)
			needs |= list->column[c]->needs;
	}
	if (needs)
		kpm_places_open(needs, &app->options->live.roots, app->tags, app->ksyms,
				&app->places, note);
}

static int run(struct app *app, struct kpm_err *note, struct kpm_err *err)
{
	const struct kpm_options *o = app->options;
	int ret = add_targets(app, err);

	if (!ret && kpm_labels_file(o))
		ret = kpm_labels_open(kpm_labels_file(o), &app->labels, err);
	app->tags = kpm_tagset_new();
	app->history = kpm_history_new();
	if (!ret && (!app->tags || !app->history))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	if (!ret && o->command)
		ret = kpm_command_new(o->command, &app->command, err);
	/* opened while we have the rights; without it a tag or two stays an address */
	if (!ret && !o->from && !kpm_ksyms_open(&o->live.roots, &app->ksyms, NULL))
		kpm_tagset_set_namer(app->tags, kpm_ksyms_namer, app->ksyms);
	/* the files of this machine say nothing about a recording */
	if (!ret && !o->from)
		open_places(app, note);
	if (!ret)
		ret = kpm_origin_open(o, app->tags, &app->source, &app->tracked, err);
	/* all that is left to do with rights is to write files in other people's directories */
	if (!ret)
		ret = kpm_rights_drop(o->output_count || o->snapshot ? KPM_RIGHT_ANY_FILE : 0, err);
	if (!ret)
		ret = count(app, err);
	if (!ret)
		ret = show(app, err);
	if (!app->command || !kpm_command_failed(app->command, note))
		kpm_places_note(app->places, note);
	return ret;
}

int kpm_app_dump(const struct kpm_options *options, struct kpm_err *note, struct kpm_err *err)
{
	struct app *app = calloc(1, sizeof(*app));
	int ret;

	if (!app)
		return kpm_fail(err, -ENOMEM, "out of memory");
	app->options = options;
	kpm_snapshot_init(&app->snap);
	kpm_signals_hold();
	ret = run(app, note, err);
	kpm_source_close(app->source);
	kpm_places_close(app->places);
	kpm_command_free(app->command);
	for (size_t i = 0; i < app->target_count; i++)
		free(app->targets[i].head);
	free(app->label);
	kpm_labels_free(app->labels);
	kpm_history_free(app->history);
	kpm_snapshot_done(&app->snap);
	kpm_tagset_free(app->tags);
	kpm_ksyms_close(app->ksyms);
	free(app);
	return ret;
}
