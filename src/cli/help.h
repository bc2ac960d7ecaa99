/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of --help, made from the tables of commands, options and columns. */
#ifndef KPM_HELP_H
#define KPM_HELP_H

#include <stdio.h>

void kpm_help(FILE *out);

#endif
