/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command that writes what a bug tracker wants to know. */
#ifndef KPOOLMON_REPORT_H
#define KPOOLMON_REPORT_H

#include "base/error.h"
#include "cli/options.h"

/* Counts for options->for_ns and writes the report. 0, or -errno and a sentence. */
int kpm_report(const struct kpm_options *options, struct kpm_err *err);

#endif
