// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon report: one text with machine, kernel, suspect modules, the rows that hold most and
 * those that grew most, losses and probes. Two samples: growth is from the first to the second.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/count.h"
#include "app/locations.h"
#include "app/machine.h"
#include "app/open_source.h"
#include "base/rights.h"
#include "base/text.h"
#include "cmd/report.h"
#include "resolve/ksyms.h"
#include "sink/output.h"

/* Rows of each table, unless --limit says otherwise. */
#define ROWS 25

struct report {
	const struct kpm_options *options;
	struct kpm_tagset *tags;
	struct kpm_ksyms *ksyms;
	struct kpm_places *places;
	struct kpm_source *source;
	struct kpm_history *history;
	struct kpm_snapshot snap;
	struct kpm_view *view[2]; /* by bytes, by growth */
	struct kpm_frame frame[2];
};

static int take_sample(void *arg, struct kpm_err *err)
{
	struct report *r = arg;
	int ret = r->source->ops->sample(r->source, &r->snap, err);

	if (!ret && kpm_history_push(r->history, &r->snap))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	return ret;
}

static int build(struct report *r, struct kpm_err *err)
{
	for (int i = 0; i < 2; i++) {
		struct kpm_view_opts opts = r->options->view;
		struct kpm_frame_parts parts = {
			.snap = &r->snap,
			.tags = r->tags,
			.history = r->history,
			.locations = i ? r->frame[0].part.locations : kpm_places_list(r->places),
		};
		int ret;

		opts.sort = kpm_column_find("bytes");
		opts.by_change = i == 1;
		opts.limit = opts.limit ? opts.limit : ROWS;
		r->view[i] = kpm_view_new(&opts);
		if (!r->view[i])
			return kpm_fail(err, -ENOMEM, "out of memory");
		ret = kpm_view_build(r->view[i], &parts, &r->frame[i], err);
		if (ret)
			return ret;
		kpm_places_find(r->places, &r->frame[i]);
	}
	return 0;
}

static int table(FILE *out, const struct kpm_frame *frame, const char *columns, bool verbose)
{
	struct kpm_sink_opts opts = {.exact = true, .totals = true, .verbose = verbose};
	int ret = kpm_columns_parse(&opts.columns, columns, NULL);

	return ret ? ret : kpm_sink_table.sample(out, frame, &opts);
}

static int write_text(const struct report *r, FILE *out)
{
	char time[KPM_TIME_LEN];
	int ret;

	fprintf(out, "kpoolmon report\n\n%-15s kpoolmon " KPM_VERSION "\n%-15s %s\n", "Made by",
		"Time", kpm_format_time(r->snap.wall_ns, time));
	kpm_machine_kernel(out, &r->options->live.roots);
	fputs("\n== Modules of the rows below\n", out);
	kpm_machine_modules(out, &r->options->live.roots, &r->frame[0], &r->frame[1]);
	fputs("\n== Most memory\n", out);
	ret = table(out, &r->frame[0],
		    "tag,type,allocs,frees,diff,bytes,missed,module,cache,module_file", true);
	fputs("\n== Most growth, in bytes, while this report was made\n", out);
	if (!ret)
		ret = table(out, &r->frame[1],
			    "tag,type,allocs,allocs_change,frees,frees_change,diff,diff_change,"
			    "bytes,bytes_change,module,cache",
			    false);
	return ret;
}

static int write_report(const struct report *r, struct kpm_err *err)
{
	const struct kpm_options *o = r->options;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int ret = out ? write_text(r, out) : -ENOMEM;

	if ((out && fclose(out)) || ret)
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	else if (o->output_count && strcmp(o->outputs[0], "-"))
		ret = kpm_write_file(o->outputs[0], text, size, err);
	else
		ret = kpm_write_stdout(text, size, err);
	free(text);
	return ret;
}

static int run(struct report *r, struct kpm_err *err)
{
	const struct kpm_options *o = r->options;
	struct kpm_wait wait = {.for_ns = o->for_ns, .progress = isatty(STDERR_FILENO), .arg = r};
	bool tracked;
	int ret = 0;

	r->tags = kpm_tagset_new();
	r->history = kpm_history_new();
	if (!r->tags || !r->history)
		return kpm_fail(err, -ENOMEM, "out of memory");
	if (o->output_count && strcmp(o->outputs[0], "-"))
		ret = kpm_write_check(o->outputs[0], err);
	if (!ret && !kpm_ksyms_open(&o->live.roots, &r->ksyms, NULL))
		kpm_tagset_set_namer(r->tags, kpm_ksyms_namer, r->ksyms);
	if (!ret)
		kpm_places_open(KPM_LOCATION_FILE, &o->live.roots, r->tags, r->ksyms, &r->places,
				NULL);
	if (!ret)
		ret = kpm_origin_open(o, r->tags, &r->source, &tracked, err);
	if (!ret)
		ret = kpm_rights_drop(o->output_count ? KPM_RIGHT_ANY_FILE : 0, err);
	if (ret)
		return ret;
	/* what is tracked for long shows its growth all the time, else in the second half */
	if (tracked)
		ret = take_sample(r, err);
	else
		wait.halfway = take_sample;
	if (!ret)
		ret = kpm_wait(&wait, err);
	if (!ret)
		ret = take_sample(r, err);
	kpm_signals_release();
	if (!ret)
		ret = build(r, err);
	return ret ? ret : write_report(r, err);
}

int kpm_report(const struct kpm_options *options, struct kpm_err *err)
{
	struct report *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return kpm_fail(err, -ENOMEM, "out of memory");
	r->options = options;
	kpm_snapshot_init(&r->snap);
	kpm_signals_hold();
	ret = run(r, err);
	kpm_source_close(r->source);
	kpm_places_close(r->places);
	kpm_view_free(r->view[0]);
	kpm_view_free(r->view[1]);
	kpm_history_free(r->history);
	kpm_snapshot_done(&r->snap);
	kpm_tagset_free(r->tags);
	kpm_ksyms_close(r->ksyms);
	free(r);
	return ret;
}
