// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /sys/kernel/slab has a folder for each slab cache. A cache that can be merged is a link, and
 * those that are merged are links to one folder, whose name tells flags and size:
 *
 *   ext4_io_end -> :0000064        ksm_rmap_item -> :0000064        dentry/
 *
 * Links stay when their cache is destroyed: rather a cache is called merged than by the name of one
 * that is gone.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "model/tagset.h"
#include "resolve/merged.h"

/*
 * A reading of the folder, two thirds of a millisecond, that is younger than this is not repeated.
 * Tags are asked about when they are new: at the first sample hundreds at once, later few.
 */
#define FRESH (KPM_SECOND / 10)

struct entry {
	char *name;
	char *folder; /* that it is a link to; NULL: it has one of its own */
};

struct kpm_merged {
	struct kpm_roots roots;
	struct entry *entries; /* by name */
	size_t count, capacity;
	int64_t read_ns;
	char *shown, *aliases; /* of the last answer */
};

static void forget(struct kpm_merged *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->entries[i].name);
		free(m->entries[i].folder);
	}
	m->count = 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int add(struct kpm_merged *m, int dir, const struct dirent *d)
{
	const char *name = d->d_name, *folder;
	char target[256];
	ssize_t len = d->d_type == DT_DIR ? 0 : readlinkat(dir, name, target, sizeof(target) - 1);
	struct entry e = {0};

	if (kpm_array_reserve(m->entries, m->capacity, m->count + 1))
		return -ENOMEM;
	target[len > 0 ? len : 0] = '\0';
	folder = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	e.name = strdup(name);
	e.folder = *folder == ':' ? strdup(folder) : NULL;
	if (!e.name || (*folder == ':' && !e.folder)) {
		free(e.name);
		free(e.folder);
		return -ENOMEM;
	}
	m->entries[m->count++] = e;
	return 0;
}

/* What is not readable, or does not fit into memory, is not known: names stay what they are. */
static void read_folder(struct kpm_merged *m)
{
	char path[4096];
	const struct dirent *d;
	DIR *dir;

	forget(m);
	m->read_ns = kpm_now();
	dir = opendir(kpm_path(&m->roots, KPM_FILE_SLAB, path, sizeof(path)));
	if (!dir)
		return;
	while ((d = readdir(dir)))
		if (add(m, dirfd(dir), d))
			break;
	if (d)
		forget(m);
	closedir(dir);
	if (m->count)
		qsort(m->entries, m->count, sizeof(*m->entries), by_name);
}

struct kpm_merged *kpm_merged_open(const struct kpm_roots *roots)
{
	struct kpm_merged *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->roots = *roots;
	read_folder(m);
	return m;
}

void kpm_merged_close(struct kpm_merged *m)
{
	if (!m)
		return;
	forget(m);
	free(m->entries);
	free(m->shown);
	free(m->aliases);
	free(m);
}

static const struct entry *find(const struct kpm_merged *m, const char *cache)
{
	const struct entry key = {.name = (char *)cache};

	return m->count ? bsearch(&key, m->entries, m->count, sizeof(key), by_name) : NULL;
}

/* Joins the caches that are links to a folder, but for `without`. How many; -1: out of memory. */
static int join(struct kpm_merged *m, const char *folder, const char *without)
{
	size_t size = 1, used = 0;
	int links = 0;

	for (size_t i = 0; i < m->count; i++)
		size += strlen(m->entries[i].name) + 1;
	free(m->aliases);
	m->aliases = calloc(1, size);
	if (!m->aliases)
		return -1;
	for (size_t i = 0; i < m->count; i++) {
		const struct entry *e = &m->entries[i];

		if (!e->folder || strcmp(e->folder, folder) ||
		    (without && !strcmp(e->name, without)))
			continue;
		used += sprintf(m->aliases + used, "%s%s", links++ ? "+" : "", e->name);
	}
	return links;
}

bool kpm_merged_namer(void *arg, const char *cache, const char **shown, const char **aliases)
{
	struct kpm_merged *m = arg;
	bool given = !strncmp(cache, KPM_MERGED, strlen(KPM_MERGED));
	const struct entry *e = find(m, cache);
	const char *folder;

	/* one with a folder of its own stays alone; to all others caches may have been added */
	if (e && !e->folder)
		return false;
	if (kpm_now() - m->read_ns > FRESH)
		read_folder(m);
	e = find(m, cache);
	folder = given ? cache + strlen(KPM_MERGED) - 1 : e ? e->folder : NULL;
	if (!folder || join(m, folder, NULL) < 2)
		return false;
	free(m->shown);
	if (asprintf(&m->shown, KPM_MERGED "%s", folder + 1) < 0)
		m->shown = NULL;
	*shown = m->shown;
	*aliases = m->aliases;
	return m->shown != NULL;
}

void kpm_merged_free(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

static char **split(char *joined, size_t count)
{
	char **list = calloc(count + 1, sizeof(*list)), *save = NULL;
	size_t n = 0;

	for (char *name = strtok_r(joined, "+", &save); list && name && n < count;
	     name = strtok_r(NULL, "+", &save)) {
		list[n] = strdup(name);
		if (!list[n++])
			break;
	}
	return list;
}

char **kpm_merged_with(const struct kpm_roots *roots, const char *cache)
{
	struct kpm_merged *m = kpm_merged_open(roots);
	const struct entry *e = m ? find(m, cache) : NULL;
	int others = e && e->folder ? join(m, e->folder, cache) : 0;
	char **list = others > 0 ? split(m->aliases, others) : NULL;

	kpm_merged_close(m);
	return list;
}
