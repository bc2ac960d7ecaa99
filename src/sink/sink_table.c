// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table: poolmon's header and columns for the eye. Widths come from the content, so that
 * large numbers never push a column aside.
 *
 * Before each tag stand its marks: `~` the figures are an estimate, `?` frees were missed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sink/sink.h"
#include "view/kind_names.h"
#include "view/probe_text.h"

static void pad(FILE *out, size_t n)
{
	while (n--)
		fputc(' ', out);
}

/*
 * Takes the width that a terminal lacks from the texts, the last column first: the numbers stay
 * whole.
 */
static void fit(const struct kpm_sink_opts *opts, size_t *width)
{
	const struct kpm_column_list *list = &opts->columns;
	size_t total = 2;

	for (size_t c = 0; c < list->count; c++)
		total += 1 + width[c];
	for (size_t c = list->count; c-- > 0 && opts->width && total > opts->width;) {
		size_t title = kpm_text_width(list->column[c]->title),
		       least = title > 8 ? title : 8;
		size_t spare = width[c] > least ? width[c] - least : 0;

		if (list->column[c]->right)
			continue;
		if (spare > total - opts->width)
			spare = total - opts->width;
		width[c] -= spare;
		total -= spare;
	}
}

/* One cell; nothing follows the last one of a line. */
static void put(FILE *out, const struct kpm_column *column, const char *text, size_t width,
		bool last)
{
	size_t fill = width - kpm_text_width(text);

	fputc(' ', out);
	if (column->right)
		pad(out, fill);
	fputs(text, out);
	if (!column->right && !last)
		pad(out, fill);
}

/* The rows as the table has them: those of the frame, then the totals of each kind shown. */
struct lines {
	const struct kpm_frame *frame;
	struct kpm_row total[KPM_KINDS];
	uint32_t totals;
};

static uint32_t line_count(const struct lines *lines)
{
	return lines->frame->count + lines->totals;
}

static const struct kpm_row *line(const struct lines *lines, uint32_t i)
{
	const struct kpm_frame *f = lines->frame;

	return i < f->count ? &f->part.snap->rows[f->order[i]] : &lines->total[i - f->count];
}

/* Has a frame sums of a kind to show? The first kind stands in where there are none at all. */
static bool has_total(const struct kpm_frame *frame, unsigned int kind)
{
	if (frame->pool != KPM_KINDS)
		return frame->pool == kind;
	return frame->totals.kind[kind].allocs ||
	       (kind == KPM_NONP && !frame->totals.kind[KPM_PAGED].allocs);
}

static void add_totals(struct lines *lines)
{
	for (unsigned int k = 0; k < KPM_KINDS; k++) {
		struct kpm_row *total = &lines->total[lines->totals];

		if (!has_total(lines->frame, k))
			continue;
		*total = (struct kpm_row){.tag = KPM_NO_TAG};
		total->estimated = lines->frame->totals.estimated;
		total->kind[k] = lines->frame->totals.kind[k];
		lines->totals++;
	}
}

static void put_rows(FILE *out, const struct lines *lines, const struct kpm_sink_opts *opts,
		     const size_t *width, char *buf)
{
	const struct kpm_column_list *list = &opts->columns;
	struct kpm_cell cell;

	if (opts->highlight)
		fputs("\033[7m", out);
	fputs("  ", out);
	for (size_t c = 0; c < list->count; c++)
		put(out, list->column[c], list->column[c]->title, width[c], c + 1 == list->count);
	fputs(opts->highlight ? "\033[0m\n" : "\n", out);
	for (uint32_t i = 0; i < line_count(lines); i++) {
		const struct kpm_row *row = line(lines, i);
		/* what changed between the two samples is drawn bold, as poolmon does */
		bool bold = opts->highlight && lines->frame->by_change &&
			    kpm_frame_changed(lines->frame, row);

		if (bold)
			fputs("\033[1m", out);
		fputc(row->estimated ? '~' : ' ', out);
		fputc(kpm_missed(kpm_frame_counts(lines->frame, row)) ? '?' : ' ', out);
		for (size_t c = 0; c < list->count; c++) {
			kpm_column_get(list->column[c], lines->frame, row, &cell);
			kpm_cell_show(&cell, list->column[c]->unit, opts->exact, buf);
			kpm_text_cut(buf, width[c]);
			put(out, list->column[c], buf, width[c], c + 1 == list->count);
		}
		fputs(bold ? "\033[0m\n" : "\n", out);
	}
}

static void amount(FILE *out, const char *label, uint64_t bytes, bool exact)
{
	char buf[KPM_SIZE_LEN];

	if (exact)
		fprintf(out, " %s: %" PRIu64, label, bytes);
	else
		fprintf(out, " %s: %s", label, kpm_format_size(bytes, buf));
}

/* `Nonp: 12.3M of 512.0M`: how much of a kind of slab memory is tracked. */
static void tracked(FILE *out, const char *label, uint64_t part, uint64_t whole, bool known,
		    bool exact)
{
	char buf[KPM_SIZE_LEN];

	amount(out, label, part, exact);
	if (!known)
		return;
	if (exact)
		fprintf(out, " of %" PRIu64, whole);
	else
		fprintf(out, " of %s", kpm_format_size(whole, buf));
	if (whole)
		fprintf(out, " (%.0f%%)", 100.0 * part / whole);
}

static void put_losses(FILE *out, const struct kpm_snapshot *snap)
{
	const struct kpm_loss *loss = &snap->loss;
	uint64_t lost = kpm_loss_events(loss);

	if (!(snap->have & KPM_HAVE_LOSS)) {
		fputs(" Lost: -", out);
	} else if (!lost && !loss->skipped) {
		fputs(" Lost: 0", out);
	} else {
		fprintf(out, " Lost: %" PRIu64 " (", lost);
		kpm_losses_print(out, loss, "; ");
		fputc(')', out);
		if (snap->have & KPM_HAVE_RESCUE)
			fprintf(out, "  Skipped: %" PRIu64 "  Rescued: %" PRIu64, loss->skipped,
				loss->rescued);
	}
	if (snap->have & KPM_HAVE_LOSS)
		fprintf(out, "  Missed frees: %" PRIu64, loss->missed);
	if (snap->have & KPM_HAVE_AUDIT || loss->audited)
		fprintf(out, "  Audited: %" PRIu64, loss->audited);
	fputc('\n', out);
}

/* Missing probes, unproven ones, and with --verbose all of them. */
static void put_hooks(FILE *out, const struct kpm_snapshot *snap, bool verbose)
{
	const char *lead = " Unproven probes (not called yet):";

	if (!(snap->have & KPM_HAVE_HOOKS))
		return;
	kpm_missing_probes_print(out, " Missing probes", snap->hooks);
	if (*snap->no_audit)
		fprintf(out, " No audit: %s\n", snap->no_audit);
	for (int i = 0; i < KPM_HOOKS; i++) {
		if (!kpm_hook_unproven(&snap->hooks[i]))
			continue;
		fprintf(out, "%s %s", lead, kpm_hook_table[i].name);
		lead = "";
	}
	if (!*lead)
		fputc('\n', out);
	if (verbose && snap->second != KPM_SECOND_NONE)
		fprintf(out, " Second copies of the programs on events: %s\n",
			kpm_second_copies_name(snap->second));
	for (int i = 0; verbose && i < KPM_HOOKS; i++) {
		const struct kpm_hook_state *state = &snap->hooks[i];

		fprintf(out, " Probe %-16s %-22s %-10s", kpm_hook_table[i].name,
			kpm_hook_table[i].function, kpm_attach_name(state->attach));
		if (state->attach == KPM_ATTACH_MISSING)
			fprintf(out, " %s\n", kpm_hook_consequence(i));
		else if (state->attach == KPM_ATTACH_NOT_NEEDED)
			fputc('\n', out);
		else if (kpm_hook_unproven(state))
			fputs(" unproven: not called yet\n", out);
		else
			fprintf(out, " called %" PRIu64 " times\n", state->runs);
	}
}

static void put_header(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts)
{
	const struct kpm_snapshot *snap = frame->part.snap;
	bool memory = snap->have & KPM_HAVE_MEMORY;
	char time[KPM_TIME_LEN], length[KPM_SIZE_LEN], host[KPM_CLEAN_LEN], kernel[KPM_CLEAN_LEN];

	fprintf(out, " %s  %s  Linux %s  counted for %s\n", kpm_format_time(snap->wall_ns, time),
		kpm_clean(snap->host, host, sizeof(host)),
		kpm_clean(snap->kernel, kernel, sizeof(kernel)),
		kpm_format_duration(snap->mono_ns - snap->started_ns, length));
	if (memory) {
		amount(out, "Memory", snap->memory.total, opts->exact);
		amount(out, " Avail", snap->memory.available, opts->exact);
	} else {
		fputs(" Memory: -  Avail: -", out);
	}
	fputs("  Slab tracked", out);
	tracked(out, " Nonp", frame->tracked[KPM_NONP], snap->memory.slab_nonp, memory,
		opts->exact);
	tracked(out, " Paged", frame->tracked[KPM_PAGED], snap->memory.slab_paged, memory,
		opts->exact);
	fputc('\n', out);
	if (snap->have & KPM_HAVE_CAPACITY) {
		fprintf(out, " Tags: %" PRIu64 " of %" PRIu64 "  Objects: %" PRIu64 " of %" PRIu64,
			snap->capacity.tags, snap->capacity.tags_max, snap->capacity.objects,
			snap->capacity.objects_rated);
		amount(out, " Tables", snap->capacity.kernel_bytes, opts->exact);
		fputc('\n', out);
	}
	put_losses(out, snap);
	put_hooks(out, snap, opts->verbose);
	fprintf(out, " Pool: %s  %" PRIu32 " of %" PRIu32 " tags\n\n",
		kpm_kind_names[frame->pool].pool, frame->count, snap->count);
}

static int table_sample(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts)
{
	const struct kpm_column_list *list = &opts->columns;
	struct lines lines = {.frame = frame};
	size_t width[KPM_COLUMNS_MAX];
	struct kpm_cell cell;
	char *buf = malloc(KPM_CLEAN_LEN);

	if (!buf)
		return -ENOMEM;
	if (opts->totals)
		add_totals(&lines);
	for (size_t c = 0; c < list->count; c++) {
		width[c] = kpm_text_width(list->column[c]->title);
		for (uint32_t i = 0; i < line_count(&lines); i++) {
			size_t w;

			kpm_column_get(list->column[c], frame, line(&lines, i), &cell);
			kpm_cell_show(&cell, list->column[c]->unit, opts->exact, buf);
			w = kpm_text_width(buf);
			width[c] = w > width[c] ? w : width[c];
		}
	}
	fit(opts, width);
	put_header(out, frame, opts);
	put_rows(out, &lines, opts, width, buf);
	free(buf);
	return 0;
}

const struct kpm_sink kpm_sink_table = {
	.name = "table",
	.suffixes = "txt log",
	.columns = KPM_USUAL_COLUMNS,
	.change_columns = "tag,type,allocs,allocs_change,frees,frees_change,diff,diff_change,"
			  "bytes,bytes_change,per_alloc,module,cache",
	.sample = table_sample,
};
