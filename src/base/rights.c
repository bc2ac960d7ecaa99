// SPDX-License-Identifier: GPL-2.0-or-later
/* Drops capabilities by capset(2): for so little no library is needed. */
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rights.h"

int kpm_rights_drop(uint64_t keep, struct kpm_err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	/*
	 * The bounding set first, while CAP_SETPCAP is there; without it there is nothing to drop.
	 * The whole of it: kept rights are for this process, not for a program that it runs.
	 */
	for (int cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capget, &header, data))
		return kpm_fail(err, -errno, "drop rights: %s", strerror(errno));
	for (int half = 0; half < 2; half++) {
		uint32_t kept = data[half].permitted & (uint32_t)(keep >> (32 * half));

		data[half] = (struct __user_cap_data_struct){kept, kept, 0};
	}
	if (syscall(SYS_capset, &header, data))
		return kpm_fail(err, -errno, "drop rights: %s", strerror(errno));
	return 0;
}
