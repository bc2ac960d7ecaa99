// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks the terminal's description whether it can be drawn on at all. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "console/possible.h"
#include "console/terminals.h"

/* last: they define such words as columns and lines */
#include <curses.h>
#include <term.h>

bool kpm_console_possible(const char *type, struct kpm_err *why)
{
	const char *move;
	int found;

	kpm_terminal_find(type);
	if (!type)
		type = getenv("TERM");
	if (type && *type && setupterm(type, STDOUT_FILENO, &found) == OK) {
		move = tigetstr("cup");
		del_curterm(cur_term);
		if (move && move != (char *)-1)
			return true;
	}
	kpm_fail(
		why, -ENOTTY,
		"the terminal (TERM=%.40s) cannot be drawn on; here is the table instead, or set TERM "
		"to what the terminal is",
		type ? type : "");
	return false;
}
