// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening and closing, page dispatch and the input prompt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "console/chooser.h"
#include "console/column_file.h"
#include "console/console.h"
#include "console/header.h"
#include "console/keys.h"
#include "console/layout.h"
#include "console/pages.h"
#include "console/rows.h"
#include "console/terminal.h"
#include "console/verdict_pages.h"

static void set_columns(struct kpm_console *c, const struct kpm_console_opts *opts)
{
	if (opts->columns.count) {
		c->columns = opts->columns;
		return;
	}
	kpm_columns_parse(&c->columns, KPM_USUAL_COLUMNS, NULL);
	if (opts->labels)
		kpm_columns_parse(&c->columns, "label", NULL);
	load_columns(c);
}

int kpm_console_open(const struct kpm_console_opts *opts, struct kpm_console **console,
		     struct kpm_err *err)
{
	struct kpm_console *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return kpm_fail(err, -ENOMEM, "out of memory");
	c->state.view = opts->view;
	c->state.view.find = c->find;
	if (!c->state.view.sort)
		c->state.view.sort = kpm_column_find("bytes");
	c->state.interval_ns = opts->interval_ns;
	c->state.selected = KPM_NO_TAG;
	c->highlight = !opts->no_highlight;
	c->totals = opts->totals;
	c->exact = opts->exact;
	strcpy(c->file, "kpoolmon.txt");
	if (opts->config_dir && asprintf(&c->config_file, "%s/columns", opts->config_dir) < 0) {
		free(c);
		return kpm_fail(err, -ENOMEM, "out of memory");
	}
	set_columns(c, opts);
	ret = terminal_begin(c, opts);
	if (ret) {
		free(c->config_file);
		free(c);
		return kpm_fail(err, ret, "the terminal cannot be drawn on; is TERM right?");
	}
	*console = c;
	return 0;
}

void kpm_console_close(struct kpm_console *c)
{
	if (!c)
		return;
	terminal_end(c);
	free(c->config_file);
	free(c);
}

const struct kpm_console_state *kpm_console_state(const struct kpm_console *c)
{
	return &c->state;
}

void kpm_console_say(struct kpm_console *c, const char *text)
{
	snprintf(c->message, sizeof(c->message), "%s", text);
}

void kpm_console_alert(struct kpm_console *c, const char *text)
{
	kpm_console_say(c, text);
	c->flash = true;
}

void kpm_console_ring(struct kpm_console *c)
{
	c->ring = true;
}

static void append_character(char *text, int key)
{
	size_t len = strlen(text);

	if (len + 1 < PROMPT_MAX) {
		text[len] = key;
		text[len + 1] = '\0';
	}
}

/* Removes the last character, which may have several bytes. */
static void remove_character(char *text)
{
	size_t len = strlen(text);

	while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len)
		len--;
	text[len] = '\0';
}

static char *prompt_text(struct kpm_console *c)
{
	return c->prompt == PROMPT_WRITE ? c->file : c->prompt == PROMPT_JUMP ? c->time : c->find;
}

/* The filter acts while it is typed, a file or a time when Enter ends the prompt. */
static unsigned int prompt_key(struct kpm_console *c, int key)
{
	enum prompt prompt = c->prompt;
	bool file = prompt != PROMPT_FIND;
	char *text = prompt_text(c);

	switch (key) {
	case '\r':
	case '\n':
	case KEY_ENTER:
		c->prompt = PROMPT_NONE;
		if (!file || !*text)
			return KPM_REACT_DRAW;
		if (prompt == PROMPT_JUMP) {
			c->state.jump_to = text;
			return KPM_REACT_JUMP;
		}
		c->state.write_to = text;
		return KPM_REACT_WRITE;
	case KEY_ESCAPE:
		c->prompt = PROMPT_NONE;
		if (!file)
			*text = '\0';
		return KPM_REACT_VIEW;
	case KEY_BACKSPACE:
	case 127:
	case '\b':
		remove_character(text);
		return KPM_REACT_VIEW;
	case CTRL('u'):
		*text = '\0';
		return KPM_REACT_VIEW;
	default:
		if (key < ' ' || key > 255)
			return 0;
		append_character(text, key);
		return KPM_REACT_VIEW;
	}
}

static unsigned int page_key(struct kpm_console *c, const struct kpm_scene *scene, int key)
{
	bool scrolls = c->page != PAGE_DETAILS;

	if (c->page == PAGE_STACKS && (key == 'x' || key == 'X'))
		return KPM_REACT_RAISE;

	switch (key) {
	case KEY_UP:
	case KEY_DOWN:
	case KEY_NPAGE:
	case KEY_PPAGE:
		if (!scrolls)
			return table_key(c, scene, key) | KPM_REACT_DETAILS;
		c->page_top += key == KEY_UP      ? -1
			       : key == KEY_DOWN  ? 1
			       : key == KEY_PPAGE ? -(LINES - 2)
						  : LINES - 2;
		if (c->page_top < 0)
			c->page_top = 0;
		return KPM_REACT_DRAW;
	case ' ':
	case CTRL('r'):
	case CTRL('l'):
		if (!scrolls)
			return table_key(c, scene, key);
	}
	c->page = PAGE_TABLE;
	c->state.details = c->state.suspects = c->state.stacks = false;
	return KPM_REACT_DRAW;
}

unsigned int kpm_console_key(struct kpm_console *c, const struct kpm_scene *scene, int key)
{
	*c->message = '\0';
	if (key == KEY_RESIZE) {
		reset_widths(c);
		return KPM_REACT_DRAW;
	}
	if (c->prompt)
		return prompt_key(c, key);
	switch (c->page) {
	case PAGE_HELP:
	case PAGE_DETAILS:
	case PAGE_SUSPECTS:
	case PAGE_ALERTS:
	case PAGE_STACKS:
		return page_key(c, scene, key);
	case PAGE_COLUMNS:
		return choose_key(c, key);
	case PAGE_TABLE:
		break;
	}
	return table_key(c, scene, key);
}

unsigned int kpm_console_keys(struct kpm_console *c, const struct kpm_scene *scene)
{
	unsigned int reactions = 0;
	int key;

	/* a change of the frame must take effect before the next key */
	while (!(reactions &
		 (KPM_REACT_VIEW | KPM_REACT_WRITE | KPM_REACT_QUIT | KPM_REACT_MOVES)) &&
	       (key = getch()) != ERR)
		reactions |= kpm_console_key(c, scene, key);
	return reactions;
}

static void draw_bottom(struct kpm_console *c)
{
	int y = LINES - 1;

	if (c->prompt) {
		int x = put_at(c, y, 0, STYLE_BOLD, "%s",
			       c->prompt == PROMPT_WRITE  ? " Write to: "
			       : c->prompt == PROMPT_JUMP ? " Time: "
							  : " Filter: ");

		x = put_at(c, y, x, STYLE_PLAIN, "%s", prompt_text(c));
		put_at(c, y, x, STYLE_SELECTED, " ");
	} else if (*c->message) {
		put_at(c, y, 0, STYLE_BOLD, " %s", c->message);
	} else {
		put_at(c, y, 0, STYLE_PLAIN,
		       " ?help p:pool b:bytes d:diff (:by change /:filter z:mark v:roll-up "
		       "Enter:details w:write q:quit");
	}
}

void kpm_console_draw(struct kpm_console *c, const struct kpm_scene *scene)
{
	int y;

	erase();
	switch (c->page) {
	case PAGE_HELP:
		draw_help(c);
		break;
	case PAGE_COLUMNS:
		draw_chooser(c);
		break;
	case PAGE_SUSPECTS:
		draw_suspects(c, scene);
		break;
	case PAGE_ALERTS:
		draw_alerts(c, scene);
		break;
	case PAGE_DETAILS:
		follow_selection(c, scene->frame);
		draw_details(c, scene);
		break;
	case PAGE_STACKS:
		follow_selection(c, scene->frame);
		draw_stacks(c, scene);
		break;
	case PAGE_TABLE:
		y = draw_header(c, scene);
		if (LINES >= 6)
			draw_status(c, scene, y++);
		draw_table(c, scene, y, LINES - 1);
		draw_bottom(c);
		break;
	}
	refresh();
	if (c->flash)
		flash();
	c->flash = false;
	if (c->ring)
		beep();
	c->ring = false;
}
