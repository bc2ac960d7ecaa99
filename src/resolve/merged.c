// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /sys/kernel/slab has a folder for each slab cache. Caches that SLUB merged are links to one
 * folder, whose name tells size and flags:
 *
 *   ext4_io_end -> :0000064        ksm_rmap_item -> :0000064
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "resolve/merged.h"

void kpm_merged_free(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

static ssize_t link_of(int dir, const char *name, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir, name, buf, size - 1);

	if (n >= 0)
		buf[n] = '\0';
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **kpm_merged_with(const struct kpm_roots *roots, const char *cache)
{
	char path[4096], target[256], other[256], **list = NULL;
	const struct dirent *d;
	size_t count = 0, capacity = 0;
	DIR *dir;

	dir = opendir(kpm_path(roots, KPM_FILE_SLAB, path, sizeof(path)));
	if (!dir)
		return NULL;
	if (!strchr(cache, '/') && link_of(dirfd(dir), cache, target, sizeof(target)) > 0) {
		while ((d = readdir(dir))) {
			if (!strcmp(d->d_name, cache) ||
			    link_of(dirfd(dir), d->d_name, other, sizeof(other)) <= 0 ||
			    strcmp(other, target))
				continue;
			if (kpm_array_reserve(list, capacity, count + 2))
				break;
			list[count] = strdup(d->d_name);
			if (!list[count])
				break;
			list[++count] = NULL;
		}
	}
	closedir(dir);
	if (list)
		qsort(list, count, sizeof(*list), by_text);
	return list;
}
