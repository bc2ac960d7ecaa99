/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: takes it over, gives it back however the process ends, and draws text in styles.
 */
#ifndef KPM_CONSOLE_TERMINAL_H
#define KPM_CONSOLE_TERMINAL_H

#include "console/screen.h"

enum style {
	STYLE_PLAIN,
	STYLE_GROW,
	STYLE_SHRINK,
	STYLE_WARN,
	STYLE_HEADING,
	STYLE_SELECTED,
	STYLE_BOLD,
};

/* Takes over the terminal. 0, or -ENOTTY if it cannot be drawn on. */
int terminal_begin(struct kpm_console *c, const struct kpm_console_opts *opts);
/* Gives it back and frees the screen. */
void terminal_end(struct kpm_console *c);

/*
 * Writes text on line y from column x on, cut at the right edge; nothing where that is not on the
 * screen. Returns the column behind it.
 */
int put_at(const struct kpm_console *c, int y, int x, enum style style, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
