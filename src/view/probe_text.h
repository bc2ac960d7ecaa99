/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences about missing probes and lost events, for outputs that people read; machine formats have
 * names and numbers only. */
#ifndef KPM_PROBE_TEXT_H
#define KPM_PROBE_TEXT_H

#include <stdio.h>

#include "model/snapshot.h"

/* The consequence of a missing hook, without a full stop. */
const char *kpm_hook_consequence(enum kpm_hook hook);

/*
 * Writes a line for each consequence of the missing hooks, `LEAD: NAMES: CONSEQUENCE`; no line if
 * none is missing.
 */
void kpm_missing_probes_print(FILE *out, const char *lead,
			      const struct kpm_hook_state hooks[KPM_HOOKS]);

/* Writes what was lost and in which direction it moves the rows; `between` separates the parts. */
void kpm_losses_print(FILE *out, const struct kpm_loss *loss, const char *between);

#endif
