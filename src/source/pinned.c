// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The source that reads pinned books: the same maps as the live one, found in their folder.
 * Nothing is loaded; once they are open no rights are needed any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/audit.h"
#include "source/folder.h"
#include "source/hook_programs.h"
#include "source/map_source.h"
#include "source/pinned.h"
#include "source/tag_objects.h"

struct pinned {
	struct kpm_source source;
	struct kpm_tables_fds fds;
	struct kpm_tables *tables;
	struct kpm_audit *audit;
	struct kpm_err no_audit; /* why there is none */
	int audit_code;          /* the same as a code */
	struct kpm_programs programs;
	int clock; /* program that tells the clock of births, or -1 */
	struct kpm_about about;
	struct kpm_roots roots;
};

static const struct {
	const char *name;
	size_t at;
} maps[] = {
	{"objects", offsetof(struct kpm_tables_fds, objects)},
	{"tags", offsetof(struct kpm_tables_fds, tags)},
	{"taginfo", offsetof(struct kpm_tables_fds, taginfo)},
	{"taglist", offsetof(struct kpm_tables_fds, taglist)},
	{"counters", offsetof(struct kpm_tables_fds, counters)},
	{"shards", offsetof(struct kpm_tables_fds, shards)},
	{"control", offsetof(struct kpm_tables_fds, control)},
};
#define MAPS (int)(sizeof(maps) / sizeof(*maps))

static int *map_fd(struct pinned *p, int i)
{
	return (int *)((char *)&p->fds + maps[i].at);
}

static int pinned_check(struct kpm_source *src, struct kpm_err *err)
{
	const struct pinned *p = (const struct pinned *)src;

	if (!kpm_tables_stopped(p->tables))
		return 0;
	return kpm_fail(err, -ESHUTDOWN,
			"tracking was ended by kpoolmon stop while its books were read; "
			"kpoolmon start begins anew");
}

static int pinned_sample(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err)
{
	struct pinned *p = (struct pinned *)src;
	struct kpm_loss own = {0};
	int ret;

	snap->have = 0;
	memset(&snap->loss, 0, sizeof(snap->loss));
	kpm_snapshot_machine(snap, &p->roots);
	snap->started_ns = kpm_tables_started(p->tables);
	snap->no_audit = *p->no_audit.text ? p->no_audit.text : NULL;
	if (p->audit && !kpm_tables_stopped(p->tables))
		kpm_audit_sample(p->audit, snap);
	ret = kpm_tables_read(p->tables, src->tags, snap, err);
	/* what was read after the end lacks what happened since: no sample */
	if (!ret)
		ret = pinned_check(src, err);
	if (ret)
		return ret;
	if (!kpm_programs_losses(&p->programs, &own))
		snap->have |= KPM_HAVE_LOSS;
	snap->loss.skipped = own.skipped;
	snap->loss.lost_max = own.lost_max;
	snap->loss.allocs = own.allocs;
	if (!(p->about.flags & KPM_ABOUT_NO_RESCUE))
		snap->have |= KPM_HAVE_RESCUE;
	for (int i = 0; i < KPM_HOOKS; i++)
		snap->hooks[i].way = p->about.way[i];
	snap->have |= KPM_HAVE_HOOKS;
	kpm_hooks_missing(snap->hooks, snap->missing, sizeof(snap->missing));
	return 0;
}

static int pinned_objects(struct kpm_source *src, uint32_t tag, uint32_t survive_s,
			  struct kpm_objects *objects)
{
	struct pinned *p = (struct pinned *)src;
	uint32_t now = 0;
	int ret = kpm_allocation_clock(p->clock, &now);

	return ret ? ret : kpm_tag_objects(p->tables, tag, now, survive_s, objects);
}

static int pinned_audit(struct kpm_source *src, bool anyway, struct kpm_audit **audit,
			struct kpm_err *err)
{
	struct pinned *p = (struct pinned *)src;
	enum kpm_way way[KPM_HOOKS];
	int ret = p->audit_code;

	for (int i = 0; i < KPM_HOOKS; i++)
		way[i] = p->about.way[i];
	/* tried once: later there are no rights to */
	if (!p->audit && !ret && (anyway || kpm_hooks_unseen(way)))
		ret = kpm_audit_open(&p->fds, &p->roots, &p->audit, &p->no_audit);
	p->audit_code = ret;
	*audit = p->audit;
	return ret ? kpm_fail(err, ret, "%s", p->no_audit.text) : 0;
}

static void pinned_close(struct kpm_source *src)
{
	struct pinned *p = (struct pinned *)src;

	for (int i = 0; i < KPM_PROBES; i++)
		if (p->programs.event[i] >= 0)
			close(p->programs.event[i]);
	for (int i = 0; i < KPM_HOOKS; i++)
		for (int k = 0; k < KPM_HOOK_LINKS; k++)
			if (p->programs.hook[i][k] >= 0)
				close(p->programs.hook[i][k]);
	if (p->clock >= 0)
		close(p->clock);
	for (int i = 0; i < MAPS; i++)
		if (*map_fd(p, i) >= 0)
			close(*map_fd(p, i));
	kpm_audit_close(p->audit);
	kpm_tables_close(p->tables);
	free(p);
}

static const struct kpm_source_ops pinned_ops = {
	.sample = pinned_sample,
	.objects = pinned_objects,
	.audit = pinned_audit,
	.check = pinned_check,
	.close = pinned_close,
};

static int open_pin(int folder, const char *kind, const char *name)
{
	char file[128], path[512];

	snprintf(file, sizeof(file), "%s%s", kind, name);
	return bpf_obj_get(kpm_folder_file(folder, file, path, sizeof(path)));
}

static void open_programs(struct pinned *p, int folder)
{
	p->clock = open_pin(folder, "prog_", "kpm_now");
	for (int i = 0; i < KPM_PROBES; i++)
		p->programs.event[i] = open_pin(folder, "prog_", kpm_probe_table[i].program);
	for (int i = 0; i < KPM_HOOKS; i++) {
		for (int k = 0; k < KPM_HOOK_LINKS; k++) {
			const char *name = kpm_hook_program(i, p->about.way[i], k);

			p->programs.hook[i][k] = name ? open_pin(folder, "prog_", name) : -1;
		}
	}
}

static int open_tables(struct pinned *p, int folder, struct kpm_err *err)
{
	int ret = 0;

	for (int i = 0; i < MAPS; i++) {
		int *fd = map_fd(p, i);

		if (*fd >= 0)
			close(*fd);
		*fd = open_pin(folder, "", maps[i].name);
		if (*fd < 0 && !ret)
			ret = kpm_fail(err, -errno, "open the pinned map %s: %s", maps[i].name,
				       strerror(errno));
	}
	return ret ? ret : kpm_tables_open(&p->fds, &p->tables, err);
}

/* Another version's tables, or none that we can read. */
static int check_about(const struct kpm_about *about, const char *version, const char *path,
		       struct kpm_err *err)
{
	char theirs[KPM_ABOUT_VERSION_LEN];

	if (about->abi == KPM_ABI_VERSION && !strcmp(about->version, version))
		return 0;
	memcpy(theirs, about->version, sizeof(theirs));
	return kpm_fail(err, -EPROTO,
			"the pinned books in %.200s are those of kpoolmon %s (layout %u), this is "
			"kpoolmon %s (layout %u): kpoolmon stop removes them, --private counts "
			"beside them",
			path, theirs, about->abi, version, KPM_ABI_VERSION);
}

static int open_folder(struct pinned *p, const char *path, const char *version, struct kpm_err *err)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	if (folder < 0 && errno == ENOENT)
		return kpm_fail(err, -ENOENT,
				"nothing is pinned in %.200s; kpoolmon start begins to track",
				path);
	if (folder < 0)
		return kpm_fail(err, -errno, "open %.200s: %s; run as root, or with --private",
				path, strerror(errno));
	ret = kpm_folder_about(folder, &p->about);
	if (ret)
		kpm_fail(err, ret,
			 "read the pinned books in %.200s: %s; kpoolmon stop removes them", path,
			 strerror(-ret));
	if (!ret)
		ret = check_about(&p->about, version, path, err);
	if (!ret)
		ret = open_tables(p, folder, err);
	if (!ret)
		open_programs(p, folder);
	close(folder);
	return ret;
}

int kpm_pinned_open(const struct kpm_roots *roots, const char *version, struct kpm_tagset *tags,
		    struct kpm_source **src, struct kpm_err *err)
{
	struct pinned *p = calloc(1, sizeof(*p));
	struct kpm_folder folder;
	int ret;

	if (!p)
		return kpm_fail(err, -ENOMEM, "out of memory");
	kpm_folder_find(&folder, roots);
	p->source.ops = &pinned_ops;
	p->source.tags = tags;
	p->roots = *roots;
	memset(&p->programs, 0xff, sizeof(p->programs));
	memset(&p->fds, 0xff, sizeof(p->fds));
	p->clock = -1;
	/* files that go while they are opened: those of a stop, whose start may be done already */
	for (int i = 0; i < 3; i++) {
		ret = open_folder(p, folder.path, version, err);
		if (ret != -ENOENT || access(folder.path, F_OK))
			break;
	}
	if (ret)
		pinned_close(&p->source);
	else
		*src = &p->source;
	return ret;
}

int kpm_pinned_cost(const struct kpm_source *src, struct kpm_cost *cost)
{
	return kpm_programs_cost(&((const struct pinned *)src)->programs, cost);
}

int64_t kpm_pinned_since(const struct kpm_source *src)
{
	return ((const struct pinned *)src)->about.started_wall;
}
