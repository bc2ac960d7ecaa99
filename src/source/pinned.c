// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opens the pinned maps and programs from their folder. Nothing is loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/folder.h"
#include "source/hook_programs.h"
#include "source/map_source.h"
#include "source/pinned.h"

struct pinned {
	struct kpm_map_source map; /* the first member */
	struct kpm_about about;
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
	{"samples", offsetof(struct kpm_tables_fds, samples)},
	{"stacks", offsetof(struct kpm_tables_fds, stacks)},
	{"sampled", offsetof(struct kpm_tables_fds, sampled)},
	{"gone", offsetof(struct kpm_tables_fds, gone)},
	{"runs", offsetof(struct kpm_tables_fds, runs)},
	{"credits", offsetof(struct kpm_tables_fds, credits)},
};
#define MAPS (int)(sizeof(maps) / sizeof(*maps))

static int *map_fd(struct pinned *p, int i)
{
	return (int *)((char *)&p->map.fds + maps[i].at);
}

static void pinned_close(struct kpm_source *src)
{
	struct pinned *p = (struct pinned *)src;

	for (int i = 0; i < KPM_EVENTS; i++)
		if (p->map.programs.event[i] >= 0)
			close(p->map.programs.event[i]);
	for (int i = 0; i < KPM_HOOKS; i++)
		for (int k = 0; k < KPM_HOOK_LINKS; k++) {
			if (p->map.programs.hook[i][k] >= 0)
				close(p->map.programs.hook[i][k]);
			if (p->map.programs.kprobe[i][k] >= 0)
				close(p->map.programs.kprobe[i][k]);
		}
	if (p->map.clock >= 0)
		close(p->map.clock);
	for (int i = 0; i < MAPS; i++)
		if (*map_fd(p, i) >= 0)
			close(*map_fd(p, i));
	kpm_map_source_done(&p->map);
	free(p);
}

static const struct kpm_source_ops pinned_ops = {
	.sample = kpm_map_source_sample,
	.objects = kpm_map_source_objects,
	.births = kpm_map_source_births,
	.samples = kpm_map_source_samples,
	.modules = kpm_map_source_modules,
	.charges = kpm_map_source_charges,
	.check_samples = kpm_map_source_check_samples,
	.raise = kpm_map_source_raise,
	.audit = kpm_map_source_audit,
	.check = kpm_map_source_check,
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
	p->map.clock = open_pin(folder, "prog_", "kpm_now");
	for (int i = 0; i < KPM_EVENTS; i++)
		p->map.programs.event[i] = open_pin(folder, "prog_", kpm_event_table[i].program);
	for (int i = 0; i < KPM_HOOKS; i++) {
		p->map.programs.copies[i] = kpm_hook_has_copies(p->about.attach[i]);
		for (int k = 0; k < KPM_HOOK_LINKS; k++) {
			const char *name = kpm_hook_program(i, p->about.attach[i], k);

			p->map.programs.hook[i][k] = name ? open_pin(folder, "prog_", name) : -1;
			p->map.programs.kprobe[i][k] = name && kpm_hook_by_kprobe(name)
							       ? open_pin(folder, "link_", name)
							       : -1;
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
	return ret ? ret : kpm_tables_open(&p->map.fds, &p->map.tables, err);
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
			"the maps pinned in %.200s are those of kpoolmon %s (layout %u), this is "
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
		kpm_fail(err, ret, "read the maps pinned in %.200s: %s; kpoolmon stop removes them",
			 path, strerror(-ret));
	if (!ret)
		ret = check_about(&p->about, version, path, err);
	if (!ret)
		ret = open_tables(p, folder, err);
	if (!ret) {
		for (int i = 0; i < KPM_HOOKS; i++)
			p->map.attach[i] = p->about.attach[i];
		p->map.second = p->about.second;
		open_programs(p, folder);
	}
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
	p->map.source.ops = &pinned_ops;
	p->map.source.tags = tags;
	p->map.roots = *roots;
	p->map.audit_unseen = true;
	memset(&p->map.programs, 0xff, sizeof(p->map.programs));
	memset(&p->map.fds, 0xff, sizeof(p->map.fds));
	p->map.clock = -1;
	/* a stop may remove the files while they are opened, and a start may follow it */
	for (int i = 0; i < 3; i++) {
		ret = open_folder(p, folder.path, version, err);
		if (ret != -ENOENT || access(folder.path, F_OK))
			break;
	}
	if (ret)
		pinned_close(&p->map.source);
	else
		*src = &p->map.source;
	return ret;
}

int kpm_pinned_cost(const struct kpm_source *src, struct kpm_cost *cost)
{
	return kpm_programs_cost(&((const struct pinned *)src)->map.programs, cost);
}

int64_t kpm_pinned_since(const struct kpm_source *src)
{
	return ((const struct pinned *)src)->about.started_wall;
}
