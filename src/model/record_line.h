/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of recordings: their parts, separated by tabs, and the words of the format, which the
 * writer and the readers share. src/model/recorder.c defines the format.
 */
#ifndef KPM_RECORD_LINE_H
#define KPM_RECORD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "model/snapshot.h"

#define KPM_RECORD_MAGIC   "kpoolmon-record"
#define KPM_RECORD_VERSION 1

/* [enum kpm_build] */
extern const char *const kpm_record_builds[3];
/* [enum kpm_kind] */
extern const char *const kpm_record_kinds[KPM_KINDS];
/* Names of the bits of enum kpm_have. Ends with a name of NULL. */
extern const struct kpm_record_have {
	const char *name;
	uint32_t bit;
} kpm_record_have[];

#define KPM_RECORD_PARTS_MAX 64

struct kpm_record_line {
	char *part[KPM_RECORD_PARTS_MAX];
	size_t count; /* at least 1; further parts than the maximum are dropped */
};

/* Splits a line in place. */
void kpm_record_split(char *text, struct kpm_record_line *line);
/*
 * The text of a part, its escapes undone in place; NULL for `-` and for a part that is not there.
 */
const char *kpm_record_text(struct kpm_record_line *line, size_t i);

/* Decimal numbers. False, and *value as it was, for a part that is no such number or is missing. */
bool kpm_record_u64(const struct kpm_record_line *line, size_t i, uint64_t *value);
bool kpm_record_i64(const struct kpm_record_line *line, size_t i, int64_t *value);
bool kpm_record_u32(const struct kpm_record_line *line, size_t i, uint32_t *value);
/* The same of a hexadecimal one. */
bool kpm_record_hex(const struct kpm_record_line *line, size_t i, uint64_t *value);

/*
 * Reads the fields of a table from part i on into a struct, but those with a line of their own.
 * A field that is `-`, or behind the end of the line of an earlier version, becomes 0, and bit k of
 * *missing (NULL: not wanted) is set for row k of the table. Further parts are ignored. False if a
 * part is not a number.
 */
bool kpm_record_fields(const struct kpm_record_line *line, size_t i, const struct kpm_field *fields,
		       size_t count, void *to, uint32_t *missing);

#endif
