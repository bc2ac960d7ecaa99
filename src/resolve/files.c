// SPDX-License-Identifier: GPL-2.0-or-later
/* From a module's name to its file; the kernel's own code is in vmlinux. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "resolve/files.h"

void kpm_files_open(struct kpm_files *files, const struct kpm_roots *roots, const char *release)
{
	char dir[4096];

	*files = (struct kpm_files){.roots = *roots, .release = release};
	if (!kpm_spot_find(roots, KPM_SPOT_TREE, release, dir, sizeof(dir)))
		return;
	files->tree_dir = strdup(dir);
	kpm_modtree_open(dir, 0, &files->tree, NULL);
}

void kpm_files_close(struct kpm_files *files)
{
	for (uint32_t i = 0; i < files->count; i++) {
		free(files->list[i]->module);
		free(files->list[i]->own_path);
		free(files->list[i]->vendor_name);
		free(files->list[i]);
	}
	free(files->list);
	free(files->tree_dir);
	kpm_modtree_free(files->tree);
}

static void find_path(const struct kpm_files *files, struct kpm_code *f)
{
	char path[4096];

	if (!strcmp(f->module, "kernel")) {
		if (kpm_spot_find(&files->roots, KPM_SPOT_VMLINUX, files->release, path,
				  sizeof(path)))
			f->path = f->own_path = strdup(path);
	} else if (files->tree) {
		f->path = kpm_modtree_find(files->tree, f->module);
	}
}

uint32_t kpm_files_of(struct kpm_files *files, const char *module)
{
	struct kpm_code *f;

	/* a few dozen: those of the modules that have tags */
	for (uint32_t i = files->count; i-- > 0;)
		if (!strcmp(files->list[i]->module, module))
			return i;
	if (kpm_array_reserve(files->list, files->capacity, files->count + 1))
		return KPM_NONE;
	f = malloc(sizeof(*f));
	if (!f)
		return KPM_NONE;
	*f = (struct kpm_code){.module = strdup(module), .waiting = KPM_NONE};
	if (!f->module) {
		free(f);
		return KPM_NONE;
	}
	find_path(files, f);
	files->list[files->count] = f;
	return files->count++;
}
