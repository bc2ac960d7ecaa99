// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Gives the width of the screen to columns in the order of a list of priorities. The tag and its
 * bytes are always shown.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "console/layout.h"

/*
 * Widths in columns of the screen, chosen so that 80 columns show tag, type, counts and bytes with
 * their changes, and 120 the others, too (tests/screen/golden).
 */
#define MARKS      3  /* before each row */
#define TEXT_LEAST 8  /* of a text, before it is widened */
#define TAG_LEAST  24 /* of a tag, before it is widened */
#define TEXT_MOST  24 /* of a text, unless the trend has its width already */
#define BYTES      7  /* of the column of that name: `999.9M` and a blank */

/*
 * The order in which columns get their width, while there is any; a name in parentheses stands for
 * the change of that column. All other columns follow, in the user's order.
 */
static const char *const priority[] = {"tag",    "bytes",    "(bytes)", "diff",   "(diff)",
				       "allocs", "frees",    "type",    "module", "per_alloc",
				       "cache",  "(allocs)", "(frees)"};

/* `12.3M`; with a sign for changes. */
static void abbreviate(const struct kpm_cell *cell, char *buf)
{
	static const char units[] = " kMGTPE";
	bool negative = cell->type == KPM_CELL_INT && cell->i < 0;
	uint64_t n = cell->type == KPM_CELL_UINT ? cell->u
		     : negative                  ? -(uint64_t)cell->i
						 : (uint64_t)cell->i;
	const char *sign = cell->type == KPM_CELL_UINT ? "" : negative ? "-" : "+";
	double value = n;
	int unit = 0;

	if (n < 10000) {
		sprintf(buf, "%s%" PRIu64, sign, n);
		return;
	}
	while (unit < 6 && value >= 999.5) {
		value /= 1000;
		unit++;
	}
	sprintf(buf, value < 9.95 ? "%s%.1f%c" : "%s%.0f%c", sign, value, units[unit]);
}

const char *cell_text(struct kpm_console *c, const struct kpm_column *column,
		      const struct kpm_frame *frame, const struct kpm_row *row)
{
	struct kpm_cell cell;

	kpm_column_get(column, frame, row, &cell);
	if (cell.type == KPM_CELL_INT && !cell.i)
		strcpy(c->buf, "0"); /* no change has no sign */
	else if (c->compact && column->unit == KPM_UNIT_OBJECTS &&
		 (cell.type == KPM_CELL_UINT || cell.type == KPM_CELL_INT))
		abbreviate(&cell, c->buf);
	else
		kpm_cell_show(&cell, column->unit, c->exact, c->buf);
	return c->buf;
}

static bool is(const struct drawn *d, const char *name)
{
	return !strcmp(d->column->name, name);
}

static void measure(struct kpm_console *c, const struct kpm_frame *frame, uint32_t from,
		    uint32_t count)
{
	for (size_t i = 0; i < c->drawn_count; i++) {
		struct drawn *d = &c->drawn[i];
		int *width = &c->widths[d->column - kpm_columns];
		int *change = &c->change_widths[d->column - kpm_columns];
		int title = kpm_text_width(d->column->title) + 1; /* and an arrow */

		*width = *width > title ? *width : title;
		for (uint32_t r = from; r < from + count; r++) {
			const struct kpm_row *row = &frame->part.snap->rows[frame->order[r]];
			int w = kpm_text_width(cell_text(c, d->column, frame, row));

			*width = w > *width ? w : *width;
			if (!d->change)
				continue;
			w = kpm_text_width(cell_text(c, d->change, frame, row));
			*change = w > *change ? w : *change;
		}
		d->width = *width;
		d->change_width = d->change ? *change : 0;
	}
}

/* The width below which a column is not shown. */
static int least_width(const struct drawn *d)
{
	int least = is(d, "tag") ? TAG_LEAST : TEXT_LEAST;

	return d->column->right || d->width < least ? d->width : least;
}

/* A layout in the making. */
struct layout {
	int room;                     /* columns of the screen that are left */
	bool in[KPM_COLUMNS_MAX];     /* [drawn] the column is shown */
	bool change[KPM_COLUMNS_MAX]; /* [drawn] and its change */
	int width[KPM_COLUMNS_MAX];
};

static bool add_column(const struct kpm_console *c, struct layout *l, size_t i)
{
	int width = least_width(&c->drawn[i]);

	if (l->in[i])
		return true;
	/* the tag leaves room for its bytes on any screen */
	if (is(&c->drawn[i], "tag") && width > l->room - BYTES - 2)
		width = l->room > BYTES + 4 ? l->room - BYTES - 2 : 2;
	if (width + 1 > l->room && l->room < COLS - MARKS)
		return false;
	l->in[i] = true;
	l->width[i] = width;
	l->room -= width + 1;
	return true;
}

static bool add_change(const struct kpm_console *c, struct layout *l, size_t i)
{
	int width = c->drawn[i].change_width + 3;

	if (!l->in[i] || !c->drawn[i].change || l->change[i])
		return true;
	if (width > l->room)
		return false;
	l->change[i] = true;
	l->room -= width;
	return true;
}

/* Widens tags, or other texts, to at most `most`, as far as that leaves `leave` of the room. */
static void widen(const struct kpm_console *c, struct layout *l, bool tags, int most, int leave)
{
	for (size_t i = 0; i < c->drawn_count; i++) {
		int want = c->drawn[i].width < most ? c->drawn[i].width : most;
		int lack = want - l->width[i];

		if (!l->in[i] || is(&c->drawn[i], "tag") != tags)
			continue;
		lack = lack < l->room - leave ? lack : l->room - leave;
		if (lack <= 0)
			continue;
		l->width[i] += lack;
		l->room -= lack;
	}
}

/* False if a column or a change does not fit. */
static bool fill(const struct kpm_console *c, struct layout *l)
{
	bool all = true;

	*l = (struct layout){.room = COLS - MARKS};
	for (size_t p = 0; p < sizeof(priority) / sizeof(*priority); p++) {
		bool change = *priority[p] == '(';
		size_t len = strcspn(priority[p] + change, ")");

		for (size_t i = 0; i < c->drawn_count; i++) {
			const char *name = c->drawn[i].column->name;

			if (strlen(name) != len || strncmp(name, priority[p] + change, len))
				continue;
			all &= change ? add_change(c, l, i) : add_column(c, l, i);
		}
	}
	for (size_t i = 0; i < c->drawn_count; i++)
		all &= add_column(c, l, i);
	/* the rest is for whole tags first, then for texts as far as the trend keeps its width */
	widen(c, l, true, COLS, 0);
	widen(c, l, false, TEXT_MOST, 0);
	widen(c, l, false, COLS, SPARK_LEAST + 2);
	for (size_t i = 0; i < c->drawn_count; i++)
		add_change(c, l, i);
	return all;
}

static void choose(struct kpm_console *c)
{
	c->drawn_count = 0;
	for (size_t i = 0; i < c->columns.count; i++) {
		const struct kpm_column *column = c->columns.column[i];
		struct drawn *d = &c->drawn[c->drawn_count];

		/* a group has none of the tag's texts */
		if (c->state.by != KPM_BY_TAG && !column->right && strcmp(column->name, "type"))
			continue;
		*d = (struct drawn){.column = column};
		if (column->change)
			d->change = kpm_column_find(column->change);
		c->drawn_count++;
	}
	/* a group needs its name, whatever the user chose */
	if (c->state.by != KPM_BY_TAG && (!c->drawn_count || !is(&c->drawn[0], "tag"))) {
		memmove(c->drawn + 1, c->drawn, c->drawn_count * sizeof(*c->drawn));
		c->drawn[0] = (struct drawn){.column = kpm_column_find("tag")};
		c->drawn_count++;
	}
}

bool can_be_shown(const struct kpm_column *column)
{
	return !column->sample && !strstr(column->name, "_change");
}

void reset_widths(struct kpm_console *c)
{
	memset(c->widths, 0, sizeof(c->widths));
	memset(c->change_widths, 0, sizeof(c->change_widths));
}

void lay_out(struct kpm_console *c, const struct kpm_frame *frame, uint32_t from, uint32_t count)
{
	struct layout l;
	size_t shown = 0;
	int x = MARKS;

	/* figures in full if all fits, else abbreviated */
	for (int compact = 0; compact < 2; compact++) {
		if (c->compact != (compact == 1))
			reset_widths(c);
		c->compact = compact;
		choose(c);
		measure(c, frame, from, count);
		if (fill(c, &l))
			break;
	}
	for (size_t i = 0; i < c->drawn_count; i++) {
		struct drawn d = c->drawn[i];

		if (!l.in[i])
			continue;
		d.width = l.width[i];
		if (!l.change[i])
			d.change = NULL;
		d.x = x + 1;
		x += 1 + d.width + (d.change ? d.change_width + 3 : 0);
		c->drawn[shown++] = d;
	}
	c->drawn_count = shown;
}
