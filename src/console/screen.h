/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the console share. */
#ifndef KPM_CONSOLE_PRIVATE_H
#define KPM_CONSOLE_PRIVATE_H

#include <curses.h>

#include "base/text.h"
#include "console/console.h"

enum page { PAGE_TABLE, PAGE_HELP, PAGE_DETAILS, PAGE_COLUMNS, PAGE_SUSPECTS, PAGE_ALERTS };
/* What typed characters go into. */
enum prompt { PROMPT_NONE, PROMPT_FIND, PROMPT_WRITE, PROMPT_JUMP };

enum look { LOOK_PLAIN, LOOK_GROW, LOOK_SHRINK, LOOK_WARN, LOOK_HEADING, LOOK_SELECTED, LOOK_BOLD };

#define PROMPT_MAX 200

/* A column as it is drawn. */
struct drawn {
	const struct kpm_column *column;
	const struct kpm_column *change; /* NULL: no parentheses */
	int width;                       /* of the value */
	int change_width;                /* of what is between the parentheses */
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
	bool flash; /* at the next drawing */
	bool utf8, colours;
	struct kpm_column_list columns;
	char *config_file; /* NULL: columns are not remembered */
	uint32_t cursor;   /* index of the selected row in the frame */
	uint32_t top;      /* index of the first row shown */
	uint32_t rows;     /* rows that fit */
	int page_top;      /* first line of the help or details shown */
	size_t chosen;     /* column under the cursor of the chooser */
	/* widths grow with the content and are forgotten when the columns change */
	int widths[KPM_COLUMNS_MAX], change_widths[KPM_COLUMNS_MAX];
	bool compact; /* counts are abbreviated for want of room */
	struct drawn drawn[KPM_COLUMNS_MAX];
	size_t drawn_count;
	int heading_y; /* line of the headings, for clicks */
	SCREEN *screen;
	char buf[KPM_CLEAN_LEN]; /* of the cell in hand */
};

/* terminal.c */
attr_t look_of(const struct kpm_console *c, enum look look);
/* Text at a place, cut at the right edge. Returns the column behind it. */
int put_at(const struct kpm_console *c, int y, int x, enum look look, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* columns.c: what is shown, and the chooser */
void usual_columns(struct kpm_console *c, bool labels);
void forget_widths(struct kpm_console *c);
void load_columns(struct kpm_console *c);
void save_columns(struct kpm_console *c);
unsigned int choose_key(struct kpm_console *c, int key);
void draw_chooser(struct kpm_console *c);

/* layout.c */
void lay_out(struct kpm_console *c, const struct kpm_frame *frame, uint32_t from, uint32_t count);
/* The text of a cell, abbreviated where the layout wants it. In c->buf. */
const char *cell_text(struct kpm_console *c, const struct kpm_column *column,
		      const struct kpm_frame *frame, const struct kpm_row *row);

/* header.c */
int draw_header(struct kpm_console *c, const struct kpm_scene *scene);
void draw_status(struct kpm_console *c, const struct kpm_scene *scene, int y);

/* table.c */
#define SPARK_LEAST 12 /* of a trend in the table */
void draw_table(struct kpm_console *c, const struct kpm_scene *scene, int y, int end);
void draw_spark(const struct kpm_console *c, int y, int x, const uint64_t *values, uint32_t there,
		uint32_t count);

/* pages.c */
void draw_help(struct kpm_console *c);
void draw_details(struct kpm_console *c, const struct kpm_scene *scene);

/* judgement.c */
void draw_suspects(struct kpm_console *c, const struct kpm_scene *scene);
void draw_alerts(struct kpm_console *c, const struct kpm_scene *scene);

/* keys.c */
struct key {
	int code[5];       /* as curses numbers them; 0 ends the list */
	const char *shown; /* in the help */
	const char *help;
	unsigned int (*act)(struct kpm_console *c, int argument);
	int argument;
};
extern const struct key keys[];
extern const size_t key_count;
unsigned int table_key(struct kpm_console *c, const struct kpm_scene *scene, int key);
/* Keeps the cursor on the selected tag, or the selection on the cursor if the tag is gone. */
void follow_selection(struct kpm_console *c, const struct kpm_frame *frame);

#define KEY_ESCAPE 27
#define CTRL(x)    ((x)&31)

#endif
