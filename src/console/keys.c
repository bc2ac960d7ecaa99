// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of keys with their actions and the help. Actions change the state and return reactions;
 * they draw nothing.
 */
#include <string.h>

#include "console/keys.h"
#include "console/layout.h"

static unsigned int quit(struct kpm_console *c, int argument)
{
	(void)c, (void)argument;
	return KPM_REACT_QUIT;
}

static unsigned int open_page(struct kpm_console *c, int page)
{
	c->page = page;
	c->page_top = 0;
	c->state.details = page == PAGE_DETAILS;
	c->state.suspects = page == PAGE_SUSPECTS;
	c->state.stacks = page == PAGE_STACKS;
	return c->state.details || c->state.suspects || c->state.stacks ? KPM_REACT_DETAILS
									: KPM_REACT_DRAW;
}

static unsigned int cycle_pool(struct kpm_console *c, int argument)
{
	(void)argument;
	c->state.view.pool = (c->state.view.pool + 1) % (KPM_KINDS + 1);
	return KPM_REACT_VIEW;
}

enum { BY_BYTES, BY_ALLOCS, BY_FREES, BY_DIFF, BY_PER_ALLOC, BY_NAME };

static unsigned int sort(struct kpm_console *c, int by)
{
	static const char *const columns[] = {"bytes", "allocs",    "frees",
					      "diff",  "per_alloc", "tag"};

	c->state.view.sort = kpm_column_find(columns[by]);
	c->state.view.reverse = false;
	return KPM_REACT_VIEW;
}

enum toggle { BY_CHANGE, REVERSE, HIGHLIGHT, TOTALS, UNITS, PAUSE };

static unsigned int toggle(struct kpm_console *c, int what)
{
	bool *const switches[] = {
		[BY_CHANGE] = &c->state.view.by_change,
		[REVERSE] = &c->state.view.reverse,
		[HIGHLIGHT] = &c->highlight,
		[TOTALS] = &c->totals,
		[UNITS] = &c->exact,
		[PAUSE] = &c->state.paused,
	};

	*switches[what] = !*switches[what];
	if (what == UNITS)
		reset_widths(c);
	return what == PAUSE ? KPM_REACT_INTERVAL : KPM_REACT_VIEW;
}

static unsigned int mark(struct kpm_console *c, int argument)
{
	(void)argument;
	c->state.base = KPM_BASE_MARK;
	strcpy(c->message, "Marked: the parentheses show the change since now; k switches");
	return KPM_REACT_MARK | KPM_REACT_VIEW;
}

static unsigned int cycle_base(struct kpm_console *c, int argument)
{
	(void)argument;
	c->state.base = (c->state.base + 1) % (KPM_BASE_START + 1);
	reset_widths(c);
	return KPM_REACT_VIEW;
}

static unsigned int roll_up(struct kpm_console *c, int argument)
{
	(void)argument;
	c->state.by = (c->state.by + 1) % KPM_ROLLUPS;
	c->state.selected = KPM_NO_TAG;
	c->cursor = c->top = 0;
	reset_widths(c);
	return KPM_REACT_VIEW;
}

static unsigned int change_interval(struct kpm_console *c, int longer)
{
	static const int64_t steps_ms[] = {250, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000};
	const size_t count = sizeof(steps_ms) / sizeof(*steps_ms);
	int64_t now = c->state.interval_ns / 1000000;

	if (longer) {
		for (size_t i = 0; i < count; i++) {
			if (steps_ms[i] > now) {
				c->state.interval_ns = steps_ms[i] * 1000000;
				break;
			}
		}
	} else {
		for (size_t i = count; i-- > 0;) {
			if (steps_ms[i] < now) {
				c->state.interval_ns = steps_ms[i] * 1000000;
				break;
			}
		}
	}
	return KPM_REACT_INTERVAL | KPM_REACT_DRAW;
}

static unsigned int sample_now(struct kpm_console *c, int argument)
{
	(void)argument;
	(void)c;
	clearok(curscr, TRUE); /* and repair the screen if others wrote on it */
	return KPM_REACT_SAMPLE;
}

/* Goes to another sample of a recording and pauses there. */
static unsigned int step(struct kpm_console *c, int reaction)
{
	c->state.paused = true;
	return reaction | KPM_REACT_INTERVAL;
}

static unsigned int begin_prompt(struct kpm_console *c, int prompt)
{
	c->prompt = prompt;
	return KPM_REACT_DRAW;
}

enum move { UP, DOWN, PAGE_UP, PAGE_DOWN, FIRST, LAST };

static unsigned int move_cursor(struct kpm_console *c, int to)
{
	uint32_t step = c->rows > 1 ? c->rows - 1 : 1;

	/* the first key shows the cursor where it is */
	if (c->state.selected == KPM_NO_TAG && to != LAST && to != FIRST)
		step = 0;
	switch ((enum move)to) {
	case UP:
		c->cursor -= c->cursor && step;
		break;
	case DOWN:
		c->cursor += step ? 1 : 0;
		break;
	case PAGE_UP:
		c->cursor -= c->cursor < step ? c->cursor : step;
		break;
	case PAGE_DOWN:
		c->cursor += step;
		break;
	case FIRST:
		c->cursor = 0;
		break;
	case LAST:
		c->cursor = UINT32_MAX - 1;
		break;
	}
	/* select_row() brings the cursor back into the frame */
	return KPM_REACT_DRAW;
}

#define EITHER(letter) letter, (letter) - 'a' + 'A'

const struct key keys[] = {
	{{EITHER('p')},
	 "p",
	 "pool: both, Nonp (unreclaimable), Paged (reclaimable)",
	 cycle_pool,
	 0,
	 false},
	{{EITHER('b')}, "b", "order by bytes", sort, BY_BYTES, false},
	{{EITHER('a')}, "a", "order by allocs", sort, BY_ALLOCS, false},
	{{EITHER('f')}, "f", "order by frees", sort, BY_FREES, false},
	{{EITHER('d')}, "d", "order by diff, the objects outstanding", sort, BY_DIFF, false},
	{{EITHER('m')}, "m", "order by bytes per object", sort, BY_PER_ALLOC, false},
	{{EITHER('t')}, "t", "order by tag", sort, BY_NAME, false},
	{{'(', ')'}, "( )", "order by value or by change", toggle, BY_CHANGE, false},
	{{EITHER('r')}, "r", "order the other way round", toggle, REVERSE, false},
	{{EITHER('l')}, "l", "highlight rows that changed, or not", toggle, HIGHLIGHT, false},
	{{EITHER('e')}, "e", "totals at the bottom", toggle, TOTALS, false},
	{{'/'},
	 "/",
	 "filter: part of a tag, module, cache, file or label",
	 begin_prompt,
	 PROMPT_FIND,
	 false},
	{{EITHER('z')}, "z", "mark: show changes since now", mark, 0, false},
	{{EITHER('k')},
	 "k",
	 "parentheses since the last tick, the mark, the start",
	 cycle_base,
	 0,
	 false},
	{{'v'}, "v", "rows: tags, modules, caches, owners, processes, cgroups", roll_up, 0, false},
	{{'V'},
	 "V",
	 "the suspects: what grows, by cause, with the evidence",
	 open_page,
	 PAGE_SUSPECTS,
	 false},
	{{'!'}, "!", "the alerts that fire", open_page, PAGE_ALERTS, false},
	{{'\r', '\n', KEY_ENTER},
	 "Enter",
	 "details of the selected tag",
	 open_page,
	 PAGE_DETAILS,
	 true},
	{{EITHER('x')},
	 "x",
	 "stacks of the selected tag; x there: sample all of it",
	 open_page,
	 PAGE_STACKS,
	 true},
	{{EITHER('o')}, "o", "choose the columns", open_page, PAGE_COLUMNS, false},
	{{EITHER('u')}, "u", "sizes with units or in bytes", toggle, UNITS, false},
	{{EITHER('w')},
	 "w",
	 "write the view to a file (.csv, .json or a table)",
	 begin_prompt,
	 PROMPT_WRITE,
	 false},
	{{' '}, "Space", "pause", toggle, PAUSE, false},
	{{'+'}, "+", "longer interval", change_interval, 1, false},
	{{'-'}, "-", "shorter interval", change_interval, 0, false},
	{{CTRL('r'), CTRL('l')},
	 "Ctrl-R Ctrl-L",
	 "sample at once, draw again",
	 sample_now,
	 0,
	 false},
	{{'>', '.'}, ">", "in a recording: the next sample, paused", step, KPM_REACT_AHEAD, false},
	{{'<', ','}, "<", "in a recording: the one before", step, KPM_REACT_BACK, false},
	{{EITHER('j')},
	 "j",
	 "in a recording: jump to a time (+10m, 2026-01-31T23:59)",
	 begin_prompt,
	 PROMPT_JUMP,
	 false},
	{{KEY_UP}, "Up Down", "select; the selection follows its tag", move_cursor, UP, true},
	{{KEY_DOWN}, "Down", NULL, move_cursor, DOWN, true},
	{{KEY_PPAGE},
	 "PgUp PgDn",
	 "by pages; Home and End: first and last",
	 move_cursor,
	 PAGE_UP,
	 true},
	{{KEY_NPAGE}, "PgDn", NULL, move_cursor, PAGE_DOWN, true},
	{{KEY_HOME}, "Home", NULL, move_cursor, FIRST, true},
	{{KEY_END}, "End", NULL, move_cursor, LAST, true},
	{{'?', EITHER('h'), KEY_F(1)},
	 "? h F1",
	 "this help; a click on a heading orders by it",
	 open_page,
	 PAGE_HELP,
	 false},
	{{EITHER('q'), KEY_ESCAPE},
	 "q ESC",
	 "quit; ESC takes the filter away first",
	 quit,
	 0,
	 false},
};
const size_t key_count = sizeof(keys) / sizeof(*keys);

/* Selects the row under the cursor. */
static unsigned int select_row(struct kpm_console *c, const struct kpm_frame *frame)
{
	if (!frame->count)
		return KPM_REACT_DRAW;
	if (c->cursor >= frame->count)
		c->cursor = frame->count - 1;
	c->state.selected = frame->part.snap->rows[frame->order[c->cursor]].tag;
	return KPM_REACT_DRAW;
}

static unsigned int click(struct kpm_console *c, const struct kpm_frame *frame, int x, int y)
{
	if (y > c->heading_y && y <= c->heading_y + (int)c->rows) {
		c->cursor = c->top + y - c->heading_y - 1;
		return select_row(c, frame);
	}
	if (y != c->heading_y)
		return 0;
	for (size_t i = 0; i < c->drawn_count; i++) {
		const struct drawn *d = &c->drawn[i];
		int width = d->width + (d->change ? d->change_width + 3 : 0);
		bool again = c->state.view.sort == d->column;

		if (x < d->x || x >= d->x + width)
			continue;
		c->state.view.reverse = again && !c->state.view.reverse;
		c->state.view.sort = d->column;
		return KPM_REACT_VIEW;
	}
	return 0;
}

static unsigned int mouse(struct kpm_console *c, const struct kpm_frame *frame)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return 0;
	if (event.bstate & BUTTON4_PRESSED)
		move_cursor(c, UP);
	else if (event.bstate & BUTTON5_PRESSED)
		move_cursor(c, DOWN);
	else
		return click(c, frame, event.x, event.y);
	return select_row(c, frame);
}

unsigned int table_key(struct kpm_console *c, const struct kpm_scene *scene, int key)
{
	if (key == KEY_MOUSE)
		return mouse(c, scene->frame);
	if (key == KEY_ESCAPE && *c->find) {
		*c->find = '\0';
		return KPM_REACT_VIEW;
	}
	for (size_t i = 0; i < key_count; i++) {
		for (int k = 0; keys[i].code[k]; k++) {
			unsigned int reaction;

			if (keys[i].code[k] != key)
				continue;
			reaction = keys[i].act(c, keys[i].argument);
			if (keys[i].selects)
				select_row(c, scene->frame);
			return reaction;
		}
	}
	return 0;
}
