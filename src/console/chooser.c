// SPDX-License-Identifier: GPL-2.0-or-later
/* The chooser lists the columns that are shown, in their order, and then the others. */
#include <string.h>

#include "console/chooser.h"
#include "console/column_file.h"
#include "console/keys.h"
#include "console/layout.h"
#include "console/terminal.h"

static const struct kpm_column *candidate(size_t n)
{
	for (size_t i = 0; i < kpm_column_count; i++)
		if (can_be_shown(&kpm_columns[i]) && !n--)
			return &kpm_columns[i];
	return NULL;
}

static size_t index_of(const struct kpm_column_list *list, const struct kpm_column *column)
{
	size_t i = 0;

	while (i < list->count && list->column[i] != column)
		i++;
	return i;
}

/* The nth column of the list, NULL behind its end. */
static const struct kpm_column *listed(const struct kpm_console *c, size_t n)
{
	if (n < c->columns.count)
		return c->columns.column[n];
	n -= c->columns.count;
	for (size_t i = 0; candidate(i); i++)
		if (index_of(&c->columns, candidate(i)) == c->columns.count && !n--)
			return candidate(i);
	return NULL;
}

static void toggle(struct kpm_console *c)
{
	const struct kpm_column *column = listed(c, c->chosen);
	struct kpm_column_list *list = &c->columns;
	size_t at = index_of(list, column);

	if (at == list->count) {
		list->column[list->count++] = column;
	} else if (list->count > 1) {
		memmove(list->column + at, list->column + at + 1,
			(list->count - at - 1) * sizeof(*list->column));
		list->count--;
	}
}

static void shift(struct kpm_console *c, int by)
{
	struct kpm_column_list *list = &c->columns;
	size_t to = c->chosen + by;
	const struct kpm_column *column;

	if (c->chosen >= list->count || to >= list->count)
		return;
	column = list->column[to];
	list->column[to] = list->column[c->chosen];
	list->column[c->chosen] = column;
	c->chosen = to;
}

unsigned int choose_key(struct kpm_console *c, int key)
{
	switch (key) {
	case KEY_UP:
	case KEY_DOWN:
		c->chosen += key == KEY_UP ? -(c->chosen > 0) : listed(c, c->chosen + 1) != NULL;
		break;
	case ' ':
		toggle(c);
		break;
	case '+':
	case '-':
		shift(c, key == '+' ? 1 : -1);
		break;
	case '\r':
	case '\n':
	case KEY_ENTER:
	case KEY_ESCAPE:
	case 'o':
	case 'O':
	case 'q':
	case 'Q':
		c->page = PAGE_TABLE;
		save_columns(c);
		break;
	default:
		return 0;
	}
	reset_widths(c);
	return KPM_REACT_VIEW;
}

void draw_chooser(struct kpm_console *c)
{
	int rows = LINES - 2;
	size_t top = c->chosen >= (size_t)rows ? c->chosen - rows + 1 : 0;

	put_at(c, 0, 0, STYLE_HEADING, "%-*s", COLS,
	       " Columns: Space shows or hides, - and + move, Enter ends");
	for (int y = 0; y < rows; y++) {
		const struct kpm_column *column = listed(c, top + y);

		if (!column)
			break;
		put_at(c, y + 2, 0, top + y == c->chosen ? STYLE_SELECTED : STYLE_PLAIN,
		       " [%c] %-13s %-16s %s", top + y < c->columns.count ? 'x' : ' ',
		       column->title, column->name, column->help);
	}
}
