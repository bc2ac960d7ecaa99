/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines above the table: memory, losses and warnings, and the status line. */
#ifndef KPM_CONSOLE_HEADER_H
#define KPM_CONSOLE_HEADER_H

#include "console/screen.h"

/* Draws as many lines as the screen has room for. Returns the line behind them. */
int draw_header(struct kpm_console *c, const struct kpm_scene *scene);
/* Draws the order, the filter and the state of the view on line y. */
void draw_status(struct kpm_console *c, const struct kpm_scene *scene, int y);

#endif
