/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages that cover the table: the help, the details and the stacks of the selected row. */
#ifndef KPM_CONSOLE_PAGES_H
#define KPM_CONSOLE_PAGES_H

#include "console/screen.h"

void draw_help(struct kpm_console *c);
void draw_details(struct kpm_console *c, const struct kpm_scene *scene);
void draw_stacks(struct kpm_console *c, const struct kpm_scene *scene);

#endif
