/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests whether the terminal can be drawn on, before anything else is opened. */
#ifndef KPM_POSSIBLE_H
#define KPM_POSSIBLE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Can a terminal of this type be drawn on? NULL: the type is in TERM. False with a sentence if not,
 * as for TERM=dumb.
 */
bool kpm_console_possible(const char *type, struct kpm_err *why);

#endif
