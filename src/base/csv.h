/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text field of CSV by RFC 4180: quoted where it has a comma, a quote or blanks at its ends,
 * quotes doubled. A field never has a line break in it.
 */
#ifndef KPM_CSV_H
#define KPM_CSV_H

#include <stdio.h>

/*
 * Writes a text, made harmless by kpm_clean(). What a spreadsheet would run as a formula gets the
 * apostrophe that stops it.
 */
void kpm_csv_text(FILE *out, const char *raw);

#endif
