// SPDX-License-Identifier: GPL-2.0-or-later
/* Fills a snapshot from the machine, the maps and the programs' own figures. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "source/charge_walk.h"
#include "source/map_source.h"
#include "source/meminfo.h"
#include "source/sample_check.h"
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

#define LOSS_READS_MAX 4

/*
 * Misses less rescues: read once more if something was rescued in between. What a task was caught
 * between two copies of makes it too high for a moment; a loss does not go back.
 */
static void read_losses(struct kpm_map_source *m, struct kpm_snapshot *snap)
{
	uint64_t before[KPM_RESCUES], after[KPM_RESCUES];
	struct kpm_loss own = {0};

	kpm_tables_rescued(m->tables, after);
	for (int i = 0; i < LOSS_READS_MAX; i++) {
		memcpy(before, after, sizeof(before));
		if (!kpm_programs_losses(&m->programs, before, &own))
			snap->have |= KPM_HAVE_LOSS;
		kpm_tables_rescued(m->tables, after);
		if (!memcmp(before, after, sizeof(before)))
			break;
	}
	if (own.lost_max > m->lost_max)
		m->lost_max = own.lost_max;
	if (own.allocs > m->lost_allocs)
		m->lost_allocs = own.allocs;
	snap->loss.skipped = own.skipped;
	snap->loss.lost_max = m->lost_max;
	snap->loss.allocs = m->lost_allocs;
}

int kpm_map_source_sample(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err)
{
	struct kpm_map_source *m = (struct kpm_map_source *)src;
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
	read_losses(m, snap);
	snap->second = m->second;
	if (m->second != KPM_SECOND_NONE)
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

int kpm_map_source_births(struct kpm_source *src, uint32_t since_s, struct kpm_births *births)
{
	const struct kpm_map_source *m = (const struct kpm_map_source *)src;
	uint32_t now = 0;
	int ret = read_clock(m->clock, &now);

	return ret ? ret : kpm_tag_births(m->tables, now, since_s, births);
}

int kpm_map_source_check_samples(struct kpm_source *src, struct kpm_sample_check *check)
{
	return kpm_check_samples(((const struct kpm_map_source *)src)->tables, check);
}

int kpm_map_source_raise(struct kpm_source *src, uint32_t tag, uint32_t seconds)
{
	const struct kpm_map_source *m = (const struct kpm_map_source *)src;
	uint32_t now = 0;
	int ret = read_clock(m->clock, &now);

	return ret ? ret
		   : kpm_tables_raise(m->tables, &m->fds, tag, (now + seconds) & KPM_TIME_MASK,
				      seconds != 0);
}

int kpm_map_source_samples(struct kpm_source *src, struct kpm_samples *samples)
{
	return kpm_tables_samples(((const struct kpm_map_source *)src)->tables, samples);
}

uint32_t kpm_map_source_modules(struct kpm_source *src)
{
	return kpm_tables_modules(((const struct kpm_map_source *)src)->tables);
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

int kpm_map_source_charges(struct kpm_source *src, struct kpm_charges *charges)
{
	struct kpm_map_source *m = (struct kpm_map_source *)src;
	struct kpm_audit *audit = m->audit ? m->audit : m->walk;
	struct kpm_err err;

	if (charges)
		return audit ? kpm_charge_walk(audit, m->tables, charges) : -EOPNOTSUPP;
	return audit ? 0 : kpm_audit_open(&m->fds, &m->roots, &m->walk, &err);
}

void kpm_map_source_done(struct kpm_map_source *m)
{
	kpm_audit_close(m->walk);
	kpm_audit_close(m->audit);
	kpm_tables_close(m->tables);
}
