/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command that records. */
#ifndef KPOOLMON_RECORD_H
#define KPOOLMON_RECORD_H

#include "base/error.h"
#include "cli/options.h"

/* Records into options->words[0] until a signal or --for ends it. 0, or -errno and a sentence. */
int kpm_record(const struct kpm_options *options, struct kpm_err *err);

#endif
