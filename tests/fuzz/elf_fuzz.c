// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hostile module files, for libFuzzer: the work of a worker process, on a file in memory. With
 * KPM_FUZZ_DWARF in the environment source lines are read too. That tests elfutils more than this
 * project, and a crash there ends only a worker.
 */
#include <stdlib.h>
#include <string.h>

#include "resolve/elffile.h"
#include "resolve/gather.h"
#include "resolve/lines.h"

#define UNPACKED_MAX ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_elf(struct kpm_reader *reader, const char *data, size_t size)
{
	struct kpm_image image = {data, size, true, NULL};
	struct kpm_elf_facts facts;
	struct kpm_lines *lines;
	struct kpm_line line;
	bool creates;

	kpm_elf_facts(data, size, "fuzz", &facts, NULL);
	if (strlen(facts.build_id) >= sizeof(facts.build_id) ||
	    strlen(facts.srcversion) >= sizeof(facts.srcversion))
		abort();
	if (!kpm_read_elf_words(reader, data, size, "fuzz", &creates, NULL) &&
	    (reader->functions->data[reader->functions->size - 1] ||
	     reader->created->data[reader->created->size - 1] ||
	     reader->strings->data[reader->strings->size - 1] ||
	     reader->others->data[reader->others->size - 1]))
		abort(); /* each area ends with the end of a word */
	if (!getenv("KPM_FUZZ_DWARF") ||
	    kpm_lines_open("/nonexistent/fuzz.ko", &image, "/nonexistent", &lines, NULL))
		return;
	kpm_lines_find(lines, "plain", 9, 0, &line);
	kpm_lines_find(lines, "user", 9, 60, &line);
	kpm_lines_close(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kpm_buffer file, functions, created, strings, others;
	struct kpm_reader reader = {&file, &functions, &created, &strings, &others};
	struct kpm_image image = {(const char *)data, size, true, &file};
	char id[KPM_BUILD_ID_LEN];
	enum kpm_packing packing = kpm_packing_of(data, size);
	char *copy;

	if (!file.max) {
		kpm_buffer_init(&file, UNPACKED_MAX);
		kpm_buffer_init(&functions, UNPACKED_MAX);
		kpm_buffer_init(&created, UNPACKED_MAX);
		kpm_buffer_init(&strings, UNPACKED_MAX);
		kpm_buffer_init(&others, UNPACKED_MAX);
	}
	kpm_notes_build_id(data, size, id);
	if (packing == KPM_PLAIN) {
		/* of its exact size, so that a step beyond it is seen */
		copy = malloc(size ? size : 1);
		if (size)
			memcpy(copy, data, size);
		read_elf(&reader, copy, size);
		free(copy);
		kpm_image_kernel(&image, &file, "fuzz", NULL);
	} else if (!kpm_unpack(packing, data, size, &file, "fuzz", NULL)) {
		if (file.size > UNPACKED_MAX)
			abort();
		read_elf(&reader, file.data, file.size);
	}
	return 0;
}
