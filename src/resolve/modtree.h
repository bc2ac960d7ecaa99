/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module files of one kernel: every *.ko, *.ko.xz, *.ko.zst and *.ko.gz below a folder such as
 * /lib/modules/RELEASE. It reads names and sizes; no file is opened.
 */
#ifndef KPM_MODTREE_H
#define KPM_MODTREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct kpm_modfile {
	const char *name; /* of the module, as the kernel has it: with `_` for `-` */
	const char *path;
	int rank;         /* among files of one name, the least is the one that is loaded */
	uint64_t size;    /* bytes; 0 if the tree was read without sizes */
	int64_t mtime_ns; /* the same */
};

struct kpm_modtree;

/* Bits of kpm_modtree_open. */
#define KPM_MODTREE_SIZES 1 /* read sizes and times, too */

/*
 * Reads the tree below `dir`. 0, or -errno and a sentence. Links to folders are not followed.
 * Folders and files that cannot be read are skipped; kpm_modtree_warning() names them.
 */
int kpm_modtree_open(const char *dir, unsigned int flags, struct kpm_modtree **tree,
		     struct kpm_err *err);
void kpm_modtree_free(struct kpm_modtree *tree);

/*
 * The file that modprobe would load, NULL if there is none: the one that modules.dep names, else
 * from updates, extra, the kernel's own, weak-updates.
 */
const char *kpm_modtree_find(const struct kpm_modtree *tree, const char *module);

size_t kpm_modtree_count(const struct kpm_modtree *tree);
/* Sorted by name, the best file of a name first. */
const struct kpm_modfile *kpm_modtree_get(const struct kpm_modtree *tree, size_t i);

/* The nth sentence about something that could not be read; NULL after the last. */
const char *kpm_modtree_warning(const struct kpm_modtree *tree, size_t nth);

#define KPM_MODULE_NAME_LEN 64
/*
 * The name of the module in a file: `kernel/a/snd-pcm.ko.xz` holds snd_pcm. Returns buf; NULL if
 * the file is not named like a module or the name is too long.
 */
const char *kpm_module_name(const char *path, char *buf, size_t size);

#endif
