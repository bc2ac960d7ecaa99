/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the tracked objects for whom they are charged to, by the programs of the audit. */
#ifndef KPM_CHARGE_WALK_H
#define KPM_CHARGE_WALK_H

#include "model/charges.h"
#include "source/audit.h"
#include "source/tables.h"

/*
 * Reads the charges of the tags that kpm_tables_read() has entered. 0, or -errno: -EOPNOTSUPP for
 * a kernel of which it is not known where they are kept, -ENOBUFS for too many of them.
 */
int kpm_charge_walk(struct kpm_audit *audit, const struct kpm_tables *tables,
		    struct kpm_charges *charges);

#endif
