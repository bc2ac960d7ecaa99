// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads ELF files in memory by libelf: build-id, srcversion, symbols, strings.
 *
 * A note has three words (length of the name, length of the content, type), the name and the
 * content, both padded to 4 bytes. The build-id is type 3 of "GNU".
 */
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve/elffile.h"

#define NOTE_BUILD_ID 3
/*
 * How far before a call its arguments are looked for: relocations, bytes of code. A function that
 * creates a cache has up to seven arguments, or since 6.12 a structure of as many members; each
 * takes 5 to 10 bytes of code on x86.
 */
#define ARGUMENTS_MAX   16
#define ARGUMENTS_BYTES 128

bool kpm_notes_build_id(const void *notes, size_t size, char id[KPM_BUILD_ID_LEN])
{
	const unsigned char *p = notes;
	uint32_t head[3];

	while (size >= sizeof(head)) {
		size_t name, content;

		memcpy(head, p, sizeof(head));
		p += sizeof(head);
		size -= sizeof(head);
		name = ((size_t)head[0] + 3) & ~(size_t)3;
		content = ((size_t)head[1] + 3) & ~(size_t)3;
		if (name > size || content > size - name)
			return false;
		if (head[2] == NOTE_BUILD_ID && head[0] == 4 && !memcmp(p, "GNU", 4) && head[1] &&
		    head[1] <= (KPM_BUILD_ID_LEN - 1) / 2) {
			for (uint32_t i = 0; i < head[1]; i++)
				sprintf(id + (size_t)2 * i, "%02x", p[name + i]);
			return true;
		}
		p += name + content;
		size -= name + content;
	}
	return false;
}

static Elf *begin(const char *data, size_t size, const char *name, struct kpm_err *err)
{
	Elf *elf;

	elf_version(EV_CURRENT);
	/* elf_memory does not write to it unless it is of the other byte order */
	elf = elf_memory((char *)data, size);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		return elf;
	kpm_fail(err, -EBADMSG, "%s is not an ELF file; it is left out", name);
	elf_end(elf);
	return NULL;
}

/* The content of a section, NULL if it has none or is beyond the end of the file. */
static const char *content(const GElf_Shdr *h, const char *data, size_t size)
{
	if (h->sh_type == SHT_NOBITS || h->sh_offset > size || h->sh_size > size - h->sh_offset)
		return NULL;
	return data + h->sh_offset;
}

/* `key=value` in .modinfo, a string each. */
static void find_modinfo(const char *info, size_t size, const char *key, char *buf, size_t room)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < size;) {
		size_t one = strnlen(info + i, size - i);

		if (one > len + 1 && !memcmp(info + i, key, len) && info[i + len] == '=')
			snprintf(buf, room, "%.*s", (int)(one - len - 1), info + i + len + 1);
		i += one + 1;
	}
}

int kpm_elf_facts(const char *data, size_t size, const char *name, struct kpm_elf_facts *facts,
		  struct kpm_err *err)
{
	Elf *elf = begin(data, size, name, err);
	Elf_Scn *scn = NULL;
	size_t names = 0;
	GElf_Shdr h;

	*facts = (struct kpm_elf_facts){"", ""};
	if (!elf)
		return -EBADMSG;
	elf_getshdrstrndx(elf, &names);
	while ((scn = elf_nextscn(elf, scn))) {
		const char *section, *c;

		if (!gelf_getshdr(scn, &h))
			continue;
		section = elf_strptr(elf, names, h.sh_name);
		c = content(&h, data, size);
		if (!section || !c)
			continue;
		if (h.sh_type == SHT_NOTE && !*facts->build_id)
			kpm_notes_build_id(c, h.sh_size, facts->build_id);
		else if (!strcmp(section, ".modinfo"))
			find_modinfo(c, h.sh_size, "srcversion", facts->srcversion,
				     sizeof(facts->srcversion));
	}
	elf_end(elf);
	return 0;
}

/* Does this function create slab caches? */
static bool creates_caches(const char *function)
{
	return !strncmp(function, "kmem_cache_create", 17) ||
	       !strncmp(function, "__kmem_cache_create", 19);
}

static void visit_symbols(Elf *elf, const GElf_Shdr *h, const char *data, size_t size,
			  const struct kpm_elf_visitor *v, bool *creates)
{
	const char *symbols = content(h, data, size), *names, *name;
	GElf_Shdr strings;
	Elf_Scn *scn = elf_getscn(elf, h->sh_link);

	if (!symbols || !scn || !gelf_getshdr(scn, &strings) || h->sh_entsize != sizeof(Elf64_Sym))
		return;
	names = content(&strings, data, size);
	if (!names)
		return;
	for (size_t i = 0; i < h->sh_size / sizeof(Elf64_Sym); i++) {
		Elf64_Sym s;
		size_t len;

		memcpy(&s, symbols + i * sizeof(s), sizeof(s));
		if (s.st_name >= strings.sh_size)
			continue;
		name = names + s.st_name;
		len = strnlen(name, strings.sh_size - s.st_name);
		if (!len || len == strings.sh_size - s.st_name)
			continue;
		if (ELF64_ST_TYPE(s.st_info) == STT_FILE || ELF64_ST_TYPE(s.st_info) == STT_SECTION)
			continue;
		if (ELF64_ST_TYPE(s.st_info) == STT_FUNC && s.st_shndx != SHN_UNDEF)
			v->function(v->arg, name, len);
		else if (*name != '_' || name[1] != '_')
			v->name(v->arg, name, len);
		*creates |= creates_caches(name);
	}
}

/* The string that a relocation refers to; NULL: it refers to something else. */
static const char *string_of(Elf *elf, Elf_Data *symbols, const GElf_Rela *r, const char *data,
			     size_t size, size_t *len)
{
	uint64_t at = r->r_addend;
	const char *c;
	GElf_Shdr h;
	GElf_Sym sym;

	if (!gelf_getsym(symbols, GELF_R_SYM(r->r_info), &sym) || sym.st_shndx == SHN_UNDEF ||
	    sym.st_shndx >= SHN_LORESERVE || !gelf_getshdr(elf_getscn(elf, sym.st_shndx), &h) ||
	    h.sh_flags & SHF_EXECINSTR)
		return NULL;
	/* relative to the end of a field of four bytes */
	if (GELF_R_TYPE(r->r_info) == R_X86_64_PC32 || GELF_R_TYPE(r->r_info) == R_X86_64_PLT32)
		at += 4;
	at += sym.st_value;
	c = content(&h, data, size);
	if (!c || at >= h.sh_size || (at && c[at - 1]))
		return NULL;
	*len = strnlen(c + at, h.sh_size - at);
	return *len && *len < h.sh_size - at ? c + at : NULL;
}

static int by_offset(const void *x, const void *y)
{
	const GElf_Rela *a = x, *b = y;

	return (a->r_offset > b->r_offset) - (a->r_offset < b->r_offset);
}

/* Visits the strings that are referred to shortly before the call: the name is one of them. */
static void visit_arguments(Elf *elf, Elf_Data *symbols, const GElf_Rela *all, size_t call,
			    const char *data, size_t size, const struct kpm_elf_visitor *v)
{
	for (size_t i = call; i-- > 0 && call - i <= ARGUMENTS_MAX;) {
		const char *name;
		size_t len;

		if (all[call].r_offset - all[i].r_offset > ARGUMENTS_BYTES)
			break;
		name = string_of(elf, symbols, &all[i], data, size, &len);
		if (name)
			v->created(v->arg, name, len);
	}
}

/* Visits the calls in a section that create slab caches. A name from a table is not found. */
static void visit_calls(Elf *elf, Elf_Scn *scn, const GElf_Shdr *h, const char *data, size_t size,
			const struct kpm_elf_visitor *v)
{
	Elf_Scn *table = elf_getscn(elf, h->sh_link);
	Elf_Data *relocations = elf_getdata(scn, NULL), *symbols = elf_getdata(table, NULL);
	size_t count = h->sh_entsize ? h->sh_size / h->sh_entsize : 0;
	GElf_Shdr target, sh;
	GElf_Rela *all;

	if (!relocations || !symbols || !gelf_getshdr(table, &sh) ||
	    !gelf_getshdr(elf_getscn(elf, h->sh_info), &target) ||
	    !(target.sh_flags & SHF_EXECINSTR))
		return;
	all = calloc(count + 1, sizeof(*all));
	for (size_t i = 0; all && i < count; i++)
		if (!gelf_getrela(relocations, i, &all[i]))
			count = i;
	/* the assembler does not write them in order */
	if (all)
		qsort(all, count, sizeof(*all), by_offset);
	for (size_t i = 0; all && i < count; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(symbols, GELF_R_SYM(all[i].r_info), &sym) ||
		    sym.st_shndx != SHN_UNDEF)
			continue;
		name = elf_strptr(elf, sh.sh_link, sym.st_name);
		if (name && creates_caches(name))
			visit_arguments(elf, symbols, all, i, data, size, v);
	}
	free(all);
}

/* Tables hold no strings, and type information has the names of all types: both are skipped. */
static bool holds_strings(const char *section)
{
	return section && (strstr(section, "data") || !strcmp(section, ".modinfo"));
}

/* The kernel's .rodata is marked writable, as it holds data that is read-only after the start. */
static bool read_only(const GElf_Shdr *h, const char *section)
{
	return !(h->sh_flags & SHF_WRITE) || strstr(section, "rodata");
}

int kpm_elf_visit(const char *data, size_t size, const char *file,
		  const struct kpm_elf_visitor *visitor, bool *creates, struct kpm_err *err)
{
	Elf *elf = begin(data, size, file, err);
	Elf_Scn *scn = NULL;
	size_t names = 0;
	GElf_Ehdr head;
	GElf_Shdr h;
	int ret = 0;

	*creates = false;
	if (!elf)
		return -EBADMSG;
	if (!gelf_getehdr(elf, &head) || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_ident[EI_DATA] != ELFDATA2LSB || !elf_nextscn(elf, NULL))
		ret = kpm_fail(err, -EBADMSG,
			       "%s is damaged or not a 64-bit ELF file; it is left out", file);
	elf_getshdrstrndx(elf, &names);
	while (!ret && (scn = elf_nextscn(elf, scn))) {
		const char *c, *name;

		if (!gelf_getshdr(scn, &h))
			continue;
		c = content(&h, data, size);
		name = elf_strptr(elf, names, h.sh_name);
		if (!c && h.sh_type != SHT_NOBITS && h.sh_type != SHT_NULL) {
			ret = kpm_fail(err, -EBADMSG, "%s is cut off; it is left out", file);
			break;
		}
		if (h.sh_type == SHT_SYMTAB)
			visit_symbols(elf, &h, data, size, visitor, creates);
		else if (h.sh_type == SHT_PROGBITS && h.sh_flags & SHF_ALLOC &&
			 !(h.sh_flags & SHF_EXECINSTR) && holds_strings(name))
			visitor->data(visitor->arg, c, h.sh_size, read_only(&h, name));
	}
	while (!ret && *creates && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &h) && h.sh_type == SHT_RELA)
			visit_calls(elf, scn, &h, data, size, visitor);
	elf_end(elf);
	return ret;
}
