/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state that the files of the console share. Each function is declared in the header of its own
 * file.
 */
#ifndef KPM_CONSOLE_SCREEN_H
#define KPM_CONSOLE_SCREEN_H

#include <curses.h>

#include "base/text.h"
#include "console/console.h"

enum page {
	PAGE_TABLE,
	PAGE_HELP,
	PAGE_DETAILS,
	PAGE_COLUMNS,
	PAGE_SUSPECTS,
	PAGE_ALERTS,
	PAGE_STACKS
};
/* The text that typed characters are added to. */
enum prompt { PROMPT_NONE, PROMPT_FIND, PROMPT_WRITE, PROMPT_JUMP };

#define PROMPT_MAX 200 /* bytes, with the NUL */

/* A column as it is drawn; widths and places in columns of the screen. */
struct drawn {
	const struct kpm_column *column;
	const struct kpm_column *change; /* NULL: no parentheses */
	int width;                       /* of the value */
	int change_width;                /* between the parentheses */
	int x;
};

struct kpm_console {
	struct kpm_console_state state;
	enum page page;
	enum prompt prompt;
	char find[PROMPT_MAX];
	char file[PROMPT_MAX];
	char time[PROMPT_MAX];
	char message[256];
	bool highlight, totals, exact;
	bool flash, ring; /* at the next drawing */
	bool utf8, colours;
	struct kpm_column_list columns;
	char *config_file; /* NULL: columns are not remembered */
	uint32_t cursor;   /* index of the selected row in the frame */
	uint32_t top;      /* index of the first row shown */
	uint32_t rows;     /* rows that fit */
	int page_top;      /* first line of the page that is shown */
	size_t chosen;     /* column under the cursor of the chooser */
	/* widths grow with the content and are reset when the columns change */
	int widths[KPM_COLUMNS_MAX], change_widths[KPM_COLUMNS_MAX];
	bool compact; /* counts are abbreviated, as they do not fit */
	struct drawn drawn[KPM_COLUMNS_MAX];
	size_t drawn_count;
	int heading_y; /* line of the headings, for clicks */
	SCREEN *screen;
	char buf[KPM_CLEAN_LEN]; /* of the current cell */
};

#endif
