/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fake trees of files for the tests: a folder that is made before and removed after a test. */
#ifndef KPM_TEST_TREE_H
#define KPM_TEST_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int tree_make(void **state)
{
	char *dir = strdup("/tmp/kpoolmon-test-XXXXXX");

	*state = dir;
	return mkdtemp(dir) ? 0 : -1;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int tree_remove(void **state)
{
	nftw(*state, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return 0;
}

/* The path of a file below the tree, whose folders are made. */
static inline char *tree_path(const char *tree, const char *name, char buf[1024])
{
	snprintf(buf, 1024, "%s/%s", tree, name);
	for (char *p = buf + strlen(tree) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(buf, 0755);
		*p = '/';
	}
	return buf;
}

static inline void tree_bytes(const char *tree, const char *name, const void *data, size_t size)
{
	char path[1024];
	FILE *f = fopen(tree_path(tree, name, path), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

static inline void tree_file(const char *tree, const char *name, const char *text)
{
	tree_bytes(tree, name, text, strlen(text));
}

static inline void tree_link(const char *tree, const char *name, const char *target)
{
	char path[1024];

	assert_int_equal(symlink(target, tree_path(tree, name, path)), 0);
}

#endif
