// SPDX-License-Identifier: GPL-2.0-or-later
/* Module files in fake trees: where they stand, how they are named, which one goes first. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/roots.h"
#include "resolve/modtree.h"
#include "tree.h"

static void check(const struct kpm_modtree *tree, const char *module, const char *want)
{
	const char *path = kpm_modtree_find(tree, module);
	size_t cut = path && want ? strlen(path) - strlen(want) : 0;

	if (!path != !want || (want && strcmp(path + cut, want)))
		fail_msg("%s: %s, not %s", module, path ? path : "nothing",
			 want ? want : "nothing");
}

static void names(void **state)
{
	char buf[KPM_MODULE_NAME_LEN];

	(void)state;
	assert_string_equal(kpm_module_name("a/snd-pcm.ko.xz", buf, sizeof(buf)), "snd_pcm");
	assert_string_equal(kpm_module_name("x.ko", buf, sizeof(buf)), "x");
	assert_string_equal(kpm_module_name("x.ko.zst", buf, sizeof(buf)), "x");
	assert_string_equal(kpm_module_name("x.ko.gz", buf, sizeof(buf)), "x");
	assert_string_equal(kpm_module_name("a.ko.b.ko", buf, sizeof(buf)), "a.ko.b");
	assert_null(kpm_module_name("x.kob", buf, sizeof(buf)));
	assert_null(kpm_module_name("x.ko.bz2", buf, sizeof(buf)));
	assert_null(kpm_module_name(".ko", buf, sizeof(buf)));
	assert_null(kpm_module_name("modules.order", buf, sizeof(buf)));
	assert_null(kpm_module_name("longer.ko", buf, 6));
	assert_non_null(kpm_module_name("short.ko", buf, 6));
}

static void precedence(void **state)
{
	const char *t = *state;
	struct kpm_modtree *tree;

	tree_file(t, "kernel/fs/ext4/ext4.ko.xz", "");
	tree_file(t, "kernel/sound/core/snd-pcm.ko.zst", "");
	tree_file(t, "kernel/a/dup.ko", "");
	tree_file(t, "extra/dup.ko.gz", "");
	tree_file(t, "updates/dkms/dup.ko", "");
	tree_file(t, "extra/own.ko", "");
	tree_file(t, "weak-updates/own.ko", "");
	tree_file(t, "kernel/late.ko", "");
	tree_file(t, "misc/odd_name.ko", "");
	tree_link(t, "weak-updates/linked.ko", "../kernel/late.ko");
	tree_link(t, "kernel/dangling.ko", "nowhere.ko");
	tree_link(t, "kernel/loop", "..");
	tree_link(t, "build", ".");
	assert_int_equal(kpm_modtree_open(t, 0, &tree, NULL), 0);
	check(tree, "ext4", "/kernel/fs/ext4/ext4.ko.xz");
	check(tree, "snd_pcm", "/kernel/sound/core/snd-pcm.ko.zst");
	check(tree, "snd-pcm", "/kernel/sound/core/snd-pcm.ko.zst");
	check(tree, "odd-name", "/misc/odd_name.ko");
	check(tree, "dup", "/updates/dkms/dup.ko");
	check(tree, "own", "/extra/own.ko");
	check(tree, "linked", "/weak-updates/linked.ko");
	check(tree, "dangling", NULL);
	check(tree, "ext", NULL);
	check(tree, "ext44", NULL);
	/* the links to folders were not followed */
	assert_int_equal(kpm_modtree_count(tree), 10);
	assert_null(kpm_modtree_warning(tree, 0));
	kpm_modtree_free(tree);

	/* modules.dep goes before the folder */
	tree_file(t, "modules.dep",
		  "kernel/a/dup.ko: kernel/late.ko\ngarbage\nweak-updates/own.ko:\n");
	assert_int_equal(kpm_modtree_open(t, 0, &tree, NULL), 0);
	check(tree, "dup", "/kernel/a/dup.ko");
	check(tree, "own", "/weak-updates/own.ko");
	check(tree, "ext4", "/kernel/fs/ext4/ext4.ko.xz");
	kpm_modtree_free(tree);
}

static void sizes(void **state)
{
	const char *t = *state;
	struct kpm_modtree *tree;

	tree_file(t, "kernel/a.ko", "12345");
	assert_int_equal(kpm_modtree_open(t, KPM_MODTREE_SIZES, &tree, NULL), 0);
	assert_int_equal(kpm_modtree_get(tree, 0)->size, 5);
	assert_true(kpm_modtree_get(tree, 0)->mtime_ns > 1000000000000000000LL);
	kpm_modtree_free(tree);
}

static void unreadable(void **state)
{
	const char *t = *state;
	struct kpm_modtree *tree;
	struct kpm_err err;
	char path[256];
	bool root = !geteuid();

	assert_int_equal(kpm_modtree_open("/nonexistent", 0, &tree, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent: No such file"));
	tree_file(t, "kernel/a/a.ko", "");
	tree_file(t, "kernel/b.ko", "");
	snprintf(path, sizeof(path), "%s/kernel/a", t);
	chmod(t, 0755);
	chmod(path, 0);
	/* nothing is closed to root */
	if (root)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(kpm_modtree_open(t, 0, &tree, NULL), 0);
	if (root)
		assert_int_equal(seteuid(0), 0);
	chmod(path, 0755);
	assert_int_equal(kpm_modtree_count(tree), 1);
	assert_non_null(strstr(kpm_modtree_warning(tree, 0), "/kernel/a: Permission denied"));
	assert_null(kpm_modtree_warning(tree, 1));
	kpm_modtree_free(tree);
}

/* Folder after folder: an end is found. */
static void deep(void **state)
{
	const char *t = *state;
	struct kpm_modtree *tree;
	char path[512] = "kernel";

	for (int i = 0; i < 60; i++)
		strcat(path, "/d");
	strcat(path, "/deep.ko");
	tree_file(t, path, "");
	tree_file(t, "kernel/x.ko", "");
	assert_int_equal(kpm_modtree_open(t, 0, &tree, NULL), 0);
	assert_int_equal(kpm_modtree_count(tree), 1);
	kpm_modtree_free(tree);
}

static void search_paths(void **state)
{
	const char *t = *state;
	const struct kpm_roots roots = {.fs = t};
	char buf[256];

	assert_null(kpm_search_path_find(&roots, KPM_SEARCH_TREE, "6.12.1", buf, sizeof(buf)));
	tree_file(t, "usr/lib/modules/6.12.1/x", "");
	assert_non_null(kpm_search_path_find(&roots, KPM_SEARCH_TREE, "6.12.1", buf, sizeof(buf)));
	assert_string_equal(buf + strlen(t), "/usr/lib/modules/6.12.1");
	tree_file(t, "lib/modules/6.12.1/x", "");
	assert_non_null(kpm_search_path_find(&roots, KPM_SEARCH_TREE, "6.12.1", buf, sizeof(buf)));
	assert_string_equal(buf + strlen(t), "/lib/modules/6.12.1");
	tree_file(t, "usr/lib/debug/lib/modules/6.12.1/vmlinux", "");
	assert_non_null(
		kpm_search_path_find(&roots, KPM_SEARCH_VMLINUX, "6.12.1", buf, sizeof(buf)));
	assert_string_equal(buf + strlen(t), "/usr/lib/debug/lib/modules/6.12.1/vmlinux");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(precedence, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(sizes, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(unreadable, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(deep, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(search_paths, tree_make, tree_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
