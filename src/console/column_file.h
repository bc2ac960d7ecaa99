/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that remembers the user's columns from one run to the next. */
#ifndef KPM_CONSOLE_COLUMN_FILE_H
#define KPM_CONSOLE_COLUMN_FILE_H

#include "console/screen.h"

/* Reads the columns; without a file that can be used they stay as they are. */
void load_columns(struct kpm_console *c);
/* Writes the columns; a failure is told in c->message. */
void save_columns(struct kpm_console *c);

#endif
