/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms of what is outstanding by stack (model/held.h). Each writes the whole; 0 or -ENOMEM.
 */
#ifndef KPM_SINK_STACKS_H
#define KPM_SINK_STACKS_H

#include <stdio.h>

#include "model/held.h"

/* A tree for each tag: from the allocation up to what called it, stacks that share frames folded. */
int kpm_stacks_table(FILE *out, const struct kpm_held *held);
/* One object: `stacks`, each with its frames and processes. */
int kpm_stacks_json(FILE *out, const struct kpm_held *held);
/*
 * A line for each stack and process, as flame graph tools read them: `process;caller;...;function
 * BYTES`, the allocation last.
 */
int kpm_stacks_folded(FILE *out, const struct kpm_held *held);
/* A flame graph for a browser, in one file. */
int kpm_stacks_svg(FILE *out, const struct kpm_held *held);
/* A profile for pprof, compressed by gzip: no text. */
int kpm_stacks_pprof(FILE *out, const struct kpm_held *held);

#endif
