// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From symbol + offset to a source line by libdwfl. The symbol is looked up in the file's own
 * symbol table, so that neither the load address nor a loaded module is needed.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "resolve/bisect.h"
#include "resolve/debug_file.h"
#include "resolve/lines.h"

/* The size of a symbol in kallsyms reaches to the next one: padding to at most a cache line. */
#define PADDING_MAX 64
/* Functions of one name that are compared; beyond that no line is given. */
#define CANDIDATES_MAX 64

struct function {
	const char *name;
	GElf_Addr address;
	uint64_t size;
};

struct kpm_lines {
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwfl_Callbacks callbacks;
	char *path;
	const char *debug_dir;
	char *debug_path;           /* search path of libdwfl itself */
	struct function *functions; /* by name, then address */
	size_t count;
};

void kpm_lines_close(struct kpm_lines *l)
{
	if (!l)
		return;
	dwfl_end(l->dwfl);
	free(l->functions);
	free(l->path);
	free(l->debug_path);
	free(l);
}

static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file, const char *link, GElf_Word crc, char **found)
{
	const struct kpm_lines *l = *userdata;
	int fd = l ? kpm_debug_file_open(module, l->path, l->debug_dir, found) : -1;

	/* links, build-id links, debuginfod */
	return fd >= 0 ? fd
		       : dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, crc,
						      found);
}

/* libdwfl reads files only: an unpacked image becomes a file in memory. */
static int file_of(const struct kpm_image *image)
{
	int fd = memfd_create("module", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < image->size) {
		ssize_t n = write(fd, image->data + done, image->size - done);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += n;
	}
	return fd;
}

static int by_name(const void *x, const void *y)
{
	const struct function *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c ? c : (a->address > b->address) - (a->address < b->address);
}

static int read_functions(struct kpm_lines *l)
{
	int count = dwfl_module_getsymtab(l->module);

	if (count <= 0)
		return count < 0 ? -EBADMSG : 0;
	l->functions = calloc(count, sizeof(*l->functions));
	if (!l->functions)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		GElf_Word section;
		GElf_Addr address;
		GElf_Sym sym;
		const char *name =
			dwfl_module_getsym_info(l->module, i, &sym, &address, &section, NULL, NULL);

		if (!name || !*name || section == SHN_UNDEF || section == SHN_ABS)
			continue;
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC ||
		    GELF_ST_TYPE(sym.st_info) == STT_NOTYPE)
			l->functions[l->count++] = (struct function){name, address, sym.st_size};
	}
	qsort(l->functions, l->count, sizeof(*l->functions), by_name);
	return 0;
}

static int open_module(struct kpm_lines *l, const char *path, const struct kpm_image *image)
{
	int fd = image->unpacked ? file_of(image) : -1, ret;
	void **userdata;

	if (image->unpacked && fd < 0)
		return -ENOMEM;
	l->callbacks = (Dwfl_Callbacks){
		.find_debuginfo = find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &l->debug_path,
	};
	l->dwfl = dwfl_begin(&l->callbacks);
	if (l->dwfl)
		l->module = dwfl_report_offline(l->dwfl, "module", path, fd);
	if (!l->module) {
		if (fd >= 0)
			close(fd);
		return -EBADMSG;
	}
	/* the file descriptor is the library's now */
	ret = dwfl_report_end(l->dwfl, NULL, NULL);
	dwfl_module_info(l->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = l;
	return ret ? -EBADMSG : read_functions(l);
}

int kpm_lines_open(const char *path, const struct kpm_image *image, const char *debug_dir,
		   struct kpm_lines **lines, struct kpm_err *err)
{
	struct kpm_lines *l = calloc(1, sizeof(*l));
	int ret = -ENOMEM;

	if (l) {
		l->debug_dir = debug_dir;
		l->path = strdup(path);
	}
	/* beside the file; in .debug beside it; below the folder of debug information */
	if (l && asprintf(&l->debug_path, ":.debug:%s", debug_dir) < 0)
		l->debug_path = NULL;
	if (l && l->debug_path && l->path)
		ret = open_module(l, path, image);
	if (ret) {
		kpm_lines_close(l);
		return kpm_fail(err, ret, "read the symbols of %s: %s", path,
				ret == -EBADMSG ? "it is damaged" : "out of memory");
	}
	*lines = l;
	return 0;
}

/* The compilation unit of an address. Without an index of addresses all units are tried. */
static Dwarf_Die *unit_of(struct kpm_lines *l, GElf_Addr pc, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(l->module, pc, bias);

	if (unit && dwarf_haspc(unit, pc - *bias) != 0)
		return unit;
	for (unit = NULL; (unit = dwfl_module_nextcu(l->module, unit, bias));)
		if (dwarf_haspc(unit, pc - *bias) > 0)
			return unit;
	return NULL;
}

/* Is this a header of allocators and helpers? Then the statement that allocates is elsewhere. */
static bool of_allocator(const char *file)
{
	static const char *const headers[] = {
		"linux/slab.h",          "linux/mm.h",
		"linux/string.h",        "linux/fortify-string.h",
		"linux/device.h",        "linux/devres.h",
		"linux/device/devres.h", "linux/mempool.h",
		"linux/skbuff.h",        "linux/fs.h",
	};
	size_t len = strlen(file);

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		size_t tail = strlen(headers[i]);

		if (len > tail && file[len - tail - 1] == '/' &&
		    !strcmp(file + len - tail, headers[i]))
			return true;
	}
	return false;
}

/* The file and line of the call of an inlined function. */
static bool caller_of(Dwarf_Die *unit, Dwarf_Die *inlined, const char **file, int *line)
{
	Dwarf_Attribute attr;
	Dwarf_Word index, number;
	Dwarf_Files *files;
	size_t count;
	const char *name;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attr), &index) ||
	    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attr), &number) ||
	    dwarf_getsrcfiles(unit, &files, &count) || index >= count)
		return false;
	name = dwarf_filesrc(files, index, NULL, NULL);
	if (!name)
		return false;
	*file = name;
	*line = number;
	return true;
}

/* Follows the inlined functions around an address outwards. */
static void walk_inlined(Dwarf_Die *unit, Dwarf_Addr pc, const char **file, int *line,
			 struct kpm_line *found)
{
	Dwarf_Die *around = NULL, *scopes = NULL;
	bool inside = true; /* still in a header of the allocators */
	size_t used = 0;
	int count = 0;

	if (dwarf_getscopes(unit, pc, &around) > 0)
		count = dwarf_getscopes_die(&around[0], &scopes);
	for (int i = 0; i < count && dwarf_tag(&scopes[i]) != DW_TAG_subprogram; i++) {
		const char *name;

		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			continue;
		name = dwarf_diename(&scopes[i]);
		inside = inside && of_allocator(*file) && caller_of(unit, &scopes[i], file, line);
		if (name && used + strlen(name) + 4 < sizeof(found->inlined))
			used += sprintf(found->inlined + used, "%s%s", used ? " < " : "", name);
		else
			continue;
		found->line_in += inside;
	}
	free(around);
	free(scopes);
}

/* Writes the name relative to the folder of the build, which differs from machine to machine. */
static void set_file(Dwarf_Die *unit, const char *file, struct kpm_line *found)
{
	Dwarf_Attribute attr;
	const char *dir = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attr));
	size_t len = dir ? strlen(dir) : 0;

	if (len && !strncmp(file, dir, len) && file[len] == '/')
		file += len + 1;
	while (!strncmp(file, "./", 2))
		file += 2;
	snprintf(found->file, sizeof(found->file), "%s", file);
}

static bool line_of(struct kpm_lines *l, GElf_Addr pc, struct kpm_line *found)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = unit_of(l, pc, &bias);
	Dwarf_Line *at = unit ? dwarf_getsrc_die(unit, pc - bias) : NULL;
	const char *file = at ? dwarf_linesrc(at, NULL, NULL) : NULL;

	memset(found, 0, sizeof(*found));
	if (!file || dwarf_lineno(at, &found->line) || found->line <= 0)
		return false;
	walk_inlined(unit, pc - bias, &file, &found->line, found);
	set_file(unit, file, found);
	return true;
}

static bool name_precedes(const void *function, const void *name)
{
	return strcmp(((const struct function *)function)->name, name) < 0;
}

/* The functions of a name that reach as far as offset, each address once. */
static size_t candidates(const struct kpm_lines *l, const char *symbol, uint64_t offset,
			 const struct function *found[CANDIDATES_MAX])
{
	size_t i = kpm_bisect(l->functions, l->count, sizeof(*l->functions), name_precedes, symbol);
	size_t count = 0;

	for (; i < l->count && !strcmp(l->functions[i].name, symbol); i++) {
		const struct function *f = &l->functions[i];

		if ((f->size && offset > f->size) ||
		    (count && found[count - 1]->address == f->address))
			continue;
		if (count == CANDIDATES_MAX)
			return 0;
		found[count++] = f;
	}
	return count;
}

bool kpm_lines_find(struct kpm_lines *l, const char *symbol, uint64_t offset, uint64_t size,
		    struct kpm_line *line)
{
	const struct function *found[CANDIDATES_MAX], *fits = NULL;
	size_t count = offset ? candidates(l, symbol, offset, found) : 0, fitting = 0;
	struct kpm_line other;

	for (size_t i = 0; size && count > 1 && i < count; i++) {
		if (found[i]->size <= size && size < found[i]->size + PADDING_MAX) {
			fits = found[i];
			fitting++;
		}
	}
	if (fitting == 1) {
		found[0] = fits;
		count = 1;
	}
	/* the call stands before the return address, perhaps as the last in its function */
	if (!count || !line_of(l, found[0]->address + offset - 1, line))
		return false;
	for (size_t i = 1; i < count; i++)
		if (!line_of(l, found[i]->address + offset - 1, &other) ||
		    strcmp(other.file, line->file) || other.line != line->line ||
		    strcmp(other.inlined, line->inlined))
			return false;
	return true;
}
