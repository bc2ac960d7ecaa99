// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The id of a cgroup is the inode number of its folder, in one hierarchy. The folders
 * are read when an id is asked for that is not known, at most once for each sample; whether one that
 * is known is still there is looked up with each sample.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/map64.h"
#include "resolve/cgroups.h"

#define CGROUP2_MAGIC 0x63677270
#define CGROUP1_MAGIC 0x27e0eb
/* Folders in folders: the kernel's own limit is user's choice; no manager nests as deep. */
#define DEPTH_MAX 32

struct group {
	uint64_t id;
	char *path;
	bool there;
	uint32_t seen; /* the number of the refresh or reading that last looked for it */
};

struct kpm_cgroups {
	const struct kpm_roots *roots;
	enum kpm_hierarchy hierarchy;
	struct group *groups;
	uint32_t count, capacity;
	struct kpm_map64 by_id;
	uint32_t reading; /* number of refreshes and readings */
	bool may_read, mounted;
	char root[4096];
	char text[4200];
};

struct kpm_cgroups *kpm_cgroups_new(const struct kpm_roots *roots, enum kpm_hierarchy hierarchy)
{
	struct kpm_cgroups *c = calloc(1, sizeof(*c));

	if (c) {
		c->roots = roots;
		c->hierarchy = hierarchy;
		c->may_read = true;
	}
	return c;
}

void kpm_cgroups_free(struct kpm_cgroups *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->count; i++)
		free(c->groups[i].path);
	free(c->groups);
	kpm_map64_done(&c->by_id);
	free(c);
}

static void add(struct kpm_cgroups *c, uint64_t id, const char *path)
{
	uint32_t *at = kpm_map64_put(&c->by_id, id, c->count);

	if (!at)
		return;
	if (*at < c->count) {
		c->groups[*at].there = true;
		c->groups[*at].seen = c->reading;
		return;
	}
	if (kpm_array_reserve(c->groups, c->capacity, c->count + 1))
		return;
	c->groups[c->count] = (struct group){id, strdup(path), true, c->reading};
	c->count += c->groups[c->count].path != NULL;
}

/* Adds a folder and those in it; `path` has room for 4,096 bytes, and is as it was afterwards. */
static void read_folder(struct kpm_cgroups *c, int fd, char *path, int depth)
{
	size_t len = strlen(path);
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (!fstat(fd, &st))
		add(c, st.st_ino, *path ? path : "/");
	dir = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		int child;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    len + strlen(entry->d_name) + 2 > 4096)
			continue;
		child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (child < 0)
			continue;
		sprintf(path + len, "/%s", entry->d_name);
		read_folder(c, child, path, depth + 1);
		path[len] = '\0';
	}
	closedir(dir);
}

static void read_groups(struct kpm_cgroups *c)
{
	char path[4096] = "";
	bool old = c->hierarchy == KPM_CGROUP1_MEMORY;
	struct statfs fs;
	int fd;

	c->may_read = false;
	c->reading++;
	kpm_path(c->roots, KPM_FILE_CGROUPS, c->root, sizeof(c->root));
	/* each of the old hierarchies is mounted in a folder of its own, and then cgroup2 is, too */
	if (!statfs(c->root, &fs) && fs.f_type != CGROUP2_MAGIC)
		strncat(c->root, old ? "/memory" : "/unified",
			sizeof(c->root) - strlen(c->root) - 1);
	fd = open(c->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	c->mounted = fd >= 0 && !fstatfs(fd, &fs) &&
		     (fs.f_type == (old ? CGROUP1_MAGIC : CGROUP2_MAGIC) || c->roots->sys);
	if (c->mounted)
		read_folder(c, fd, path, 0);
	else if (fd >= 0)
		close(fd);
}

/* Is a known group still there? Its path could be that of another one by now. */
static bool is_there(struct kpm_cgroups *c, struct group *g)
{
	char path[8192];
	struct stat st;

	if (g->there && g->seen != c->reading) {
		snprintf(path, sizeof(path), "%s%s", c->root, g->path);
		g->there = !stat(path, &st) && st.st_ino == g->id;
		g->seen = c->reading;
	}
	return g->there;
}

const char *kpm_cgroups_path(struct kpm_cgroups *c, uint64_t id)
{
	const uint32_t *at = kpm_map64_get(&c->by_id, id);

	if (!at && c->may_read) {
		read_groups(c);
		at = kpm_map64_get(&c->by_id, id);
	}
	if (at && is_there(c, &c->groups[*at]))
		return c->groups[*at].path;
	if (at)
		snprintf(c->text, sizeof(c->text), "%s (removed)", c->groups[*at].path);
	else
		snprintf(c->text, sizeof(c->text), "%s %" PRIu64, c->mounted ? "(removed)" : "id",
			 id);
	return c->text;
}

void kpm_cgroups_read(struct kpm_cgroups *c)
{
	read_groups(c);
}

void kpm_cgroups_refresh(struct kpm_cgroups *c)
{
	c->may_read = true;
	c->reading++;
}
