/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of tracking without a process. */
#ifndef KPOOLMON_ALWAYS_H
#define KPOOLMON_ALWAYS_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/options.h"

/* 0, or -errno and a sentence. What there is to say goes to standard output. */
int kpm_always_start(const struct kpm_options *options, struct kpm_err *err);
int kpm_always_stop(const struct kpm_options *options, struct kpm_err *err);
/* *tracking: something is tracked. */
int kpm_always_status(const struct kpm_options *options, bool *tracking, struct kpm_err *err);

#endif
