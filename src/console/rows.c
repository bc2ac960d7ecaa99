// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draws the rows. Each begins with its marks: `~` the figures are an estimate, `?` frees were
 * missed, `*` the tag is new. A growing value has a plus and is red, a shrinking one has a minus
 * and is green; rows that changed are bold, as in poolmon.
 */
#include <string.h>

#include "base/clock.h"
#include "console/layout.h"
#include "console/rows.h"
#include "console/terminal.h"

#define NEW_NS     (10 * KPM_SECOND) /* how long a tag is marked as new: five ticks */
#define SPARK_MOST 40                /* columns of the screen */

static int sign_of(const struct kpm_column *column, const struct kpm_frame *frame,
		   const struct kpm_row *row)
{
	struct kpm_cell cell;

	kpm_column_get(column, frame, row, &cell);
	return cell.type == KPM_CELL_INT ? (cell.i > 0) - (cell.i < 0) : 0;
}

static void draw_value(struct kpm_console *c, int y, const struct drawn *d, enum style style)
{
	int pad;

	kpm_text_cut(c->buf, d->width);
	pad = d->width - (int)kpm_text_width(c->buf);
	put_at(c, y, d->x + (d->column->right ? pad : 0), style, "%s", c->buf);
}

/* Only the columns whose growth is good or bad have colours: allocs and frees always grow. */
static enum style style_of_change(const struct drawn *d, int sign, enum style style)
{
	if (style == STYLE_SELECTED || !sign ||
	    (strcmp(d->column->name, "diff") && strcmp(d->column->name, "bytes")))
		return style;
	return sign > 0 ? STYLE_GROW : STYLE_SHRINK;
}

static void draw_row(struct kpm_console *c, int y, const struct kpm_frame *frame,
		     const struct kpm_row *row, enum style style)
{
	const struct kpm_trend *trend = frame->part.trend;
	bool fresh = trend && row->tag != KPM_NO_TAG && kpm_trend_is_new(trend, row->tag, NEW_NS);

	if (style == STYLE_SELECTED)
		put_at(c, y, 0, style, "%-*s", COLS, "");
	put_at(c, y, 0, style, "%c%c%c", row->estimated ? '~' : ' ',
	       kpm_missed(kpm_frame_counts(frame, row)) ? '?' : ' ', fresh ? '*' : ' ');
	for (size_t i = 0; i < c->drawn_count; i++) {
		const struct drawn *d = &c->drawn[i];
		int sign;

		cell_text(c, d->column, frame, row);
		draw_value(c, y, d, style);
		if (!d->change)
			continue;
		sign = sign_of(d->change, frame, row);
		cell_text(c, d->change, frame, row);
		put_at(c, y, d->x + d->width + 1, style, "(");
		put_at(c, y, d->x + d->width + 2 + d->change_width - (int)kpm_text_width(c->buf),
		       style_of_change(d, sign, style), "%s", c->buf);
		put_at(c, y, d->x + d->width + 2 + d->change_width, style, ")");
	}
}

void draw_spark(const struct kpm_console *c, int y, int x, const uint64_t *values, uint32_t there,
		uint32_t count)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char ascii[] = "_.-=+*%#";
	uint64_t low = UINT64_MAX, high = 0;

	for (uint32_t i = count - there; i < count; i++) {
		low = values[i] < low ? values[i] : low;
		high = values[i] > high ? values[i] : high;
	}
	for (uint32_t i = count - there; i < count; i++) {
		int step = high > low ? (values[i] - low) * 7.999 / (high - low) : 0;

		if (c->utf8)
			put_at(c, y, x + i, STYLE_PLAIN, "%s", blocks[step]);
		else
			put_at(c, y, x + i, STYLE_PLAIN, "%c", ascii[step]);
	}
}

/* Where the sparkline begins, behind the columns; 0: it does not fit. */
static int spark_x(const struct kpm_console *c)
{
	const struct drawn *last = &c->drawn[c->drawn_count - 1];
	int x = last->x + last->width + (last->change ? last->change_width + 3 : 0) + 2;

	return COLS - x >= SPARK_LEAST ? x : 0;
}

static int spark_width(int x)
{
	return COLS - x < SPARK_MOST ? COLS - x : SPARK_MOST;
}

static void draw_headings(struct kpm_console *c, const struct kpm_frame *frame, int y, int spark)
{
	static const char *const groups[KPM_ROLLUPS] = {"Tag",   "Module",  "Cache",
							"Owner", "Process", "Cgroup"};
	const struct kpm_view_opts *view = &c->state.view;

	c->heading_y = y;
	put_at(c, y, 0, STYLE_HEADING, "%-*s", COLS, "");
	for (size_t i = 0; i < c->drawn_count; i++) {
		const struct drawn *d = &c->drawn[i];
		const char *title = d->column->title, *arrow = "";

		if (!strcmp(d->column->name, "tag"))
			title = groups[c->state.by];
		if (d->column == view->sort)
			arrow = d->column->falling != view->reverse ? (c->utf8 ? "▼" : "v")
								    : (c->utf8 ? "▲" : "^");
		snprintf(c->buf, sizeof(c->buf), "%s%s", title, arrow);
		draw_value(c, y, d, STYLE_HEADING);
		if (d->change && d->change_width >= 6 && frame->by_change && *arrow)
			put_at(c, y, d->x + d->width + 1, STYLE_HEADING, "(%s)", "change");
	}
	if (spark)
		put_at(c, y, spark, STYLE_HEADING, "Trend");
}

static void draw_totals(struct kpm_console *c, const struct kpm_frame *frame, int y)
{
	static const char *const names[KPM_KINDS] = {"Total Nonp", "Total Paged"};

	for (unsigned int k = 0; k < KPM_KINDS; k++) {
		struct kpm_row row = {.tag = KPM_NO_TAG};

		row.estimated = frame->totals.estimated;
		row.kind[k] = frame->totals.kind[k];
		draw_row(c, y + k, frame, &row, STYLE_BOLD);
		put_at(c, y + k, c->drawn[0].x, STYLE_BOLD, "%-*.*s", c->drawn[0].width,
		       c->drawn[0].width, names[k]);
	}
}

void follow_selection(struct kpm_console *c, const struct kpm_frame *frame)
{
	if (!frame->count) {
		c->cursor = c->top = 0;
		c->state.selected = KPM_NO_TAG;
		return;
	}
	if (c->cursor >= frame->count)
		c->cursor = frame->count - 1;
	if (c->state.selected != KPM_NO_TAG &&
	    frame->part.snap->rows[frame->order[c->cursor]].tag != c->state.selected) {
		for (uint32_t i = 0; i < frame->count; i++) {
			if (frame->part.snap->rows[frame->order[i]].tag == c->state.selected) {
				c->cursor = i;
				break;
			}
		}
	}
	if (c->cursor < c->top)
		c->top = c->cursor;
	if (c->rows && c->cursor >= c->top + c->rows)
		c->top = c->cursor - c->rows + 1;
	if (c->top + c->rows > frame->count)
		c->top = frame->count > c->rows ? frame->count - c->rows : 0;
}

void draw_table(struct kpm_console *c, const struct kpm_scene *scene, int y, int end)
{
	const struct kpm_frame *frame = scene->frame;
	int totals = c->totals && end - y > 5 ? KPM_KINDS : 0, spark;
	uint64_t values[SPARK_MOST];
	uint32_t shown;

	c->rows = end - y - 1 - totals > 0 ? end - y - 1 - totals : 0;
	follow_selection(c, frame);
	shown = frame->count - c->top < c->rows ? frame->count - c->top : c->rows;
	lay_out(c, frame, c->top, shown);
	c->state.first_row = c->top;
	c->state.row_count = shown;
	c->state.needs = 0;
	for (size_t i = 0; i < c->drawn_count; i++)
		c->state.needs |= c->drawn[i].column->needs;
	spark = frame->part.trend ? spark_x(c) : 0;
	draw_headings(c, frame, y, spark);
	for (uint32_t i = 0; i < shown; i++) {
		const struct kpm_row *row = &frame->part.snap->rows[frame->order[c->top + i]];
		bool selected = c->state.selected != KPM_NO_TAG && c->top + i == c->cursor;

		draw_row(c, y + 1 + i, frame, row,
			 selected                                        ? STYLE_SELECTED
			 : c->highlight && kpm_frame_changed(frame, row) ? STYLE_BOLD
									 : STYLE_PLAIN);
		if (spark) {
			uint32_t count = spark_width(spark);
			uint32_t there = kpm_trend_series(frame->part.trend, row->tag, frame->pool,
							  KPM_WINDOW_RUN, values, count);

			draw_spark(c, y + 1 + i, spark, values, there, count);
		}
	}
	if (!frame->count)
		put_at(c, y + 1, 4, STYLE_PLAIN, "%s",
		       *c->find ? "no row matches the filter" : "nothing was allocated yet");
	if (totals)
		draw_totals(c, frame, end - totals);
}
