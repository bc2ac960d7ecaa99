/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the kinds of memory, one for each place where a kind is written. */
#ifndef KPM_KIND_NAMES_H
#define KPM_KIND_NAMES_H

#include "model/snapshot.h"

struct kpm_kind_names {
	const char *key;   /* in JSON and Prometheus: `nonp` */
	const char *type;  /* in the column Type and in alert rules: `Nonp` */
	const char *pool;  /* in the table: `non-paged (unreclaimable)` */
	const char *shown; /* in the console's status line: `Nonp only` */
};

/* By enum kpm_kind; [KPM_KINDS]: both kinds together. */
extern const struct kpm_kind_names kpm_kind_names[KPM_KINDS + 1];

/* The type of a row by the kinds that it has allocated; NULL: none. */
const char *kpm_row_type(const struct kpm_row *row);

#endif
