/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ELF file in memory says of itself. Hostile files cost an error, in a worker process. */
#ifndef KPOOLMON_ELFFILE_H
#define KPOOLMON_ELFFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define KPM_BUILD_ID_LEN   (2 * 32 + 1)
#define KPM_SRCVERSION_LEN 40

/* Empty texts where the file does not say. */
struct kpm_elf_facts {
	char build_id[KPM_BUILD_ID_LEN]; /* hexadecimal */
	char srcversion[KPM_SRCVERSION_LEN];
};

/* 0, or -EBADMSG and a sentence about `name`. */
int kpm_elf_facts(const char *data, size_t size, const char *name, struct kpm_elf_facts *facts,
		  struct kpm_err *err);

/* The build-id in ELF notes, as the kernel shows them in files; false if there is none. */
bool kpm_notes_build_id(const void *notes, size_t size, char id[KPM_BUILD_ID_LEN]);

/* What the search wants of a file; pieces of it are given out in the order of the file. */
struct kpm_elf_visitor {
	/* a function that the file defines */
	void (*function)(void *arg, const char *name, size_t len);
	/* a name that the file takes from others or shows to them */
	void (*name)(void *arg, const char *name, size_t len);
	/* a string that is named shortly before a call of what creates slab caches */
	void (*created)(void *arg, const char *name, size_t len);
	/* a section with data that are not executed; read_only: nobody can change them */
	void (*data)(void *arg, const char *data, size_t size, bool read_only);
	void *arg;
};

/* 0, or -EBADMSG and a sentence. *creates: imports (or, the kernel, defines) what makes a cache. */
int kpm_elf_visit(const char *data, size_t size, const char *file,
		  const struct kpm_elf_visitor *visitor, bool *creates, struct kpm_err *err);

#endif
