// SPDX-License-Identifier: GPL-2.0-or-later
/* The index and the search, on made-up modules: evidence, order, the cache, broken files. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "model/tagset.h"
#include "module.h"
#include "resolve/index_cache.h"
#include "resolve/merged.h"
#include "resolve/search.h"

#define FILES_MAX 8

/* Files of a fake tree, and their index. */
struct fixture {
	const char *tree;
	char paths[FILES_MAX][1024];
	struct kpm_source_file files[FILES_MAX];
	size_t count;
	int cache;
	struct kpm_index *index;
};

static void put(struct fixture *s, const char *name, enum kpm_source_kind kind)
{
	struct kpm_source_file *f = &s->files[s->count];
	struct stat st = {0};

	tree_path(s->tree, name, s->paths[s->count]);
	stat(s->paths[s->count], &st);
	*f = (struct kpm_source_file){s->paths[s->count], kind, st.st_size,
				      st.st_mtim.tv_sec * KPM_SECOND + st.st_mtim.tv_nsec};
	s->count++;
}

/* Indexes; returns how many files were opened for it. */
static size_t scan(struct fixture *s)
{
	const struct kpm_index_opts opts = {
		.name = s->tree,
		.files = s->files,
		.count = s->count,
		.cache = s->cache,
		.workers = 2,
		.timeout_ns = 3 * KPM_SECOND,
		.file_max = 16 << 20,
	};
	struct kpm_err err;

	kpm_index_close(s->index);
	s->index = NULL;
	if (kpm_index_open(&opts, &s->index, &err))
		fail_msg("%s", err.text);
	return kpm_index_gathered(s->index);
}

/* A module of these functions and strings; `more` is C. */
static bool make(const char *t, const char *name, const char *more)
{
	char words[4096];

	tree_file(t, "m.c", more);
	snprintf(words, sizeof(words), "mkdir -p \"$(dirname %s)\"; " COMPILE "m.c -o %s", name,
		 name);
	return shell(t, words);
}

static bool fixture_make(struct fixture *s, const char *t)
{
	memset(s, 0, sizeof(*s));
	s->tree = t;
	s->cache = -1;
	if (!make(t, "a/first.ko",
		  "extern void *kmem_cache_create_usercopy(const char *);\n"
		  "void *first_open(void)\n"
		  "{ return kmem_cache_create_usercopy(\"first_cache\"); }\n") ||
	    !make(t, "b/second.ko",
		  "extern void print(const char *);\n"
		  "static __attribute__((noinline)) void helper(void) { print(\"first_cache\"); }\n"
		  "void second_open(void) { helper(); print(\"\\0016first_open of it\\n\"); }\n") ||
	    !make(t, "b/third.ko",
		  "extern void *kmem_cache_create(const char *);\n"
		  "char writable[] = \"first_cache\";\n"
		  "static __attribute__((noinline)) void *helper(void) "
		  "{ return kmem_cache_create(\"third_first_cache\"); }\n"
		  "extern void print(const char *);\n"
		  "void cut(void) __asm__(\"cut.isra.0\");\n"
		  "void cut(void) { print(\"x\"); }\n"
		  "void third_print(void) { print(\"third message\"); }\n"
		  "void *third_open(void) { return helper(); }\n"))
		return false;
	put(s, "a/first.ko", KPM_KIND_MODULE);
	put(s, "b/second.ko", KPM_KIND_MODULE);
	put(s, "b/third.ko", KPM_KIND_MODULE);
	return true;
}

static void fixture_free(struct fixture *s)
{
	kpm_index_close(s->index);
	if (s->cache >= 0)
		close(s->cache);
}

/* Searches; the hits must be `module:evidence:confidence ...`, with first letters. */
static void expect(const struct fixture *s, const char *name, const char *want)
{
	char found[512] = "", module[64];
	const struct kpm_entry *entries;
	struct kpm_query query;
	struct kpm_hit *hits;
	struct kpm_err err;
	size_t count, used = 0, all;

	if (kpm_query_parse(name, NULL, &query, &err))
		fail_msg("%s: %s", name, err.text);
	assert_int_equal(kpm_search(s->index, &query, &hits, &count), 0);
	entries = kpm_index_entries(s->index, &all);
	for (size_t i = 0; i < count; i++)
		used += snprintf(
			found + used, sizeof(found) - used, "%s%s:%c:%c", i ? " " : "",
			kpm_entry_module(s->index, &entries[hits[i].entry], module, sizeof(module)),
			"DCT"[hits[i].evidence], "HML"[hits[i].confidence]);
	free(hits);
	if (strcmp(found, want))
		fail_msg("%s: '%s', not '%s'", name, found, want);
}

static void evidence(void **state)
{
	const char *t = *state;
	struct fixture s;

	if (!fixture_make(&s, t))
		skip();
	assert_int_equal(scan(&s), 3);
	/* an argument of the call; whole and read-only, and it creates caches; whole, but it
	 * creates none; a part, or writable */
	expect(&s, "first_cache", "first:C:H second:T:L third:T:L");
	expect(&s, "third_first_cache", "third:C:H");
	expect(&s, "first_open", "first:D:H second:T:L");
	/* the compiler's own names of parts of it */
	expect(&s, "cut", "third:D:H");
	/* of two, the one that the tag names */
	expect(&s, "helper", "second:D:M third:D:M");
	expect(&s, "helper+0x12/0x40 [third]", "third:D:H second:D:M");
	expect(&s, "helper [second]", "second:D:H third:D:M");
	expect(&s, "first_open+0x8", "first:D:H second:T:L");
	/* patterns match whole words only */
	expect(&s, "*_open", "first:D:M second:D:M third:D:M");
	expect(&s, "f?rst_cache", "first:C:H second:T:L third:T:L");
	/* there, in a module that creates caches, but for something else */
	expect(&s, "third message", "third:C:M");
	expect(&s, "irst_cach", "first:T:L second:T:L third:T:L");
	expect(&s, "irst_cach*", "");
	expect(&s, "kmem_cache_create_user", "first:T:L");
	expect(&s, "nothing", "");
	fixture_free(&s);
}

/* System.map, an ELF kernel, and one within a bootable file. */
static void kernels(void **state)
{
	const char *t = *state;
	struct fixture s;

	if (!fixture_make(&s, t) ||
	    !shell(t,
		   "{ head -c 3000 /dev/zero; xz --check=crc32 <a/first.ko; head -c 99 /dev/zero; }"
		   " >vmlinuz"))
		skip();
	tree_file(t, "System.map",
		  "ffffffff81000000 T _stext\nffffffff81000100 t load_msg\n"
		  "ffffffff81000200 D load_data\nffffffff81000300 t own\t[mod]\n"
		  "x\n\nffffffff81000400 T last_one");
	s.count = 0;
	put(&s, "System.map", KPM_KIND_SYMBOLS);
	put(&s, "vmlinuz", KPM_KIND_VMLINUZ);
	put(&s, "b/second.ko", KPM_KIND_VMLINUX);
	scan(&s);
	expect(&s, "load_msg", "kernel:D:H");
	expect(&s, "load_data", "kernel:T:L");
	expect(&s, "last_one", "kernel:D:H");
	expect(&s, "own", "");
	expect(&s, "first_cache", "kernel:C:H kernel:T:L");
	fixture_free(&s);
}

static void queries(void **state)
{
	struct kpm_query q;
	struct kpm_err err;
	char name[600];

	(void)state;
	assert_int_equal(kpm_query_parse("a+0x1/0x2 [m]", NULL, &q, NULL), 0);
	assert_string_equal(q.text, "a");
	assert_string_equal(q.module, "m");
	assert_int_equal(kpm_query_parse("ext4_*_cache?", NULL, &q, NULL), 0);
	assert_string_equal(q.needle, "_cache");
	assert_true(q.wild);
	assert_int_equal(kpm_query_parse("a+b [x", NULL, &q, NULL), 0);
	assert_string_equal(q.text, "a+b [x");
	assert_int_equal(kpm_query_parse("**?", NULL, &q, &err), -EINVAL);
	assert_non_null(strstr(err.text, "nothing to look for"));
	assert_int_equal(kpm_query_parse("ffffffff81000000", NULL, &q, &err), -EINVAL);
	assert_non_null(strstr(err.text, "in the running kernel only"));
	/* a word of hexadecimal letters is a word */
	assert_int_equal(kpm_query_parse("deadbeef", NULL, &q, NULL), 0);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(kpm_query_parse(name, NULL, &q, NULL), -EINVAL);
}

static void address(void **state)
{
	const char *t = *state;
	const struct kpm_roots roots = {.proc = t};
	struct kpm_ksyms *ksyms;
	struct kpm_query q;

	tree_file(t, "kallsyms",
		  "ffffffff81000000 T _stext\nffffffffc0000100 t leak\t[mod]\n"
		  "ffffffffc0000200 t end\t[mod]\n");
	assert_int_equal(kpm_ksyms_open(&roots, &ksyms, NULL), 0);
	assert_int_equal(kpm_query_parse("0xffffffffc0000100", ksyms, &q, NULL), 0);
	assert_string_equal(q.text, "leak");
	assert_string_equal(q.module, "mod");
	assert_int_equal(kpm_query_parse("FFFFFFFFC00001ff", ksyms, &q, NULL), 0);
	assert_string_equal(q.text, "leak");
	assert_int_equal(kpm_query_parse("ffffffff80000000", ksyms, &q, NULL), -ENOENT);
	kpm_ksyms_close(ksyms);
}

/* What was read once is not read again, unless it changed. */
static void cache(void **state)
{
	const char *t = *state;
	char folder[1024], words[2048];
	struct fixture s;

	if (!fixture_make(&s, t))
		skip();
	s.cache = kpm_cache_open(tree_path(t, "cache", folder), NULL);
	assert_true(s.cache >= 0);
	assert_int_equal(scan(&s), 3);
	assert_int_equal(scan(&s), 0);
	expect(&s, "first_cache", "first:C:H second:T:L third:T:L");
	/* one changes: it alone is read */
	assert_true(make(t, "b/second.ko", "void second_other(void) {}\n"));
	s.count = 1;
	put(&s, "b/second.ko", KPM_KIND_MODULE);
	put(&s, "b/third.ko", KPM_KIND_MODULE);
	assert_int_equal(scan(&s), 1);
	expect(&s, "first_cache", "first:C:H third:T:L");
	expect(&s, "second_other", "second:D:H");
	/* of the same size, but newer */
	s.files[2].mtime_ns++;
	assert_int_equal(scan(&s), 1);
	assert_int_equal(scan(&s), 0);
	/* one goes away */
	s.count = 2;
	assert_int_equal(scan(&s), 0);
	expect(&s, "third_open", "");
	assert_int_equal(scan(&s), 0);
	/* damaged anywhere: no crash, and built again where the damage is seen */
	for (int i = 0; i < 40; i++) {
		snprintf(words, sizeof(words),
			 "cd cache && f=$(ls) && printf '\\377\\001' | "
			 "dd of=$f bs=1 seek=%d conv=notrunc",
			 i * 7);
		assert_true(shell(t, words));
		scan(&s);
		expect(&s, "no such word", "");
	}
	assert_true(shell(t, "cd cache && f=$(ls) && truncate -s -1 $f"));
	assert_int_equal(scan(&s), 2);
	assert_true(shell(t, "cd cache && f=$(ls) && echo >> $f"));
	assert_int_equal(scan(&s), 2);
	assert_int_equal(scan(&s), 0);
	fixture_free(&s);
}

static void cache_folder(void **state)
{
	const char *t = *state;
	struct kpm_err err;
	struct stat st;
	char path[1024];
	int fd = kpm_cache_open(tree_path(t, "new", path), &err);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(fd);
	/* open to others; a link; a file; somebody else's */
	chmod(path, 0750);
	assert_int_equal(kpm_cache_open(path, &err), -EPERM);
	assert_non_null(strstr(err.text, "not ours alone"));
	chmod(path, 0700);
	tree_link(t, "link", "new");
	assert_true(kpm_cache_open(tree_path(t, "link", path), &err) < 0);
	tree_file(t, "file", "x");
	assert_true(kpm_cache_open(tree_path(t, "file", path), &err) < 0);
	assert_true(kpm_cache_open(tree_path(t, "no/where/deep", path), &err) >= 0 ||
		    strstr(err.text, "XDG_CACHE_HOME"));
	if (geteuid())
		return;
	assert_int_equal(chown(tree_path(t, "new", path), 4711, 4711), 0);
	assert_int_equal(kpm_cache_open(path, &err), -EPERM);
}

/* Broken files: a note each, and the others are found. */
static void broken(void **state)
{
	const char *t = *state;
	const struct kpm_entry *entries;
	size_t count, size, notes = 0;
	const char *text;
	char path[1024];
	struct fixture s;

	if (!fixture_make(&s, t) ||
	    !shell(t, "head -c 64M /dev/zero | xz -0 >bomb.ko.xz; head -c 700 a/first.ko >cut.ko; "
		      "head -c 5000 /dev/urandom >noise.ko"))
		skip();
	mkfifo(tree_path(t, "fifo.ko", path), 0600);
	put(&s, "bomb.ko.xz", KPM_KIND_MODULE);
	put(&s, "cut.ko", KPM_KIND_MODULE);
	put(&s, "noise.ko", KPM_KIND_MODULE);
	put(&s, "fifo.ko", KPM_KIND_MODULE);
	put(&s, "went-away.ko", KPM_KIND_MODULE);
	assert_int_equal(scan(&s), 8);
	expect(&s, "first_cache", "first:C:H second:T:L third:T:L");
	entries = kpm_index_entries(s.index, &count);
	text = kpm_index_text(s.index, &size);
	assert_int_equal(count, 8);
	for (size_t i = 0; i < count; i++) {
		bool bad = entries[i].flags & KPM_ENTRY_BROKEN;

		assert_int_equal(bad, text[entries[i].note] != '\0');
		notes += bad;
		if (strstr(text + entries[i].path, "bomb"))
			assert_non_null(
				strstr(text + entries[i].note, "unpacks to more than 16 MiB"));
	}
	assert_int_equal(notes, 5);
	fixture_free(&s);
}

/* Ends the workers as soon as one file is done: as a file would that crashes its reader. */
static void end_workers(void *arg, size_t done, size_t count)
{
	FILE *f = done == 1 ? fopen("/proc/thread-self/children", "r") : NULL;
	int pid;

	(void)count;
	while (f && fscanf(f, "%d", &pid) == 1) {
		kill(pid, SIGKILL);
		++*(int *)arg;
	}
	if (f)
		fclose(f);
}

static void crashes(void **state)
{
	const char *t = *state;
	const struct kpm_entry *entries;
	size_t count, broken = 0;
	char name[32];
	int ended = 0;
	struct fixture s;

	if (!fixture_make(&s, t))
		skip();
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "c/m%d.ko", i);
		assert_true(make(t, name, "void five(void) {}\n"));
		put(&s, name, KPM_KIND_MODULE);
	}
	assert_int_equal(kpm_index_open(&(struct kpm_index_opts){.name = t,
								 .files = s.files,
								 .count = s.count,
								 .cache = -1,
								 .workers = 2,
								 .progress = end_workers,
								 .arg = &ended},
					&s.index, NULL),
			 0);
	if (ended != 2)
		skip(); /* a kernel without CONFIG_PROC_CHILDREN */
	entries = kpm_index_entries(s.index, &count);
	assert_int_equal(count, 8);
	for (size_t i = 0; i < count; i++)
		broken += entries[i].flags & KPM_ENTRY_BROKEN ? 1 : 0;
	/* the current file of each of the two, no more */
	assert_true(broken >= 1 && broken <= 2);
	fixture_free(&s);
}

static void merged(void **state)
{
	const char *t = *state;
	const struct kpm_roots roots = {.sys = t};
	char path[1024], **list;

	mkdir(tree_path(t, "kernel/slab/:0000064/x", path), 0755);
	tree_file(t, "kernel/slab/alone/x", "");
	tree_link(t, "kernel/slab/io_end", ":0000064");
	tree_link(t, "kernel/slab/rmap", ":0000064");
	tree_link(t, "kernel/slab/avc", ":0000064");
	tree_link(t, "kernel/slab/other", ":0000128");
	list = kpm_merged_with(&roots, "io_end");
	assert_non_null(list);
	assert_string_equal(list[0], "avc");
	assert_string_equal(list[1], "rmap");
	assert_null(list[2]);
	kpm_merged_free(list);
	assert_null(kpm_merged_with(&roots, "alone"));
	assert_null(kpm_merged_with(&roots, "other"));
	assert_null(kpm_merged_with(&roots, "nothing"));
	assert_null(kpm_merged_with(&roots, "../slab/io_end"));
	kpm_merged_free(NULL);
}

static const char *cache_named(struct kpm_tagset *tags, const char *cache, bool by_cache)
{
	uint64_t site = 0x1000 + kpm_tagset_count(tags);
	int64_t tag = kpm_tagset_enter(tags, site, NULL, cache, by_cache);

	assert_true(tag >= 0);
	return kpm_tagset_get(tags, tag)->cache;
}

/* A new tag of a cache that others have joined is named after none of them. */
static void merged_names(void **state)
{
	const char *t = *state;
	const struct kpm_roots roots = {.sys = t};
	struct kpm_tagset *tags = kpm_tagset_new();
	const struct kpm_tag_name *name;
	struct kpm_merged *m;
	char path[1024];
	int64_t tag;

	mkdir(tree_path(t, "kernel/slab/:A-0000192/x", path), 0755);
	tree_file(t, "kernel/slab/dentry/x", "");
	tree_link(t, "kernel/slab/pid", ":A-0000192");
	tree_link(t, "kernel/slab/cred", "../slab/:A-0000192");
	tree_link(t, "kernel/slab/kmalloc-64", ":0000064");
	tree_link(t, "kernel/slab/jbd2_inode", ":0000064");
	tree_link(t, "kernel/slab/alone", ":0000040");
	m = kpm_merged_open(&roots);
	kpm_tagset_set_cache_namer(tags, kpm_merged_namer, m);
	assert_string_equal(cache_named(tags, "pid", true), "merged:A-0000192");
	assert_string_equal(cache_named(tags, "dentry", true), "dentry");
	assert_string_equal(cache_named(tags, "alone", true), "alone");
	assert_string_equal(cache_named(tags, "unknown", true), "unknown");
	/* kmalloc's own allocations are no strangers in its cache, others are */
	assert_string_equal(cache_named(tags, "kmalloc-64", false), "kmalloc-64");
	assert_string_equal(cache_named(tags, "kmalloc-64", true), "merged:0000064");
	/* by the name that was given it is the same tag, as from the state of an earlier run */
	tag = kpm_tagset_enter(tags, 9, "f+0x1", "cred", true);
	assert_int_equal(kpm_tagset_enter(tags, 9, "f+0x1", "merged:A-0000192", true), tag);
	name = kpm_tagset_get(tags, tag);
	assert_string_equal(name->merged->aliases, "cred+pid");
	assert_int_equal(kpm_tagset_merged_count(tags), 2);
	assert_null(kpm_tagset_get(tags, 1)->merged);
	tag = kpm_tagset_enter(tags, 0, "(bulk) pid", "pid", true);
	assert_string_equal(kpm_tagset_get(tags, tag)->text, "(bulk) merged:A-0000192");
	tag = kpm_tagset_enter(tags, 0, "(bulk) dentry", "dentry", true);
	assert_string_equal(kpm_tagset_get(tags, tag)->text, "(bulk) dentry");
	/* a module is loaded, and the folder is read again when its tags come */
	tree_link(t, "kernel/slab/mod_a", ":A-0000192");
	tree_link(t, "kernel/slab/mod_b", ":0000040");
	usleep(150000);
	assert_string_equal(cache_named(tags, "alone", true), "merged:0000040");
	assert_string_equal(cache_named(tags, "pid", true), "merged:A-0000192");
	assert_string_equal(name->merged->aliases, "cred+mod_a+pid");
	assert_int_equal(name->merged->changes, 1);
	kpm_merged_close(m);
	kpm_tagset_free(tags);
}

/* Without the folder names stay what they are. */
static void merged_not_known(void **state)
{
	const struct kpm_roots roots = {.sys = *state};
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_merged *m = kpm_merged_open(&roots);

	assert_non_null(m);
	kpm_tagset_set_cache_namer(tags, kpm_merged_namer, m);
	assert_string_equal(cache_named(tags, "pid", true), "pid");
	assert_string_equal(cache_named(tags, "merged:0000064", true), "merged:0000064");
	assert_int_equal(kpm_tagset_merged_count(tags), 0);
	kpm_merged_close(m);
	kpm_merged_close(NULL);
	kpm_tagset_free(tags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(evidence, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(kernels, tree_make, tree_remove),
		cmocka_unit_test(queries),
		cmocka_unit_test_setup_teardown(address, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(cache, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(cache_folder, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(broken, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(crashes, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(merged, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(merged_names, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(merged_not_known, tree_make, tree_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
