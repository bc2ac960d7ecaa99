// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon console: the console on the running kernel. */
#include "app/console_loop.h"

int kpm_cmd_console(const struct kpm_options *options, struct kpm_outcome *outcome,
		    struct kpm_err *err)
{
	(void)outcome;
	return kpm_console_loop(options, err);
}
