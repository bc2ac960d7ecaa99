// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks the folder of a kernel's modules. Of several files of one name modprobe takes the one that
 * depmod wrote into modules.dep:
 *
 *   kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz kernel/lib/crc16.ko.xz
 *
 * Without it (a copied tree) the folder decides, as in depmod.d of the distributions. A file that
 * modules.dep does not know was put there since, and may have been loaded by hand.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "resolve/modtree.h"

#define DEPTH_MAX    32
#define FILES_MAX    500000
#define WARNINGS_MAX 64

enum { RANK_DEP, RANK_UPDATES, RANK_EXTRA, RANK_OTHER, RANK_WEAK };

struct kpm_modtree {
	struct kpm_modfile *files;
	size_t count, capacity;
	char *warnings[WARNINGS_MAX];
	size_t warning_count;
	unsigned int flags;
};

const char *kpm_module_name(const char *path, char *buf, size_t size)
{
	static const char *const ends[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
	const char *base = strrchr(path, '/'), *dot;
	size_t len;

	base = base ? base + 1 : path;
	for (dot = strstr(base, ".ko"); dot; dot = strstr(dot + 1, ".ko")) {
		for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
			if (!strcmp(dot, ends[i]))
				goto found;
	}
	return NULL;
found:
	len = dot - base;
	if (!len || len >= size || len >= KPM_MODULE_NAME_LEN)
		return NULL;
	for (size_t i = 0; i < len; i++)
		buf[i] = base[i] == '-' ? '_' : base[i];
	buf[len] = '\0';
	return buf;
}

void kpm_modtree_free(struct kpm_modtree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->count; i++) {
		free((char *)tree->files[i].name);
		free((char *)tree->files[i].path);
	}
	for (size_t i = 0; i < tree->warning_count; i++)
		free(tree->warnings[i]);
	free(tree->files);
	free(tree);
}

static void warn(struct kpm_modtree *tree, const char *what, const char *path, int error)
{
	char *text;

	if (tree->warning_count == WARNINGS_MAX)
		return;
	if (asprintf(&text, "%s %s: %s; what is in it is not searched", what, path,
		     strerror(error)) >= 0)
		tree->warnings[tree->warning_count++] = text;
}

static int add(struct kpm_modtree *tree, const char *name, const char *path, int rank)
{
	struct kpm_modfile *f;

	if (tree->count == FILES_MAX)
		return -E2BIG;
	if (kpm_array_reserve(tree->files, tree->capacity, tree->count + 1))
		return -ENOMEM;
	f = &tree->files[tree->count];
	*f = (struct kpm_modfile){strdup(name), strdup(path), rank, 0, 0};
	if (!f->name || !f->path) {
		free((char *)f->name);
		free((char *)f->path);
		return -ENOMEM;
	}
	tree->count++;
	return 0;
}

static int rank_of(const char *folder)
{
	return !strcmp(folder, "updates")        ? RANK_UPDATES
	       : !strcmp(folder, "extra")        ? RANK_EXTRA
	       : !strcmp(folder, "weak-updates") ? RANK_WEAK
						 : RANK_OTHER;
}

/* A file of a module, or a link to one, as weak-updates has them. */
static int add_file(struct kpm_modtree *tree, int dir, const char *entry, const char *path,
		    int rank)
{
	char name[KPM_MODULE_NAME_LEN];
	struct kpm_modfile *f;
	struct stat st;
	int ret;

	if (!kpm_module_name(entry, name, sizeof(name)))
		return 0;
	if (fstatat(dir, entry, &st, 0) || !S_ISREG(st.st_mode)) {
		if (errno != ENOENT) /* it went away, or its target did */
			warn(tree, "read", path, errno ? errno : EINVAL);
		return 0;
	}
	ret = add(tree, name, path, rank);
	if (ret || !(tree->flags & KPM_MODTREE_SIZES))
		return ret;
	f = &tree->files[tree->count - 1];
	f->size = st.st_size;
	f->mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	return 0;
}

/* Takes over `fd`. */
static int walk(struct kpm_modtree *tree, int fd, const char *path, int rank, int depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *d;
	char *child = NULL;
	int ret = 0;

	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!ret && (d = readdir(dir))) {
		bool folder = d->d_type == DT_DIR;
		int sub;

		if (*d->d_name == '.')
			continue;
		if (asprintf(&child, "%s/%s", path, d->d_name) < 0) {
			child = NULL;
			ret = -ENOMEM;
			break;
		}
		if (d->d_type == DT_UNKNOWN) {
			struct stat st;

			folder = !fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
				 S_ISDIR(st.st_mode);
		}
		if (folder && depth < DEPTH_MAX) {
			sub = openat(fd, d->d_name,
				     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (sub >= 0)
				ret = walk(tree, sub, child, depth ? rank : rank_of(d->d_name),
					   depth + 1);
			else
				warn(tree, "open", child, errno);
		} else if (!folder) {
			errno = 0;
			ret = add_file(tree, fd, d->d_name, child, rank);
		}
		free(child);
		child = NULL;
	}
	closedir(dir);
	return ret;
}

static int by_name(const void *x, const void *y)
{
	const struct kpm_modfile *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	if (!c)
		c = a->rank - b->rank;
	return c ? c : strcmp(a->path, b->path);
}

/* The first file of a name: the number of files if there is none. */
static size_t first_of(const struct kpm_modtree *tree, const char *name)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(tree->files[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < tree->count && !strcmp(tree->files[low].name, name) ? low : tree->count;
}

/* Puts what modules.dep names before its namesakes. */
static void read_dep(struct kpm_modtree *tree, const char *dir)
{
	char path[4096], name[KPM_MODULE_NAME_LEN], *line = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/modules.dep", dir);
	f = fopen(path, "re");
	if (!f)
		return;
	while (getline(&line, &size, f) > 0) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon = '\0';
		if (!kpm_module_name(line, name, sizeof(name)))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", *line == '/' ? "" : dir,
			 *line == '/' ? "" : "/", line);
		for (size_t i = first_of(tree, name);
		     i < tree->count && !strcmp(tree->files[i].name, name); i++)
			if (!strcmp(tree->files[i].path, path))
				tree->files[i].rank = RANK_DEP;
	}
	free(line);
	fclose(f);
	qsort(tree->files, tree->count, sizeof(*tree->files), by_name);
}

int kpm_modtree_open(const char *dir, unsigned int flags, struct kpm_modtree **tree,
		     struct kpm_err *err)
{
	struct kpm_modtree *t = calloc(1, sizeof(*t));
	int fd, ret;

	if (!t)
		return kpm_fail(err, -ENOMEM, "out of memory");
	t->flags = flags;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		free(t);
		return kpm_fail(err, ret, "open the modules in %.300s: %s", dir, strerror(-ret));
	}
	ret = walk(t, fd, dir, RANK_OTHER, 0);
	if (ret) {
		kpm_modtree_free(t);
		return kpm_fail(err, ret, "read the modules in %.300s: %s", dir, strerror(-ret));
	}
	if (t->count)
		qsort(t->files, t->count, sizeof(*t->files), by_name);
	read_dep(t, dir);
	*tree = t;
	return 0;
}

const char *kpm_modtree_find(const struct kpm_modtree *tree, const char *module)
{
	char name[KPM_MODULE_NAME_LEN];
	size_t len = strlen(module), i;

	if (len >= sizeof(name))
		return NULL;
	for (i = 0; i <= len; i++)
		name[i] = module[i] == '-' ? '_' : module[i];
	i = first_of(tree, name);
	return i < tree->count ? tree->files[i].path : NULL;
}

size_t kpm_modtree_count(const struct kpm_modtree *tree)
{
	return tree->count;
}

const struct kpm_modfile *kpm_modtree_get(const struct kpm_modtree *tree, size_t i)
{
	return &tree->files[i];
}

const char *kpm_modtree_warning(const struct kpm_modtree *tree, size_t nth)
{
	return nth < tree->warning_count ? tree->warnings[nth] : NULL;
}
