/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of the suspects with their verdicts and evidence, and of the alerts that fire. */
#ifndef KPM_CONSOLE_VERDICT_PAGES_H
#define KPM_CONSOLE_VERDICT_PAGES_H

#include "console/screen.h"

void draw_suspects(struct kpm_console *c, const struct kpm_scene *scene);
void draw_alerts(struct kpm_console *c, const struct kpm_scene *scene);

#endif
