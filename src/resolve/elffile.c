// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads ELF files in memory by libelf: build-id, srcversion, symbols, strings.
 *
 * A note: three words (length of the name, length of the content, type), the name, the content,
 * both padded to 4 bytes; the build-id is type 3 of "GNU".
 */
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>

#include <kpoolmon/elffile.h>

#define NOTE_BUILD_ID 3

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
	kpm_fail(err, -EBADMSG, "%s is no ELF file; it is left out", name);
	elf_end(elf);
	return NULL;
}

/* The content of a section as it stands in the file, NULL if that is beyond the file's end. */
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

bool kpm_creates_caches(const char *function)
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
		*creates |= kpm_creates_caches(name);
	}
}

/* Sections of tables hold no strings; type information has the names of all types. */
static bool holds_strings(const char *section)
{
	return section && (strstr(section, "data") || !strcmp(section, ".modinfo"));
}

/* The kernel's .rodata is marked writable: what is read-only after the start is in it. */
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
		ret = kpm_fail(err, -EBADMSG, "%s is damaged or no 64-bit ELF file; it is left out",
			       file);
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
	elf_end(elf);
	return ret;
}
