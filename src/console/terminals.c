// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The static build contains descriptions of terminals (build/carried.h, made by tools/terminals.sh)
 * for machines without any. Other builds use those of the system.
 */
#include <stdlib.h>
#include <string.h>

#include "console/terminals.h"

/* last: they define many words */
#include <curses.h>
#include <term.h>

#ifdef KPM_TERMINALS
static const struct {
	const char *name, *description; /* `b64:` and the compiled description, for TERMINFO */
} terminals[] = {
#include "carried.h"
};
#endif

void kpm_terminal_find(const char *type)
{
#ifdef KPM_TERMINALS
	int code;

	type = type ? type : getenv("TERM");
	if (!type || setupterm(type, -1, &code) == OK)
		return;
	for (size_t i = 0; i < sizeof(terminals) / sizeof(*terminals); i++)
		if (!strcmp(terminals[i].name, type))
			setenv("TERMINFO", terminals[i].description, 1);
#else
	(void)type;
#endif
}
