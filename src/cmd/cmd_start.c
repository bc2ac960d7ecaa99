// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon start: leaves the probes in the kernel, pinned (source/pins.c). */
#include <string.h>

#include "cli/options.h"
#include "sink/output.h"
#include "source/pins.h"

int kpm_cmd_start(const struct kpm_options *options, struct kpm_outcome *outcome,
		  struct kpm_err *err)
{
	static const char started[] = "tracking; kpoolmon shows it, kpoolmon stop ends it\n";
	int ret = kpm_pins_start(&options->live, KPM_VERSION, err);

	(void)outcome;
	return ret ? ret : kpm_write_stdout(started, strlen(started), err);
}
