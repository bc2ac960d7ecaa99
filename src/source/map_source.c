// SPDX-License-Identifier: GPL-2.0-or-later
/* What a sample takes from elsewhere than the maps. */
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>

#include <bpf/bpf.h>

#include "source/map_source.h"
#include "source/meminfo.h"

int kpm_allocation_clock(int fd, uint32_t *now)
{
	uint64_t args[6] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	*now = opts.retval;
	return 0;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

void kpm_snapshot_machine(struct kpm_snapshot *snap, const struct kpm_roots *roots)
{
	struct utsname uts = {0};

	uname(&uts);
	snprintf(snap->host, sizeof(snap->host), "%s", uts.nodename);
	snprintf(snap->kernel, sizeof(snap->kernel), "%s", uts.release);
	snap->mono_ns = clock_ns(CLOCK_MONOTONIC);
	snap->wall_ns = clock_ns(CLOCK_REALTIME);
	if (!kpm_meminfo_read(roots, &snap->memory, NULL))
		snap->have |= KPM_HAVE_MEMORY;
}
