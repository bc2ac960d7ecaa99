/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The alert rules that the command line asks for. */
#ifndef KPM_ALERT_RULES_H
#define KPM_ALERT_RULES_H

#include "base/error.h"
#include "cli/options.h"
#include "view/rules.h"

/*
 * Reads the rules of --alert and --alerts, or the installed file if neither is given. The caller
 * frees *rules. 0, or -errno and a sentence.
 */
int kpm_alert_rules(const struct kpm_options *options, struct kpm_rules **rules,
		    struct kpm_err *err);

#endif
