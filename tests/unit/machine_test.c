// SPDX-License-Identifier: GPL-2.0-or-later
/* What a report says of kernel and modules, from a made-up tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/machine.h"
#include "sample.h"
#include "tree.h"

static char text[65536];

static void modules_of(const char *tree, const struct kpm_roots *roots)
{
	struct sample s;
	struct kpm_frame frame = {0};
	uint32_t order[16];
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)tree;
	sample_open(&s);
	for (uint32_t i = 0; i < s.snap.count; i++)
		order[i] = i;
	frame.part.snap = &s.snap;
	frame.part.tags = s.tags;
	frame.order = order;
	frame.count = s.snap.count;
	memset(text, 0, sizeof(text));
	kpm_machine_kernel(out, roots);
	kpm_machine_modules(out, roots, &frame, &frame);
	fclose(out);
	sample_close(&s);
}

static void known(void **state)
{
	static const char note[] = "\4\0\0\0\4\0\0\0\3\0\0\0GNU\0\xde\xad\xbe\xef";
	char sys[1024], proc[1024];
	struct kpm_roots roots = {.sys = sys, .proc = proc};
	const char *tree = *state;

	snprintf(sys, sizeof(sys), "%s/sys", tree);
	snprintf(proc, sizeof(proc), "%s/proc", tree);
	tree_file(tree, "proc/sys/kernel/tainted", "12289\n");
	tree_file(tree, "sys/module/nvme/version", "1.0\033[2J\n");
	tree_file(tree, "sys/module/nvme/srcversion", "ABCDEF\n");
	tree_file(tree, "sys/module/nvme/taint", "OE\n");
	tree_bytes(tree, "sys/module/nvme/notes/.note.gnu.build-id", note, sizeof(note) - 1);
	modules_of(tree, &roots);
	assert_non_null(strstr(text, "Taint           12289 (POE)\n"));
	assert_non_null(strstr(text, "Module          nvme\n"));
	assert_null(strstr(strstr(text, "Module          nvme\n") + 1, "Module "));
	/* the rows of both tables are of one sample: counted once */
	assert_non_null(strstr(text, "  bytes held    90\n"));
	/* what a module says of itself is not believed */
	assert_non_null(strstr(text, "  version       1.0\\x1b[2J\n"));
	assert_non_null(strstr(text, "  srcversion    ABCDEF\n"));
	assert_non_null(strstr(text, "  build-id      deadbeef\n"));
	assert_non_null(strstr(text, "  taint         OE\n"));
	assert_non_null(strstr(text, "  file          -\n"));
}

/* Unloaded meanwhile, or a kernel that says nothing: missing is not zero. */
static void unknown(void **state)
{
	struct kpm_roots roots = {.sys = *state, .proc = *state};

	modules_of(*state, &roots);
	assert_non_null(strstr(text, "Taint           -\n"));
	assert_non_null(strstr(text, "  version       -\n"));
	assert_non_null(strstr(text, "  build-id      -\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(known, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(unknown, tree_make, tree_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
