// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon stacks: by which ways, and by whom, what is outstanding was allocated. With --for and
 * names of tags it first has each of their allocations sampled for that time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/holding.h"
#include "app/loop.h"
#include "app/sampler.h"
#include "base/clock.h"
#include "base/rights.h"
#include "resolve/labels.h"
#include "sink/output.h"
#include "sink/stacks.h"
#include "view/column_list.h"
#include "view/filter.h"
#include "view/view.h"

/* Tags that are raised at once, and how much longer than asked for: the last sample is read then. */
#define RAISED_MAX   32
#define RAISED_AFTER 2
#define LIMIT_USUAL  20

struct run {
	const struct kpm_options *options;
	struct kpm_sampler sampler;
	struct kpm_labels *labels;
	struct kpm_holding *holding;
	struct kpm_locations *locations; /* of the frames */
	struct kpm_held held;
	bool *wanted;           /* [tag] */
	struct kpm_frame frame; /* --by */
	uint32_t raised[RAISED_MAX];
	uint32_t raised_count;
};

/* Which tags are asked for: those that a word matches, all without words. Returns how many. */
static int64_t choose(struct run *run)
{
	uint32_t count = kpm_tagset_count(run->sampler.tags), matched = 0;
	const char *const *words = (const char *const *)run->options->words;

	free(run->wanted);
	run->wanted = calloc(count + 1, sizeof(*run->wanted));
	if (!run->wanted)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		run->wanted[i] =
			kpm_filter_passes(words, NULL, kpm_tagset_get(run->sampler.tags, i));
		matched += run->wanted[i];
	}
	return matched;
}

static int sample(void *arg, struct kpm_err *err)
{
	struct run *run = arg;

	return kpm_sampler_read(&run->sampler, err);
}

static int check(void *arg, struct kpm_err *err)
{
	struct run *run = arg;

	return kpm_sampler_check(&run->sampler, err);
}

static int raise_tag(struct run *run, uint32_t tag, uint32_t seconds, struct kpm_err *err)
{
	struct kpm_source *source = run->sampler.source;
	int ret = source->ops->raise ? source->ops->raise(source, tag, seconds) : -EOPNOTSUPP;

	if (ret == -EOPNOTSUPP)
		return kpm_fail(err, ret,
				"no samples are taken here (--samples off): leave out "
				"--for to see what is known");
	return ret ? kpm_fail(err, ret, "raise %.100s: %s",
			      kpm_tagset_get(run->sampler.tags, tag)->text, strerror(-ret))
		   : 0;
}

/* Raises the tags that are asked for, as far as they are known by now. */
static int raise_tags(struct run *run, struct kpm_err *err)
{
	uint32_t seconds = run->options->for_ns / KPM_SECOND + RAISED_AFTER;
	int ret = sample(run, err);
	int64_t matched = ret ? ret : choose(run);

	if (matched < 0)
		return ret ? ret : kpm_fail(err, -ENOMEM, "out of memory");
	if (matched > RAISED_MAX)
		return kpm_fail(
			err, -E2BIG,
			"%lld tags match; each allocation of %d at most can be sampled: name "
			"fewer",
			(long long)matched, RAISED_MAX);
	for (uint32_t i = 0; !ret && i < kpm_tagset_count(run->sampler.tags); i++) {
		if (!run->wanted[i])
			continue;
		ret = raise_tag(run, i, seconds, err);
		if (!ret)
			run->raised[run->raised_count++] = i;
	}
	return ret;
}

static void lower_tags(struct run *run)
{
	struct kpm_source *source = run->sampler.source;

	for (uint32_t i = 0; source && i < run->raised_count; i++)
		source->ops->raise(source, run->raised[i], 0);
}

/* Tables that have counted before are read at once, unless --for asks for more. */
static int count(struct run *run, struct kpm_err *err)
{
	const struct kpm_options *o = run->options;
	struct kpm_loop loop = {
		.for_ns = o->for_ns,
		.check = check,
		.doing = isatty(STDERR_FILENO) ? "sampling" : NULL,
		.input = -1,
		.wake = -1,
		.arg = run,
	};
	int ret = 0;

	if (run->sampler.tracked && !o->for_given)
		return sample(run, err);
	/* tags of tables of our own are known only once they allocate: they are rare at first */
	if (run->sampler.tracked && *o->words)
		ret = raise_tags(run, err);
	if (!ret)
		ret = kpm_loop_run(&loop, err);
	if (!ret)
		ret = sample(run, err);
	lower_tags(run);
	return ret;
}

static enum kpm_format format_of(const struct run *run)
{
	const char *file = kpm_output_file(run->options);
	enum kpm_format format = run->options->format;

	if (!format && file)
		format = kpm_stacks_format_for(file);
	return format ? format : KPM_FORMAT_TABLE;
}

static int write_text(FILE *out, const void *arg)
{
	const struct run *run = arg;

	switch (format_of(run)) {
	case KPM_FORMAT_JSON:
		return kpm_stacks_json(out, &run->held);
	case KPM_FORMAT_FOLDED:
		return kpm_stacks_folded(out, &run->held);
	case KPM_FORMAT_SVG:
		return kpm_stacks_svg(out, &run->held);
	case KPM_FORMAT_PPROF:
		return kpm_stacks_pprof(out, &run->held);
	default:
		return kpm_stacks_table(out, &run->held);
	}
}

static int write_groups(FILE *out, const void *arg)
{
	const struct run *run = arg;
	const struct kpm_sink *sink = kpm_sink_of(format_of(run));
	struct kpm_sink_opts opts = {.exact = run->options->exact, .version = KPM_VERSION};
	int ret = kpm_columns_parse(
		&opts.columns,
		kpm_group_columns(run->options->by, format_of(run) != KPM_FORMAT_TABLE), NULL);

	return ret ? ret : sink->sample(out, &run->frame, &opts);
}

/* --by: sums instead of stacks, as `dump --by` has them. */
static int show_groups(struct run *run, struct kpm_err *err)
{
	struct kpm_rollup *rollup = kpm_rollup_new(run->options->by);
	struct kpm_view_opts opts = {
		.pool = KPM_KINDS,
		.sort = kpm_column_find("bytes"),
		.limit = run->options->view.limit,
	};
	struct kpm_view *view = kpm_view_new(&opts);
	const struct kpm_sampler *s = &run->sampler;
	struct kpm_frame_parts parts = {.by = run->options->by};
	int ret = rollup && view && !kpm_rollup_add(rollup, &s->snap, s->tags, s->who, run->wanted)
			  ? 0
			  : kpm_fail(err, -ENOMEM, "out of memory");

	if (!ret) {
		parts.snap = kpm_rollup_snapshot(rollup);
		parts.tags = kpm_rollup_tags(rollup);
		parts.who = kpm_rollup_who(rollup);
		ret = kpm_view_build(view, &parts, &run->frame, err);
	}
	if (!ret)
		ret = kpm_print(kpm_output_file(run->options), write_groups, run, err);
	kpm_view_free(view);
	kpm_rollup_free(rollup);
	return ret;
}

static int show(struct run *run, struct kpm_err *err)
{
	const struct kpm_options *o = run->options;
	uint32_t limit = o->view.limit;
	int64_t matched = choose(run);

	if (matched < 0)
		return kpm_fail(err, -ENOMEM, "out of memory");
	if (!matched && *o->words)
		return kpm_fail(err, -ENOENT,
				"no tag matches '%.60s'; kpoolmon dump lists those that were seen",
				*o->words);
	if (o->by)
		return show_groups(run, err);
	if (!limit && format_of(run) == KPM_FORMAT_TABLE)
		limit = LIMIT_USUAL;
	if (kpm_holding_update(run->holding, &run->sampler, run->wanted, limit, &run->held))
		return kpm_fail(err, -ENOMEM, "out of memory");
	kpm_locations_find_all(run->locations);
	run->held.locations = kpm_locations_step(run->locations);
	return kpm_print(kpm_output_file(o), write_text, run, err);
}

static int open_all(struct run *run, struct kpm_err *note, struct kpm_err *err)
{
	const struct kpm_options *o = run->options;
	enum kpm_format format = format_of(run);
	bool lines = (format <= KPM_FORMAT_JSON || format == KPM_FORMAT_PPROF) && !o->by;
	int ret = 0;

	if (o->by && format > KPM_FORMAT_JSON)
		return kpm_usage(err,
				 "--by has sums and no stacks: its formats are table and json");
	if (format == KPM_FORMAT_PPROF && !kpm_output_file(o) && isatty(STDOUT_FILENO))
		return kpm_usage(err, "pprof is no text for a terminal: name a file with --output");
	if (kpm_output_file(o))
		ret = kpm_write_check(kpm_output_file(o), err);
	if (!ret && kpm_labels_file(o))
		ret = kpm_labels_open(kpm_labels_file(o), &run->labels, err);
	if (ret)
		return ret;
	run->holding = kpm_holding_new();
	if (!run->holding)
		return kpm_fail(err, -ENOMEM, "out of memory");
	if (lines)
		kpm_locations_open(KPM_LOCATION_FILE | KPM_LOCATION_LINE, &o->live.roots,
				   kpm_holding_frames(run->holding), NULL, &run->locations, note);
	ret = kpm_sampler_open(&run->sampler, o, o->by == KPM_BY_CGROUP ? KPM_NEEDS_CHARGES : 0,
			       kpm_output_file(o) ? KPM_RIGHT_ANY_FILE : 0, note, err);
	if (ret)
		return ret;
	kpm_holding_name_by(run->holding, run->sampler.ksyms);
	kpm_sampler_want_who(&run->sampler, run->labels);
	kpm_sampler_want_charges(&run->sampler, o->by == KPM_BY_CGROUP);
	return 0;
}

int kpm_cmd_stacks(const struct kpm_options *options, struct kpm_outcome *outcome,
		   struct kpm_err *err)
{
	struct run *run = calloc(1, sizeof(*run));
	int ret;

	if (!run)
		return kpm_fail(err, -ENOMEM, "out of memory");
	run->options = options;
	kpm_signals_hold();
	ret = open_all(run, &outcome->note, err);
	if (!ret)
		ret = count(run, err);
	kpm_signals_release();
	if (!ret)
		ret = show(run, err);
	kpm_locations_close(run->locations);
	kpm_holding_free(run->holding);
	kpm_sampler_close(&run->sampler);
	kpm_labels_free(run->labels);
	free(run->wanted);
	free(run);
	return ret;
}
