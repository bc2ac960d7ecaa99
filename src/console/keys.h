/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of keys. The help is made from it; a test compares the manual with it. */
#ifndef KPM_CONSOLE_KEYS_H
#define KPM_CONSOLE_KEYS_H

#include "console/screen.h"

#define KEY_ESCAPE 27
#define CTRL(x)    ((x)&31)

struct key {
	int code[5];       /* as curses numbers them; 0 ends the list */
	const char *shown; /* in the help */
	const char *help;  /* NULL: on the line of another key */
	/* Changes the state. Returns reactions. */
	unsigned int (*act)(struct kpm_console *c, int argument);
	int argument;
	bool selects; /* selects the row under the cursor afterwards */
};
extern const struct key keys[];
extern const size_t key_count;

/* Handles a key of the table. Returns reactions; 0 if the key has no meaning. */
unsigned int table_key(struct kpm_console *c, const struct kpm_scene *scene, int key);

#endif
