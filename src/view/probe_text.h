/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences about missing probes, for outputs that people read; machine formats have names only. */
#ifndef KPM_PROBE_TEXT_H
#define KPM_PROBE_TEXT_H

#include <stdio.h>

#include "model/hooks.h"

/* The consequence of a missing hook, without a full stop. */
const char *kpm_hook_consequence(enum kpm_hook hook);

/*
 * Writes a line for each consequence of the missing hooks, `LEAD: NAMES: CONSEQUENCE`; no line if
 * none is missing.
 */
void kpm_missing_probes_print(FILE *out, const char *lead,
			      const struct kpm_hook_state hooks[KPM_HOOKS]);

#endif
