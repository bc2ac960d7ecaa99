/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console at work: samples, keys and the screen, until the user leaves it. */
#ifndef KPM_CONSOLE_LOOP_H
#define KPM_CONSOLE_LOOP_H

#include "base/error.h"
#include "cli/options.h"

/*
 * Runs the console on the kernel, or on the recording of options->from. The terminal must be one
 * that can be drawn on (console/possible.h). 0, or -errno and a sentence.
 */
int kpm_console_loop(const struct kpm_options *options, struct kpm_err *err);

#endif
