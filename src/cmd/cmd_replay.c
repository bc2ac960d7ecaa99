// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon replay: the console on a recording. */
#include "app/console_loop.h"

int kpm_cmd_replay(const struct kpm_options *options, struct kpm_outcome *outcome,
		   struct kpm_err *err)
{
	(void)outcome;
	return kpm_console_loop(options, err);
}
