/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the module lender has for others: objects, all of them from one call site. */
#ifndef KPM_LENDER_H
#define KPM_LENDER_H

#include <linux/seq_file.h>
#include <linux/types.h>

void *kpm_lend(size_t size);
void kpm_take_back(void *p);

/* Prints the truth line of core.c of the call site; `owner` is answerable, as MODULE:FUNCTION. */
void kpm_lent(struct seq_file *m, const char *kase, const char *owner);

#endif
