/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of fields: the 64-bit members of a struct by name, so that recordings and JSON need no
 * list of their own. A table has a row for every member of its struct; a unit test holds it to
 * that.
 */
#ifndef KPOOLMON_FIELD_H
#define KPOOLMON_FIELD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct kpm_field {
	const char *name; /* in JSON */
	size_t offset;    /* of the member, a uint64_t */
	/*
	 * Counters only. NULL: in recordings the field stands in the line of its struct, in the
	 * order of the table. Else it has a line of its own, which begins with this word of several
	 * letters: a counter that came after the first release, whose reader skips such lines.
	 */
	const char *line;
};

#define KPM_FIELD(type, member)                                                                    \
	{                                                                                          \
		.name = #member, .offset = offsetof(type, member)                                  \
	}
/* How many rows the table of a struct has. */
#define KPM_FIELDS_OF(type) (sizeof(type) / sizeof(uint64_t))

static inline uint64_t kpm_field_get(const struct kpm_field *field, const void *from)
{
	uint64_t value;

	memcpy(&value, (const char *)from + field->offset, sizeof(value));
	return value;
}

static inline void kpm_field_set(const struct kpm_field *field, void *to, uint64_t value)
{
	memcpy((char *)to + field->offset, &value, sizeof(value));
}

#endif
