// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon stop: takes the pinned probes out of the kernel (source/pins.c). */
#include <string.h>

#include "cli/options.h"
#include "sink/output.h"
#include "source/pins.h"

int kpm_cmd_stop(const struct kpm_options *options, struct kpm_outcome *outcome,
		 struct kpm_err *err)
{
	const char *said;
	bool were;
	int ret = kpm_pins_stop(&options->live.roots, &were, err);

	(void)outcome;
	said = ret || were ? "tracking ended\n" : "nothing was tracked\n";
	return ret ? ret : kpm_write_stdout(said, strlen(said), err);
}
