/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Terminals that the program may know by itself. A header of its own: <term.h> takes many names. */
#ifndef KPM_TERMINALS_H
#define KPM_TERMINALS_H

/* Makes the description of a terminal known if the program carries it and the system has none.
 * NULL: TERM. */
void kpm_terminal_find(const char *type);

#endif
