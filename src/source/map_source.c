// SPDX-License-Identifier: GPL-2.0-or-later
/* Fills a snapshot from the machine, the maps and the programs' own figures. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "source/map_source.h"
#include "source/meminfo.h"
#include "source/tag_objects.h"

/* The parts of a snapshot that are the machine's: clocks, names of host and kernel, memory. */
static void read_machine(struct kpm_snapshot *snap, const struct kpm_roots *roots)
{
	struct utsname uts = {0};

	uname(&uts);
	snprintf(snap->host, sizeof(snap->host), "%s", uts.nodename);
	snprintf(snap->kernel, sizeof(snap->kernel), "%s", uts.release);
	snap->mono_ns = kpm_now();
	snap->wall_ns = kpm_wall();
	if (!kpm_meminfo_read(roots, &snap->memory, NULL))
		snap->have |= KPM_HAVE_MEMORY;
}

int kpm_map_source_check(struct kpm_source *src, struct kpm_err *err)
{
	const struct kpm_map_source *m = (const struct kpm_map_source *)src;

	if (!kpm_tables_stopped(m->tables))
		return 0;
	return kpm_fail(
		err, -ESHUTDOWN,
		"tracking was ended by kpoolmon stop while it was read; kpoolmon start begins "
		"it again");
}

int kpm_map_source_sample(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err)
{
	struct kpm_map_source *m = (struct kpm_map_source *)src;
	struct kpm_loss own = {0};
	int ret;

	snap->have = 0;
	memset(&snap->loss, 0, sizeof(snap->loss));
	read_machine(snap, &m->roots);
	snap->started_ns = kpm_tables_started(m->tables);
	snprintf(snap->no_audit, sizeof(snap->no_audit), "%s", m->no_audit.text);
	if (m->audit && !kpm_tables_stopped(m->tables))
		kpm_audit_sample(m->audit, snap);
	ret = kpm_tables_read(m->tables, src->tags, snap, err);
	/* a sample read after the stop lacks every event since then */
	if (!ret)
		ret = kpm_map_source_check(src, err);
	if (ret)
		return ret;
	if (!kpm_programs_losses(&m->programs, &own))
		snap->have |= KPM_HAVE_LOSS;
	snap->loss.skipped = own.skipped;
	snap->loss.lost_max = own.lost_max;
	snap->loss.allocs = own.allocs;
	if (m->rescue)
		snap->have |= KPM_HAVE_RESCUE;
	for (int i = 0; i < KPM_HOOKS; i++)
		snap->hooks[i].attach = m->attach[i];
	snap->have |= KPM_HAVE_HOOKS;
	kpm_hooks_missing(snap->hooks, snap->missing, sizeof(snap->missing));
	return 0;
}

/* Runs the program kpm_now, which returns the current second of the allocation clock. */
static int read_clock(int fd, uint32_t *now)
{
	uint64_t args[6] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	*now = opts.retval;
	return 0;
}

int kpm_map_source_objects(struct kpm_source *src, uint32_t tag, uint32_t survive_s,
			   struct kpm_objects *objects)
{
	const struct kpm_map_source *m = (const struct kpm_map_source *)src;
	uint32_t now = 0;
	int ret = read_clock(m->clock, &now);

	return ret ? ret : kpm_tag_objects(m->tables, tag, now, survive_s, objects);
}

int kpm_map_source_audit(struct kpm_source *src, bool anyway, struct kpm_audit **audit,
			 struct kpm_err *err)
{
	struct kpm_map_source *m = (struct kpm_map_source *)src;
	int ret = m->audit_code;

	/* tried once only: later the process may have dropped its rights */
	anyway |= m->audit_unseen && kpm_hooks_unseen(m->attach);
	if (!m->audit && !ret && anyway)
		ret = kpm_audit_open(&m->fds, &m->roots, &m->audit, &m->no_audit);
	m->audit_code = ret;
	*audit = m->audit;
	return ret ? kpm_fail(err, ret, "%s", m->no_audit.text) : 0;
}

void kpm_map_source_done(struct kpm_map_source *m)
{
	kpm_audit_close(m->audit);
	kpm_tables_close(m->tables);
}
