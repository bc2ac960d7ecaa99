// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source lines of an object file that the compiler makes here: like a module it is relocatable and
 * has its symbols and debug information in it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "resolve/lines.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "module.h"

#define TWIN(body)                                                                                 \
	"extern int work(int);\nstatic __attribute__((noinline)) void twin(void) {\n" body "}\n"

struct opened {
	struct kpm_buffer buf;
	struct kpm_image image;
	struct kpm_lines *lines;
};

static void open_lines(struct opened *o, const char *t, const char *name)
{
	static char debug[1024];
	char path[1024];
	struct kpm_err err;

	kpm_buffer_init(&o->buf, 1 << 24);
	assert_int_equal(kpm_image_open(tree_path(t, name, path), &o->buf, &o->image, &err), 0);
	if (kpm_lines_open(path, &o->image, tree_path(t, "debug", debug), &o->lines, &err))
		fail_msg("%s", err.text);
}

static void close_lines(struct opened *o)
{
	kpm_lines_close(o->lines);
	kpm_image_close(&o->image);
	kpm_buffer_done(&o->buf);
}

static void check(struct opened *o, const char *symbol, uint64_t offset, int line,
		  const char *inlined)
{
	struct kpm_line found;

	if (!kpm_lines_find(o->lines, symbol, offset, 0, &found))
		fail_msg("%s+0x%lx: no line", symbol, offset);
	assert_string_equal(found.file, "leak.c");
	assert_int_equal(found.line, line);
	assert_string_equal(found.inlined, inlined);
	/* kmalloc is in a header of the allocators: the line is in what it was inlined into */
	assert_int_equal(found.line_in, *inlined ? 1 : 0);
}

static void lines(void **state)
{
	static const char *const packs[] = {"true", "xz -k leak.ko", "zstd -q leak.ko",
					    "gzip -k leak.ko"};
	static const char *const files[] = {"leak.ko", "leak.ko.xz", "leak.ko.zst", "leak.ko.gz"};
	const char *t = *state;

	if (!module_make(t, "leak.ko"))
		skip();
	for (size_t i = 0; i < 4; i++) {
		uint64_t at[4];
		struct opened o;
		struct kpm_line none;

		if (!shell(t, packs[i]))
			continue; /* that packer is not here */
		open_lines(&o, t, files[i]);
		assert_int_equal(module_calls(&o.image, "plain", at, 4), 1);
		check(&o, "plain", at[0], 9, "");
		assert_int_equal(module_calls(&o.image, "user", at, 4), 2);
		check(&o, "user", at[0], 13, "kmalloc");
		check(&o, "user", at[1], 5, "kmalloc < helper");
		/* the return address is behind the function's end */
		assert_int_equal(module_calls(&o.image, "last", at, 4), 1);
		check(&o, "last", at[0], 19, "");
		assert_false(kpm_lines_find(o.lines, "last", at[0] + 1, 0, &none));
		assert_false(kpm_lines_find(o.lines, "last", 0, 0, &none));
		assert_false(kpm_lines_find(o.lines, "nobody", 1, 0, &none));
		close_lines(&o);
	}
}

/* Two functions of one name: told apart by the size, or not at all. */
static void namesakes(void **state)
{
	const char *t = *state;
	struct opened o;
	struct kpm_line found;
	uint64_t size;

	tree_file(t, "a.c", TWIN("work(1);") "void a(void) { twin(); }\n");
	tree_file(
		t, "b.c",
		TWIN("\nwork(1); work(2); work(3); work(4); work(5); work(6);"
		     "work(7); work(8); work(9); work(10); work(11); work(12);") "void b(void) { twin(); }\n");
	if (!shell(t, COMPILE "a.c b.c && ld -r a.o b.o -o leak.ko"))
		skip();
	open_lines(&o, t, "leak.ko");
	assert_false(kpm_lines_find(o.lines, "twin", 6, 0, &found));
	/* the longer one has about twelve calls */
	for (size = 1; size < 400; size++)
		if (kpm_lines_find(o.lines, "twin", 6, size, &found) && !strcmp(found.file, "b.c"))
			break;
	assert_true(size > 40 && size < 400);
	/* as far as only the longer one reaches */
	assert_true(kpm_lines_find(o.lines, "twin", 80, 0, &found));
	assert_string_equal(found.file, "b.c");
	assert_int_equal(found.line, 4);
	close_lines(&o);
}

/* Stripped, with its debug information in the folder for that, by build-id. */
static void separate(void **state)
{
	const char *t = *state;
	struct kpm_elf_facts facts;
	struct opened o;
	struct kpm_line found;
	uint64_t at[4];
	char line[4096];

	if (!module_make(t, "full.ko"))
		skip();
	assert_true(shell(t, "strip -g full.ko -o leak.ko"));
	open_lines(&o, t, "leak.ko");
	assert_int_equal(kpm_elf_facts(o.image.data, o.image.size, "x", &facts, NULL), 0);
	assert_true(strlen(facts.build_id) >= 32);
	assert_int_equal(module_calls(&o.image, "plain", at, 4), 1);
	assert_false(kpm_lines_find(o.lines, "plain", at[0], 0, &found));
	close_lines(&o);
	snprintf(line, sizeof(line),
		 "mkdir -p debug/.build-id/%.2s && mv full.ko debug/.build-id/%.2s/%s.debug",
		 facts.build_id, facts.build_id, facts.build_id + 2);
	assert_true(shell(t, line));
	open_lines(&o, t, "leak.ko");
	check(&o, "plain", at[0], 9, "");
	close_lines(&o);
}

/* The same, by its name below that folder, as Debian has it; another build's is not taken. */
static void separate_by_name(void **state)
{
	static const char name[] = "lib/modules/6.12.1/kernel/leak.ko";
	static const char packed[] = "lib/modules/6.12.1/kernel/leak.ko.xz";
	const char *t = *state;
	struct opened o;
	struct kpm_line found;
	uint64_t at[4];

	if (!module_make(t, name) ||
	    !shell(t,
		   "mkdir -p debug/lib/modules/6.12.1/kernel && cd lib/modules/6.12.1/kernel && "
		   "cp leak.ko ../../../../debug/lib/modules/6.12.1/kernel/ && strip -g leak.ko && "
		   "xz leak.ko"))
		skip();
	open_lines(&o, t, packed);
	assert_int_equal(module_calls(&o.image, "plain", at, 4), 1);
	check(&o, "plain", at[0], 9, "");
	close_lines(&o);
	assert_true(shell(t,
			  "cd debug/lib/modules/6.12.1/kernel && head -c 36 /dev/urandom >note && "
			  "objcopy --update-section .note.gnu.build-id=note leak.ko"));
	open_lines(&o, t, packed);
	assert_false(kpm_lines_find(o.lines, "plain", at[0], 0, &found));
	close_lines(&o);
}

/* Every cut of a file: an error or no line, no crash. */
static void damage(void **state)
{
	const char *t = *state;
	struct opened o;
	char *copy, path[1024];
	size_t size;

	if (!module_make(t, "leak.ko"))
		skip();
	open_lines(&o, t, "leak.ko");
	size = o.image.size;
	copy = malloc(size);
	memcpy(copy, o.image.data, size);
	close_lines(&o);
	srandom(1);
#ifdef __SANITIZE_ADDRESS__
	__lsan_disable(); /* libdw forgets a few bytes of a damaged file */
#endif
	for (int i = 0; i < 300; i++) {
		struct kpm_image image = {copy, i % 2 ? size : random() % size, true, NULL};
		struct kpm_elf_facts facts;
		struct kpm_lines *l;
		struct kpm_line found;
		char old[8];
		size_t at = random() % (size - 8);

		memcpy(old, copy + at, 8);
		if (i % 2)
			memset(copy + at, i, 1 + i % 8);
		kpm_elf_facts(image.data, image.size, "x", &facts, NULL);
		if (!kpm_lines_open(tree_path(t, "leak.ko", path), &image, "/nonexistent", &l,
				    NULL)) {
			kpm_lines_find(l, "plain", 9, 0, &found);
			kpm_lines_find(l, "user", 9, 0, &found);
			kpm_lines_close(l);
		}
		memcpy(copy + at, old, 8);
	}
#ifdef __SANITIZE_ADDRESS__
	__lsan_enable();
#endif
	free(copy);
}

static void notes(void **state)
{
	char id[KPM_BUILD_ID_LEN] = "untouched";
	const unsigned char note[] = {4,   0,   0, 0, 3, 0, 0,   0,   1,   0, 0, 0, 'G',
				      'N', 'U', 0, 9, 9, 9, 0,   4,   0,   0, 0, 3, 0,
				      0,   0,   3, 0, 0, 0, 'G', 'N', 'U', 0, 1, 2, 0xfe};

	(void)state;
	/* the content of the last note is not padded to the end */
	assert_false(kpm_notes_build_id(note, sizeof(note), id));
	assert_false(kpm_notes_build_id(note, 20, id));
	assert_string_equal(id, "untouched");
	{
		unsigned char whole[sizeof(note) + 1] = {0};

		memcpy(whole, note, sizeof(note));
		assert_true(kpm_notes_build_id(whole, sizeof(whole), id));
		assert_string_equal(id, "0102fe");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(namesakes, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(separate, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(separate_by_name, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(damage, tree_make, tree_remove),
		cmocka_unit_test(notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
