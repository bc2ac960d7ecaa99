/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values as all outputs write them: texts made harmless, null for unknown values. The values
 * are Jansson's; its setters take NULL and fail, so that a lack of memory is detected once, at the
 * end.
 */
#ifndef KPM_JSON_H
#define KPM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* A text made harmless by kpm_clean(); NULL: null. */
json_t *kpm_json_text(const char *raw);
/* Readers of JSON have 64 bits with a sign at best; no counter comes near that limit. */
json_t *kpm_json_number(uint64_t u);
/* Null if it is not known: infinities are no numbers in JSON. */
json_t *kpm_json_real(double value, bool known);
/* RFC 3339, UTC; 0: null. */
json_t *kpm_json_time(int64_t wall_ns);

/* Writes the object as one line, and frees it. 0 or -ENOMEM. */
int kpm_json_line(FILE *out, json_t *object);

#endif
