// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon diff: matches the rows of two samples by tag and cache, and orders them by growth. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/diff_output.h"
#include "cli/options.h"
#include "model/dataset.h"
#include "model/dataset_open.h"
#include "sink/output.h"
#include "view/filter.h"

/* Is a row asked for? Patterns are matched as in the other commands. */
static bool passes(const struct kpm_options *o, const struct kpm_dataset_row *row)
{
	char symbol[512];
	struct kpm_tag_name name = {
		.text = row->tag,
		.module = row->module,
		.cache = row->cache,
	};

	snprintf(symbol, sizeof(symbol), "%.*s", (int)strcspn(row->tag, "+"), row->tag);
	name.symbol = symbol;
	return kpm_filter_passes(o->view.include, o->view.exclude, &name);
}

static void add(const struct kpm_options *o, struct kpm_compared *c,
		const struct kpm_dataset_row *a, const struct kpm_dataset_row *b)
{
	struct kpm_compared_row row = {
		.a = a,
		.b = b,
		.bytes = (int64_t)((b ? b->bytes : 0) - (a ? a->bytes : 0)),
		.diff = (int64_t)((b ? b->diff : 0) - (a ? a->diff : 0)),
	};
	bool same = a && b && a->allocs == b->allocs && a->frees == b->frees;

	if ((row.bytes || row.diff || !same) && passes(o, b ? b : a))
		c->rows[c->count++] = row;
}

/* Merges the rows of both, which are in the same order. *fewer: a counter went back, of a tag that
 * is shown or not. */
static int match(const struct kpm_options *o, struct kpm_compared *c, bool *fewer)
{
	uint32_t i = 0, k = 0;

	c->rows = calloc((size_t)c->a.count + c->b.count + 1, sizeof(*c->rows));
	if (!c->rows)
		return -ENOMEM;
	while (i < c->a.count || k < c->b.count) {
		const struct kpm_dataset_row *a = &c->a.rows[i], *b = &c->b.rows[k];
		int order = i == c->a.count ? 1 : k == c->b.count ? -1 : kpm_dataset_compare(a, b);

		if (order && i < c->a.count && k < c->b.count && kpm_dataset_continues(a, b))
			order = 0;
		*fewer |= !order && b->allocs < a->allocs;
		add(o, c, order > 0 ? NULL : a, order < 0 ? NULL : b);
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

static int by_growth(const void *x, const void *y)
{
	const struct kpm_compared_row *a = x, *b = y;
	int order = (a->bytes < b->bytes) - (a->bytes > b->bytes);

	if (!order)
		order = (a->diff < b->diff) - (a->diff > b->diff);
	return order ? order : kpm_dataset_compare(a->b ? a->b : a->a, b->b ? b->b : b->a);
}

/* Counters go on unless tracking began again: its time went on with the clock. */
static void judge_run(struct kpm_compared *c, bool fewer)
{
	int64_t tracked = c->a.tracked_ms >= 0 && c->b.tracked_ms >= 0
				  ? c->b.tracked_ms - c->a.tracked_ms
				  : 0;
	int64_t wall = c->a.wall_ns && c->b.wall_ns ? (c->b.wall_ns - c->a.wall_ns) / 1000000 : 0;

	/* a machine that slept was tracked for less than the clock went on, never for more */
	c->same_run = !fewer && c->a.tracked_ms >= 0 && tracked >= 0 && tracked <= wall + 2000 &&
		      !strcmp(c->a.host, c->b.host) && !strcmp(c->a.kernel, c->b.kernel);
	c->seconds = (c->same_run ? tracked : wall > 0 ? wall : 0) / 1e3;
}

static void warn_about(const struct kpm_options *o, const struct kpm_compared *c,
		       void (*warn)(const char *text))
{
	char text[700];

	if (strcmp(c->a.kernel, c->b.kernel)) {
		snprintf(text, sizeof(text),
			 "%.200s is of Linux %s, %.200s of Linux %s: offsets in tags differ from "
			 "build to build, and a tag may be other code",
			 o->words[0], c->a.kernel, o->words[1], c->b.kernel);
		warn(text);
	}
	if (strcmp(c->a.host, c->b.host)) {
		snprintf(text, sizeof(text), "%.200s is of the host %s, %.200s of %s", o->words[0],
			 c->a.host, o->words[1], c->b.host);
		warn(text);
	}
	if (c->same_run || strcmp(c->a.kernel, c->b.kernel) || strcmp(c->a.host, c->b.host))
		return;
	snprintf(text, sizeof(text),
		 "%.200s and %.200s are of two runs of tracking: the second does not see "
		 "frees of objects of the first",
		 o->words[0], o->words[1]);
	warn(text);
}

struct output {
	const struct kpm_compared *compared;
	enum kpm_format format;
	bool exact;
};

static int write_text(FILE *out, const void *arg)
{
	const struct output *o = arg;

	return kpm_compared_write(out, o->compared, o->format, o->exact);
}

static int write_out(const struct kpm_options *o, const struct kpm_compared *c, struct kpm_err *err)
{
	const char *file = kpm_output_file(o);
	const struct output output = {
		.compared = c,
		.format = o->format ? o->format
			  : file    ? kpm_format_for_file(file)
				    : KPM_FORMAT_TABLE,
		.exact = o->exact,
	};

	return kpm_print(file, write_text, &output, err);
}

int kpm_cmd_diff(const struct kpm_options *o, struct kpm_outcome *outcome, struct kpm_err *err)
{
	struct kpm_compared c = {.per_op = o->per_op};
	bool fewer = false;
	int ret = kpm_dataset_open(o->words[0], &c.a, err);

	if (!ret)
		ret = kpm_dataset_open(o->words[1], &c.b, err);
	if (!ret)
		kpm_dataset_pair_merged(&c.a, &c.b);
	if (!ret && match(o, &c, &fewer))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	if (!ret) {
		judge_run(&c, fewer);
		warn_about(o, &c, outcome->warn);
		qsort(c.rows, c.count, sizeof(*c.rows), by_growth);
		if (o->view.limit && c.count > o->view.limit)
			c.count = o->view.limit;
		ret = write_out(o, &c, err);
	}
	free(c.rows);
	kpm_dataset_done(&c.a);
	kpm_dataset_done(&c.b);
	return ret;
}
