/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page on which the user chooses the columns of the table. */
#ifndef KPM_CONSOLE_CHOOSER_H
#define KPM_CONSOLE_CHOOSER_H

#include "console/screen.h"

/* Handles a key on that page. Returns reactions. */
unsigned int choose_key(struct kpm_console *c, int key);
void draw_chooser(struct kpm_console *c);

#endif
