/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up module: an object file that the compiler makes here. Like a module it is relocatable,
 * with its symbols, debug information and build-id in it.
 */
#ifndef KPM_TEST_MODULE_H
#define KPM_TEST_MODULE_H

#include <gelf.h>
#include <libelf.h>

#include "resolve/elffile.h"
#include "resolve/image.h"
#include "tree.h"

#define HEADER                                                                                     \
	"extern void *out(int);\n"                                                                 \
	"static inline __attribute__((always_inline)) void *kmalloc(int n)\n"                      \
	"{\n"                                                                                      \
	"	return out(n);\n"                                                                        \
	"}\n"

/* clang-format off */
#define SOURCE \
	"#include \"include/linux/slab.h\"\n"                                /* 1 */ \
	"void *keep[9];\n"                                                   /* 2 */ \
	"static inline __attribute__((always_inline)) void helper(int n)\n"  /* 3 */ \
	"{\n"                                                                /* 4 */ \
	"	keep[0] = kmalloc(n);\n"                                     /* 5 */ \
	"}\n"                                                                /* 6 */ \
	"void plain(void)\n"                                                 /* 7 */ \
	"{\n"                                                                /* 8 */ \
	"	keep[1] = out(1);\n"                                         /* 9 */ \
	"}\n"                                                                /* 10 */ \
	"void user(void)\n"                                                  /* 11 */ \
	"{\n"                                                                /* 12 */ \
	"	keep[2] = kmalloc(2);\n"                                     /* 13 */ \
	"	helper(3);\n"                                                /* 14 */ \
	"}\n"                                                                /* 15 */ \
	"extern void stop(int) __attribute__((noreturn));\n"                 /* 16 */ \
	"void last(void)\n"                                                  /* 17 */ \
	"{\n"                                                                /* 18 */ \
	"	stop(4);\n"                                                  /* 19 */ \
	"}\n"                                                                /* 20 */ \
	"static const char info[] __attribute__((section(\".modinfo\"), used)) =\n" \
	"	\"srcversion=ABCDEF0123456789\";\n"
/* clang-format on */

static inline bool shell(const char *tree, const char *words)
{
	char line[8192];

	snprintf(line, sizeof(line), "cd '%s' && { %s; } 2>/dev/null", tree, words);
	return !system(line);
}

#define COMPILE "gcc -c -O2 -g -fno-pie -mcmodel=kernel -fcf-protection=none "

/* Makes `name` below the tree. False: there is no compiler here. */
static inline bool module_make(const char *tree, const char *name)
{
	char words[4096];

	tree_file(tree, "src/include/linux/slab.h", HEADER);
	tree_file(tree, "src/leak.c", SOURCE);
	snprintf(words, sizeof(words),
		 "mkdir -p \"$(dirname %s)\"; cd src && " COMPILE
		 "leak.c -o raw.o && ld -r --build-id raw.o -o ../%s && rm raw.o",
		 name, name);
	return shell(tree, words);
}

/* The offsets of return addresses in a function: behind each relocated call. */
static inline size_t module_calls(const struct kpm_image *image, const char *function,
				  uint64_t offsets[], size_t room)
{
	Elf *elf;
	Elf_Scn *scn = NULL;
	GElf_Sym sym = {0};
	size_t count = 0;
	GElf_Shdr h;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)image->data, image->size);
	while ((scn = elf_nextscn(elf, scn))) {
		gelf_getshdr(scn, &h);
		for (size_t i = 0; h.sh_type == SHT_SYMTAB && i < h.sh_size / h.sh_entsize; i++) {
			GElf_Sym s;

			gelf_getsym(elf_getdata(scn, NULL), i, &s);
			if (!strcmp(elf_strptr(elf, h.sh_link, s.st_name), function))
				sym = s;
		}
	}
	assert_true(sym.st_size > 0);
	while ((scn = elf_nextscn(elf, scn))) {
		gelf_getshdr(scn, &h);
		for (size_t i = 0; h.sh_type == SHT_RELA && h.sh_info == sym.st_shndx &&
				   i < h.sh_size / h.sh_entsize;
		     i++) {
			GElf_Rela r;
			uint64_t at;

			gelf_getrela(elf_getdata(scn, NULL), i, &r);
			at = r.r_offset - sym.st_value;
			if (at < sym.st_size && GELF_R_TYPE(r.r_info) == R_X86_64_PLT32 &&
			    count < room)
				offsets[count++] = at + 4;
		}
	}
	elf_end(elf);
	return count;
}

#endif
