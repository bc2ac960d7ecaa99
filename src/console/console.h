/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: poolmon's screen and keys on a terminal. It draws scenes, and turns keys into state
 * and reactions. It does not read the kernel, the clock or any file but its own list of columns.
 */
#ifndef KPM_CONSOLE_H
#define KPM_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "model/objects.h"
#include "model/rollup.h"
#include "view/alerts.h"
#include "view/column_list.h"
#include "view/view.h"

/* The initial state of the console. Borrowed, during kpm_console_open() only. */
struct kpm_console_opts {
	struct kpm_view_opts view;
	struct kpm_column_list columns; /* none: as remembered, else KPM_USUAL_COLUMNS */
	int64_t interval_ns;
	bool totals;
	bool no_highlight;
	bool exact;
	bool labels;               /* there is a label file: show its column */
	const char *config_dir;    /* where the columns are remembered; NULL: nowhere */
	FILE *in, *out;            /* NULL: standard input and output */
	const char *terminal_type; /* NULL: TERM */
};

/* The view that the user has chosen. Only the console changes it. */
struct kpm_console_state {
	struct kpm_view_opts view; /* its `find` points into the console */
	enum kpm_rollup_by by;
	enum kpm_base base;
	int64_t interval_ns;
	bool paused;
	bool details;      /* of the selected row, as far as it is a tag */
	bool suspects;     /* the ranking is on the screen */
	bool stacks;       /* the stacks of the selected row are, as far as it is a tag */
	uint32_t selected; /* number of the tag or group; KPM_NO_TAG: none */
	/* rows on the screen, and the parts of locations that they show (enum kpm_location_part) */
	uint32_t first_row, row_count;
	unsigned int needs;
	const char *write_to; /* the file to write the view to, with KPM_REACT_WRITE */
	const char *jump_to;  /* the time that is wanted, with KPM_REACT_JUMP */
};

/* What the caller must do after keys; bits. */
enum kpm_reaction {
	KPM_REACT_QUIT = 1 << 0,
	KPM_REACT_VIEW = 1 << 1,     /* build the frame again, from the current sample */
	KPM_REACT_SAMPLE = 1 << 2,   /* take a sample now */
	KPM_REACT_MARK = 1 << 3,     /* mark the current sample */
	KPM_REACT_INTERVAL = 1 << 4, /* the interval or the pause changed */
	KPM_REACT_WRITE = 1 << 5,    /* write the view to state.write_to, then kpm_console_say() */
	KPM_REACT_DETAILS = 1 << 6,  /* details of another tag, or the ranking, are wanted */
	KPM_REACT_DRAW = 1 << 7,     /* nothing but drawing */
	KPM_REACT_RAISE = 1 << 11, /* have each allocation of the selected tag sampled, then say */
	/* in a recording: the sample after, the one before, the one at a time */
	KPM_REACT_AHEAD = 1 << 8,
	KPM_REACT_BACK = 1 << 9,
	KPM_REACT_JUMP = 1 << 10,
	KPM_REACT_MOVES = KPM_REACT_AHEAD | KPM_REACT_BACK | KPM_REACT_JUMP,
};

/* The data to draw. Borrowed. */
struct kpm_scene {
	const struct kpm_frame *frame;
	const struct kpm_trend *slab;      /* tag 0: the kernel's slab memory by kind */
	const struct kpm_objects *objects; /* of the selected tag; NULL: not known */
	const char *findings;              /* lines of text, also when groups are shown */
	const char *stacks;                /* of the selected tag, lines of text; NULL: not known */
	const struct kpm_alerts *alerts;   /* NULL: there are no rules */
	/* of tags, also when groups are shown; for suspects and alerts */
	const struct kpm_snapshot *snap;
	const struct kpm_tagset *tags;
	const char *failure;  /* why the last sample failed; NULL: it did not */
	int64_t age_ns;       /* of the current sample */
	const char *position; /* in a recording; NULL: there is none */
};

struct kpm_console;

/*
 * Takes over the terminal. 0, or -errno and a sentence: -ENOTTY if it cannot be drawn on.
 * The terminal is restored however the process ends, except by SIGKILL.
 */
int kpm_console_open(const struct kpm_console_opts *opts, struct kpm_console **console,
		     struct kpm_err *err);
void kpm_console_close(struct kpm_console *console);

const struct kpm_console_state *kpm_console_state(const struct kpm_console *console);

/* Handles the keys that were typed. Returns reactions. */
unsigned int kpm_console_keys(struct kpm_console *console, const struct kpm_scene *scene);
/* Handles one key, as curses numbers it. */
unsigned int kpm_console_key(struct kpm_console *console, const struct kpm_scene *scene, int key);

/* A sentence on the last line, until the next key. */
void kpm_console_say(struct kpm_console *console, const char *text);
/* The same, and the screen flashes once. */
void kpm_console_alert(struct kpm_console *console, const char *text);
/* The terminal rings when the screen is drawn. */
void kpm_console_ring(struct kpm_console *console);
void kpm_console_draw(struct kpm_console *console, const struct kpm_scene *scene);

#endif
