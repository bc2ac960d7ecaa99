/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of --probes. */
#ifndef KPM_PROBE_LIST_H
#define KPM_PROBE_LIST_H

#include "base/error.h"
#include "model/hooks.h"

/*
 * Parses a list such as `-kfree_rcu,-fentry,+free_bulk`: names of hooks, `all` for every hook,
 * `fentry` and `kprobe` for the two attach modes. 0, or -EINVAL and a sentence.
 */
int kpm_probe_list(const char *list, struct kpm_hook_choice *choice, struct kpm_err *err);

#endif
