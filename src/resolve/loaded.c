// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads ELF notes that the kernel shows in files, one for itself and one for each module. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "resolve/elffile.h"
#include "resolve/loaded.h"

struct build {
	char *module;
	char id[KPM_BUILD_ID_LEN];
};

struct kpm_loaded {
	struct kpm_roots roots;
	struct build *builds;
	size_t count, capacity;
};

static bool read_id(const struct kpm_roots *roots, const char *module, char id[KPM_BUILD_ID_LEN])
{
	char path[4096], notes[16384];
	ssize_t n;
	int fd;

	if (!strcmp(module, "kernel"))
		kpm_path(roots, KPM_FILE_NOTES, path, sizeof(path));
	else
		kpm_module_path(roots, KPM_MODULE_BUILD_ID, module, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, notes, sizeof(notes));
	close(fd);
	return n > 0 && kpm_notes_build_id(notes, n, id);
}

static int add(struct kpm_loaded *l, const char *module)
{
	struct build *b;

	if (kpm_array_reserve(l->builds, l->capacity, l->count + 1))
		return -ENOMEM;
	b = &l->builds[l->count];
	if (!read_id(&l->roots, module, b->id))
		return 0;
	b->module = strdup(module);
	return b->module && ++l->count ? 0 : -ENOMEM;
}

int kpm_loaded_read(const struct kpm_roots *roots, struct kpm_loaded **loaded)
{
	struct kpm_loaded *l = calloc(1, sizeof(*l));
	const struct dirent *d;
	char path[4096];
	int ret;
	DIR *dir;

	if (!l)
		return -ENOMEM;
	l->roots = *roots;
	ret = add(l, "kernel");
	dir = opendir(kpm_path(roots, KPM_FILE_MODULES, path, sizeof(path)));
	while (!ret && dir && (d = readdir(dir)))
		if (*d->d_name != '.')
			ret = add(l, d->d_name);
	if (dir)
		closedir(dir);
	if (ret) {
		kpm_loaded_free(l);
		return ret;
	}
	*loaded = l;
	return 0;
}

void kpm_loaded_free(struct kpm_loaded *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		free(l->builds[i].module);
	free(l->builds);
	free(l);
}

enum kpm_build kpm_loaded_compare(const struct kpm_loaded *l, const char *module,
				  const char *build_id)
{
	enum kpm_build build = KPM_BUILD_UNKNOWN;
	char id[KPM_BUILD_ID_LEN];

	if (!*build_id)
		return build;
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->builds[i].module, module))
			build = strcmp(l->builds[i].id, build_id) ? KPM_BUILD_OTHER
								  : KPM_BUILD_LOADED;
	/* loaded anew since: the tags are of both builds */
	if (build != KPM_BUILD_OTHER && read_id(&l->roots, module, id))
		build = strcmp(id, build_id) ? KPM_BUILD_OTHER : KPM_BUILD_LOADED;
	return build;
}
