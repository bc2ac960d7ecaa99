// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which columns fit, and how wide they are. What gives way, in this order: long texts, the tag's
 * text, figures in full, parentheses, columns. The tag and its bytes stay to the last.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

#define MARKS      3 /* before each row */
#define TEXT_LEAST 8
#define TAG_LEAST  24

/* Columns that are left out for want of room after the user's own, the first one first. */
static const char *const spare[] = {"per_alloc", "cache",  "type", "module",
				    "frees",     "allocs", "diff"};
/* Parentheses that are, before any column. */
static const char *const spare_changes[] = {"per_alloc", "frees", "allocs"};

/* 12.3M objects; a sign for changes. */
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
		kpm_cell_show(column, &cell, c->exact, c->buf);
	return c->buf;
}

static bool is(const struct drawn *d, const char *name)
{
	return !strcmp(d->column->name, name);
}

static bool among(const struct drawn *d, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is(d, names[i]))
			return true;
	return false;
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

static int total_width(const struct kpm_console *c)
{
	int total = MARKS;

	for (size_t i = 0; i < c->drawn_count; i++)
		total += 1 + c->drawn[i].width +
			 (c->drawn[i].change ? c->drawn[i].change_width + 3 : 0);
	return total;
}

static int too_wide(const struct kpm_console *c)
{
	int total = total_width(c);

	return total > COLS ? total - COLS : 0;
}

static void narrow(struct kpm_console *c, struct drawn *d, int least)
{
	int spare_width = d->width - least, lack = too_wide(c);

	if (spare_width > 0)
		d->width -= spare_width < lack ? spare_width : lack;
}

static void drop(struct kpm_console *c, size_t i)
{
	memmove(c->drawn + i, c->drawn + i + 1, (c->drawn_count - i - 1) * sizeof(*c->drawn));
	c->drawn_count--;
}

static void drop_named(struct kpm_console *c, const char *name)
{
	for (size_t i = 0; i < c->drawn_count; i++) {
		if (is(&c->drawn[i], name)) {
			drop(c, i);
			return;
		}
	}
}

static void narrow_texts(struct kpm_console *c)
{
	for (size_t i = c->drawn_count; i-- > 0;)
		if (!c->drawn[i].column->right && !is(&c->drawn[i], "tag"))
			narrow(c, &c->drawn[i], TEXT_LEAST);
	for (size_t i = 0; i < c->drawn_count; i++)
		if (is(&c->drawn[i], "tag"))
			narrow(c, &c->drawn[i], TAG_LEAST);
}

static void drop_changes(struct kpm_console *c)
{
	for (size_t s = 0; s < sizeof(spare_changes) / sizeof(*spare_changes); s++)
		for (size_t i = 0; i < c->drawn_count && too_wide(c); i++)
			if (is(&c->drawn[i], spare_changes[s]))
				c->drawn[i].change = NULL;
}

/* What does not matter most goes first: the user's extra columns, the last one before. */
static void drop_columns(struct kpm_console *c)
{
	const size_t spares = sizeof(spare) / sizeof(*spare);

	for (size_t i = c->drawn_count; i-- > 0 && too_wide(c);)
		if (!among(&c->drawn[i], spare, spares) && !is(&c->drawn[i], "tag") &&
		    !is(&c->drawn[i], "bytes"))
			drop(c, i);
	for (size_t s = 0; s < spares && too_wide(c); s++)
		drop_named(c, spare[s]);
	for (size_t i = 0; i < c->drawn_count && too_wide(c); i++)
		c->drawn[i].change = NULL;
	for (size_t i = 0; i < c->drawn_count && too_wide(c); i++)
		narrow(c, &c->drawn[i], is(&c->drawn[i], "tag") ? TEXT_LEAST : 5);
}

static void choose(struct kpm_console *c)
{
	c->drawn_count = 0;
	for (size_t i = 0; i < c->columns.count; i++) {
		const struct kpm_column *column = c->columns.column[i];
		struct drawn *d = &c->drawn[c->drawn_count];

		/* a group has no name but its own */
		if (c->state.by != KPM_BY_TAG && !column->right && strcmp(column->name, "tag") &&
		    strcmp(column->name, "type"))
			continue;
		*d = (struct drawn){.column = column};
		if (column->change)
			d->change = kpm_column_find(column->change);
		c->drawn_count++;
	}
}

void lay_out(struct kpm_console *c, const struct kpm_frame *frame, uint32_t from, uint32_t count)
{
	int x = MARKS;

	for (int compact = 0; compact < 2; compact++) {
		if (c->compact != (compact == 1))
			forget_widths(c);
		c->compact = compact;
		choose(c);
		measure(c, frame, from, count);
		narrow_texts(c);
		if (!too_wide(c))
			break;
	}
	drop_changes(c);
	if (too_wide(c))
		drop_columns(c);
	for (size_t i = 0; i < c->drawn_count; i++) {
		struct drawn *d = &c->drawn[i];

		d->x = x + 1;
		x += 1 + d->width + (d->change ? d->change_width + 3 : 0);
	}
}
