/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writer and the reader of recordings share: fields of a line, words of the format. */
#ifndef KPM_FIELDS_H
#define KPM_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

/* [enum kpm_build] */
extern const char *const kpm_record_builds[3];
/* Ends with a name of NULL. */
extern const struct kpm_record_have {
	const char *name;
	uint32_t bit;
} kpm_record_have[];

#define KPM_FIELDS_MAX 32

struct kpm_fields {
	char *field[KPM_FIELDS_MAX];
	size_t count;
};

/* Takes a line apart, in place. False if it has too many fields. */
bool kpm_fields_split(char *line, struct kpm_fields *fields);
/* The text of a field, its escapes undone in place; NULL for `-` and for fields that are not there.
 */
const char *kpm_field_text(struct kpm_fields *fields, size_t i);
/* Decimal; false if it is no number of 64 bits. */
bool kpm_field_u64(const struct kpm_fields *fields, size_t i, uint64_t *value);
bool kpm_field_i64(const struct kpm_fields *fields, size_t i, int64_t *value);
bool kpm_field_u32(const struct kpm_fields *fields, size_t i, uint32_t *value);
bool kpm_field_hex(const struct kpm_fields *fields, size_t i, uint64_t *value);
/* `count` of them into an array of 64-bit numbers. */
bool kpm_field_numbers(const struct kpm_fields *fields, size_t i, void *numbers, size_t count);

#endif
