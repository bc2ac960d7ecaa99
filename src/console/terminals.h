/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptions of terminals that are part of the program. Included apart from the rest of the
 * console, as <term.h> defines many common words.
 */
#ifndef KPM_TERMINALS_H
#define KPM_TERMINALS_H

/*
 * If the system has no description of a terminal of this type (NULL: the type is in TERM) and the
 * program has, makes curses use that.
 */
void kpm_terminal_find(const char *type);

#endif
