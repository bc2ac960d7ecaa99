/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads facts, symbols and strings of an ELF file in memory. Files are not trusted: a damaged one
 * is an error, or a crash of the worker process that reads it.
 */
#ifndef KPM_ELFFILE_H
#define KPM_ELFFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define KPM_BUILD_ID_LEN   (2 * 32 + 1)
#define KPM_SRCVERSION_LEN 40

/* Empty texts for facts that are not in the file. */
struct kpm_elf_facts {
	char build_id[KPM_BUILD_ID_LEN]; /* hexadecimal */
	char srcversion[KPM_SRCVERSION_LEN];
};

/* 0, or -EBADMSG and a sentence about `name`. */
int kpm_elf_facts(const char *data, size_t size, const char *name, struct kpm_elf_facts *facts,
		  struct kpm_err *err);

/* The build-id in ELF notes, as the kernel shows them in files; false if there is none. */
bool kpm_notes_build_id(const void *notes, size_t size, char id[KPM_BUILD_ID_LEN]);

/*
 * Called with the pieces of a file that the search needs, in the order of the file. Texts are not
 * terminated.
 */
struct kpm_elf_visitor {
	/* A function that the file defines. */
	void (*function)(void *arg, const char *name, size_t len);
	/* Any other symbol. */
	void (*name)(void *arg, const char *name, size_t len);
	/* A string that is referred to shortly before a call that creates a slab cache. */
	void (*created)(void *arg, const char *name, size_t len);
	/* A section of data; read_only: it cannot change once the kernel has started. */
	void (*data)(void *arg, const char *data, size_t size, bool read_only);
	void *arg;
};

/*
 * *creates: the file imports a function that creates slab caches (the kernel: defines it). 0, or
 * -EBADMSG and a sentence.
 */
int kpm_elf_visit(const char *data, size_t size, const char *file,
		  const struct kpm_elf_visitor *visitor, bool *creates, struct kpm_err *err);

#endif
