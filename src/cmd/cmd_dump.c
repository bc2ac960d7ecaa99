// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon dump: counts, takes a sample, writes it to each output. What can fail for the user's
 * reasons (files, labels) is tried before the probes are attached, so that nobody waits ten minutes
 * for an error.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/child.h"
#include "app/csv_changed.h"
#include "app/loop.h"
#include "app/sampler.h"
#include "base/memstream.h"
#include "base/rights.h"
#include "resolve/labels.h"
#include "sink/append.h"
#include "sink/output.h"
#include "source/replay.h"
#include "view/filter.h"

/* An output: standard output or a file, with its format and columns. */
struct target {
	const char *file; /* NULL: standard output */
	bool snapshot;    /* of --snapshot: the exact table, whatever the format is */
	enum kpm_format format;
	const struct kpm_sink *sink;
	struct kpm_sink_opts opts;
	char *head; /* what a file begins with; empty if nothing */
};

struct dump {
	const struct kpm_options *options;
	struct target *targets;
	size_t target_count;
	struct kpm_labels *labels;
	const char **label; /* [tag] */
	struct kpm_sampler sampler;
	struct kpm_rollup *rollup; /* --by; NULL: the tags themselves */
	struct kpm_history *group_history;
	bool *wanted; /* [tag], with --by */
	struct kpm_child *child;
	struct kpm_loop loop;
};

static int choose_columns(const struct kpm_options *o, struct target *t, struct kpm_err *err)
{
	/* a snapshot file has no changes, as poolmon's has none */
	bool changes = o->view.by_change && t->sink->change_columns && !t->snapshot;
	int ret = 0;

	const char *usual = changes ? t->sink->change_columns : t->sink->columns;

	if (o->by)
		usual = kpm_group_columns(o->by, t->format != KPM_FORMAT_TABLE);
	if (!o->columns || *o->columns == '+')
		ret = kpm_columns_parse(&t->opts.columns, usual, err);
	if (!ret && o->labels && !o->columns && !o->by && t->format == KPM_FORMAT_TABLE)
		ret = kpm_columns_parse(&t->opts.columns, "label", err);
	if (!ret && o->columns)
		ret = kpm_columns_parse(&t->opts.columns, o->columns + (*o->columns == '+'), err);
	return ret;
}

static int make_head(struct target *t, struct kpm_err *err)
{
	struct kpm_memstream head;
	int ret = kpm_memstream_open(&head, err);

	if (ret)
		return ret;
	ret = t->sink->head ? t->sink->head(head.stream, &t->opts) : 0;
	ret = kpm_memstream_close(&head, ret, err);
	t->head = head.text;
	return ret;
}

static enum kpm_format format_of(const struct kpm_options *o, const char *file, bool snapshot)
{
	enum kpm_format format = snapshot ? KPM_FORMAT_TABLE : o->format;

	if (!format && file)
		format = kpm_format_for_file(file);
	return format ? format : KPM_FORMAT_TABLE;
}

static int add_target(struct dump *d, const char *file, bool snapshot, struct kpm_err *err)
{
	const struct kpm_options *o = d->options;
	struct target *t = &d->targets[d->target_count++];
	bool terminal = !file && isatty(STDOUT_FILENO);
	struct winsize window;
	int ret;

	t->file = file;
	t->snapshot = snapshot;
	t->format = format_of(o, file, snapshot);
	t->sink = kpm_sink_of(t->format);
	t->opts.exact = o->exact || snapshot;
	t->opts.totals = o->totals;
	t->opts.verbose = o->verbose;
	t->opts.version = KPM_VERSION;
	t->opts.width = terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) ? window.ws_col : 0;
	t->opts.highlight = terminal && !o->no_highlight && !getenv("NO_COLOR");
	ret = choose_columns(o, t, err);
	if (!ret)
		ret = make_head(t, err);
	if (ret || !file)
		return ret;
	return o->append && !snapshot ? kpm_append_check(file, t->head, err)
				      : kpm_write_check(file, err);
}

static int add_targets(struct dump *d, struct kpm_err *err)
{
	const struct kpm_options *o = d->options;
	int ret = 0;

	d->targets = calloc(o->outputs.count + 2, sizeof(*d->targets));
	if (!d->targets)
		return kpm_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; !ret && i < o->outputs.count; i++) {
		const char *file = o->outputs.item[i];

		ret = add_target(d, strcmp(file, "-") ? file : NULL, false, err);
	}
	if (!ret && o->snapshot)
		ret = add_target(d, o->snapshot, true, err);
	if (!ret && !d->target_count)
		ret = add_target(d, NULL, false, err);
	return ret;
}

/* Makes the text of a sample; of a file that is not appended to, with its head. */
static int make_text(const struct target *t, const struct kpm_frame *frame, bool append,
		     struct kpm_memstream *text, struct kpm_err *err)
{
	int ret = kpm_memstream_open(text, err);

	if (ret)
		return ret;
	if (!append)
		fputs(t->head, text->stream);
	ret = t->sink->sample(text->stream, frame, &t->opts);
	return kpm_memstream_close(text, ret, err);
}

static int write_target(const struct dump *d, const struct target *t, const struct kpm_frame *frame,
			struct kpm_err *err)
{
	bool append = d->options->append && t->file && !t->snapshot;
	struct kpm_memstream text = {0};
	struct kpm_frame part = *frame;
	uint32_t *order = NULL;
	int ret = 0;

	if (append && d->options->changed)
		ret = kpm_changed_rows(t->file, frame, &part, &order, err);
	if (!ret)
		ret = make_text(t, &part, append, &text, err);
	free(order);
	if (ret)
		return ret;
	if (append) {
		ret = kpm_append_file(t->file, t->head, text.text, text.size, err);
	} else if (t->file) {
		ret = kpm_write_file(t->file, text.text, text.size,
				     t->sink->private ? KPM_MODE_PRIVATE : KPM_MODE_SHARED, err);
	} else {
		/* a reader that does not read must not keep ^C from ending us */
		kpm_signals_release();
		ret = kpm_write_stdout(text.text, text.size, err);
		kpm_signals_hold();
	}
	free(text.text);
	return ret;
}

static int label_tags(struct dump *d, struct kpm_err *err)
{
	uint32_t count = kpm_tagset_count(d->sampler.tags);

	if (!d->labels)
		return 0;
	d->label = calloc(count + 1, sizeof(*d->label));
	if (!d->label)
		return kpm_fail(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		d->label[i] = kpm_labels_find(d->labels, kpm_tagset_get(d->sampler.tags, i));
	return 0;
}

static int build_frame(struct dump *d, struct kpm_view *view, struct kpm_frame *frame,
		       struct kpm_err *err)
{
	struct kpm_sampler *s = &d->sampler;
	struct kpm_frame_parts parts = {
		.snap = &s->snap,
		.tags = s->tags,
		.history = s->history,
		.labels = d->label,
		.locations = kpm_sampler_locations(s),
		.who = s->who,
	};
	const struct kpm_column *sort = d->options->view.sort;
	int ret;

	if (d->rollup) {
		parts = (struct kpm_frame_parts){
			.snap = kpm_rollup_snapshot(d->rollup),
			.tags = kpm_rollup_tags(d->rollup),
			.history = d->group_history,
			.who = kpm_rollup_who(d->rollup),
			.by = d->options->by,
		};
		return kpm_view_build(view, &parts, frame, err);
	}

	/* to order by a location all of them must be known, else only those that are shown */
	if (sort && sort->needs)
		kpm_locations_find_all(s->locations);
	ret = kpm_view_build(view, &parts, frame, err);
	if (!ret)
		kpm_locations_find(s->locations, frame);
	return ret;
}

static int show(struct dump *d, struct kpm_err *err)
{
	struct kpm_view_opts opts = d->options->view;
	struct kpm_view *view;
	struct kpm_frame frame;
	int ret;

	/* patterns have chosen the tags that were summed */
	if (d->rollup)
		opts.include = opts.exclude = NULL;
	view = kpm_view_new(&opts);
	if (!view)
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = label_tags(d, err);
	/* a file system or server that does not answer must not keep ^C from ending us */
	kpm_signals_release();
	if (!ret)
		ret = build_frame(d, view, &frame, err);
	kpm_signals_hold();
	for (size_t i = 0; !ret && i < d->target_count; i++)
		ret = write_target(d, &d->targets[i], &frame, err);
	kpm_view_free(view);
	return ret;
}

/* --by: sums the tags that pass the filter. */
static int sum_up(struct dump *d, struct kpm_err *err)
{
	const struct kpm_sampler *s = &d->sampler;
	uint32_t count = kpm_tagset_count(s->tags);
	bool *wanted = realloc(d->wanted, (count + 1) * sizeof(*wanted));

	if (!d->rollup) {
		d->rollup = kpm_rollup_new(d->options->by);
		d->group_history = kpm_history_new();
	}
	if (wanted)
		d->wanted = wanted;
	for (uint32_t i = 0; wanted && i < count; i++)
		wanted[i] = kpm_filter_passes(d->options->view.include, d->options->view.exclude,
					      kpm_tagset_get(s->tags, i));
	if (!wanted || !d->rollup || !d->group_history ||
	    kpm_rollup_add(d->rollup, &s->snap, s->tags, s->who, wanted) ||
	    kpm_history_push(d->group_history, kpm_rollup_snapshot(d->rollup)))
		return kpm_fail(err, -ENOMEM, "out of memory");
	return 0;
}

static int take_sample(void *arg, struct kpm_err *err)
{
	struct dump *d = arg;
	int ret = kpm_sampler_sample(&d->sampler, err);

	return ret || !d->options->by ? ret : sum_up(d, err);
}

static int check(void *arg, struct kpm_err *err)
{
	struct dump *d = arg;

	return kpm_sampler_check(&d->sampler, err);
}

static void child_ended(void *arg)
{
	struct dump *d = arg;

	if (d->child && kpm_child_over(d->child))
		kpm_loop_stop(&d->loop);
}

/* Changes are those from the sample before. */
static int play(struct dump *d, struct kpm_err *err)
{
	struct kpm_source *source = d->sampler.source;
	uint32_t next = kpm_replay_next(source);
	int ret = 0;

	if (next) {
		kpm_replay_seek(source, next - 1);
		ret = take_sample(d, err);
	}
	return ret ? ret : take_sample(d, err);
}

static int count(struct dump *d, struct kpm_err *err)
{
	const struct kpm_options *o = d->options;
	/* tables that have counted for days need no more time, unless changes are asked for */
	bool at_once = d->sampler.tracked && !o->for_given && !o->view.by_change;
	char doing[100] = "counting";
	int ret = 0;

	if (d->child)
		snprintf(doing, sizeof(doing), "counting while %.60s runs", o->child[0]);
	d->loop = (struct kpm_loop){
		.for_ns = d->child || at_once ? 0 : o->for_ns,
		.half = o->view.by_change ? take_sample : NULL,
		.check = check,
		.child = child_ended,
		.doing = isatty(STDERR_FILENO) ? doing : NULL,
		.input = -1,
		.wake = -1,
		.arg = d,
	};
	/* a child has no half time: changes are since its start */
	if (d->child && o->view.by_change)
		ret = take_sample(d, err);
	if (!ret && d->child)
		ret = kpm_child_go(d->child, err);
	if (!ret && (d->child || d->loop.for_ns))
		ret = kpm_loop_run(&d->loop, err);
	if (!ret)
		kpm_sampler_audit_once(&d->sampler, d->loop.for_ns);
	return ret ? ret : take_sample(d, err);
}

/* What the columns that are shown or ordered by want to be found out. */
static unsigned int needs(const struct dump *d)
{
	const struct kpm_column *sort = d->options->view.sort;
	unsigned int needs = sort ? sort->needs : 0;

	if (d->options->by == KPM_BY_CGROUP)
		needs |= KPM_NEEDS_CHARGES;
	for (size_t i = 0; i < d->target_count; i++) {
		const struct kpm_column_list *list = &d->targets[i].opts.columns;

		for (size_t c = 0; c < list->count; c++)
			needs |= list->column[c]->needs;
	}
	return needs;
}

/* Does one of these columns, or a format, say who is behind the tags? */
static bool wants_who(const struct dump *d)
{
	const struct kpm_column *sort = d->options->view.sort;

	if ((sort && sort->who) || d->options->by >= KPM_BY_OWNER)
		return true;
	for (size_t i = 0; i < d->target_count; i++) {
		const struct kpm_column_list *list = &d->targets[i].opts.columns;

		if (d->targets[i].sink->who)
			return true;
		for (size_t c = 0; c < list->count; c++)
			if (list->column[c]->who)
				return true;
	}
	return false;
}

static int run(struct dump *d, struct kpm_err *note, struct kpm_err *err)
{
	const struct kpm_options *o = d->options;
	int ret = add_targets(d, err);

	if (!ret && kpm_labels_file(o))
		ret = kpm_labels_open(kpm_labels_file(o), &d->labels, err);
	if (!ret && o->child)
		ret = kpm_child_new(o->child, &d->child, err);
	if (ret)
		return ret;
	/* all that is left to do with rights is to write files in other people's directories */
	ret = kpm_sampler_open(&d->sampler, o, needs(d),
			       o->outputs.count || o->snapshot ? KPM_RIGHT_ANY_FILE : 0, note, err);
	if (!ret && wants_who(d))
		kpm_sampler_want_who(&d->sampler, d->labels);
	kpm_sampler_want_charges(&d->sampler, o->by == KPM_BY_CGROUP);
	if (!ret)
		ret = d->sampler.recording ? play(d, err) : count(d, err);
	if (!ret)
		ret = show(d, err);
	if (!d->child || !kpm_child_failed(d->child, note))
		kpm_locations_note(d->sampler.locations, note);
	return ret;
}

int kpm_cmd_dump(const struct kpm_options *options, struct kpm_outcome *outcome,
		 struct kpm_err *err)
{
	struct dump *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return kpm_fail(err, -ENOMEM, "out of memory");
	d->options = options;
	kpm_signals_hold();
	ret = run(d, &outcome->note, err);
	kpm_sampler_close(&d->sampler);
	kpm_child_free(d->child);
	for (size_t i = 0; i < d->target_count; i++)
		free(d->targets[i].head);
	free(d->targets);
	kpm_rollup_free(d->rollup);
	kpm_history_free(d->group_history);
	free(d->wanted);
	free(d->label);
	kpm_labels_free(d->labels);
	free(d);
	return ret;
}
