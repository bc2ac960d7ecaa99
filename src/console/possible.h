/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether there can be a console at all, asked before anything is opened. */
#ifndef KPM_POSSIBLE_H
#define KPM_POSSIBLE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Can the terminal be drawn on? `type` is that of the terminal, NULL: TERM. False with a sentence
 * if not, as for TERM=dumb.
 */
bool kpm_console_possible(const char *type, struct kpm_err *why);

#endif
