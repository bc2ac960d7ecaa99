// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/kallsyms has a line for each symbol: address, type, name; for modules a tab and the module.
 *
 *   ffffffff81000000 T _stext
 *   ffffffffc0a01000 t leak_one	[leaky]
 *
 * Without rights all addresses are 0; the rights at the time of the opening count.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "resolve/bisect.h"
#include "resolve/ksyms.h"

struct symbol {
	uint64_t address;
	const char *name; /* `name` or `name\t[module]` */
};

/* Memory for names; a hundred thousand of them are not worth one allocation each. */
#define NAMES_SIZE (1 << 20)
struct names {
	struct names *next;
	size_t used;
	char text[NAMES_SIZE];
};

struct kpm_ksyms {
	FILE *file;
	bool read;
	struct symbol *symbols; /* code, by address */
	size_t count, capacity;
	struct names *names;
};

int kpm_ksyms_open(const struct kpm_roots *roots, struct kpm_ksyms **ksyms, struct kpm_err *err)
{
	struct kpm_ksyms *k = calloc(1, sizeof(*k));
	char path[4096];

	if (!k)
		return kpm_fail(err, -ENOMEM, "out of memory");
	kpm_path(roots, KPM_FILE_KALLSYMS, path, sizeof(path));
	k->file = fopen(path, "re");
	if (!k->file) {
		free(k);
		return kpm_fail(err, -errno, "open %s: %s", path, strerror(errno));
	}
	setvbuf(k->file, NULL, _IOFBF, NAMES_SIZE);
	*ksyms = k;
	return 0;
}

void kpm_ksyms_forget(struct kpm_ksyms *k)
{
	while (k->names) {
		struct names *next = k->names->next;

		free(k->names);
		k->names = next;
	}
	k->count = 0;
	if (k->read)
		rewind(k->file);
	k->read = false;
}

void kpm_ksyms_close(struct kpm_ksyms *k)
{
	if (!k)
		return;
	kpm_ksyms_forget(k);
	free(k->symbols);
	fclose(k->file);
	free(k);
}

/* A copy of a name, or NULL. */
static const char *keep_name(struct kpm_ksyms *k, const char *name)
{
	size_t size = strlen(name) + 1;
	char *copy;

	if (size > NAMES_SIZE)
		return NULL;
	if (!k->names || k->names->used + size > NAMES_SIZE) {
		struct names *more = malloc(sizeof(*more));

		if (!more)
			return NULL;
		more->next = k->names;
		more->used = 0;
		k->names = more;
	}
	copy = k->names->text + k->names->used;
	memcpy(copy, name, size);
	k->names->used += size;
	return copy;
}

static bool add_symbol(struct kpm_ksyms *k, uint64_t address, const char *name)
{
	if (kpm_array_reserve(k->symbols, k->capacity, k->count + 1))
		return false;
	k->symbols[k->count] = (struct symbol){address, keep_name(k, name)};
	return k->symbols[k->count].name && ++k->count;
}

static int by_address(const void *x, const void *y)
{
	const struct symbol *a = x, *b = y;

	return (a->address > b->address) - (a->address < b->address);
}

/* Reads the symbols of code; when memory runs out the rest stays without a name. */
static void read_symbols(struct kpm_ksyms *k)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	k->read = true;
	while ((len = getline(&line, &size, k->file)) > 0) {
		char *end, *name;
		uint64_t address = strtoull(line, &end, 16);

		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (!address || end[0] != ' ' || !strchr("tTwW", end[1]) || end[2] != ' ')
			continue;
		name = end + 3;
		if (!add_symbol(k, address, name))
			break;
	}
	free(line);
	if (k->count)
		qsort(k->symbols, k->count, sizeof(*k->symbols), by_address);
}

static bool is_below(const void *symbol, const void *address)
{
	return ((const struct symbol *)symbol)->address < *(const uint64_t *)address;
}

void kpm_ksyms_read(struct kpm_ksyms *k)
{
	if (!k->read)
		read_symbols(k);
}

/*
 * The code of a module ends with a page, and the next page may have the init code of another, which
 * has no symbols any more: the last function of a module is taken to end with its page.
 */
#define PAGE(address) ((address) >> 12)

static const char *module_of(const struct symbol *s)
{
	const char *module = strchr(s->name, '\t');

	return module ? module : "";
}

bool kpm_ksyms_name(struct kpm_ksyms *k, uint64_t address, char *buf, size_t size)
{
	size_t next;
	const struct symbol *s;
	const char *module;

	if (!k->read)
		read_symbols(k);
	next = kpm_bisect(k->symbols, k->count, sizeof(*k->symbols), is_below, &address);
	if (!next)
		return false;
	s = &k->symbols[next - 1];
	module = module_of(s);
	if (PAGE(address - 1) != PAGE(s->address) &&
	    (next == k->count || strcmp(module, module_of(s + 1))))
		return false;
	snprintf(buf, size, "%.*s+0x%" PRIx64 "%s%s", (int)strcspn(s->name, "\t"), s->name,
		 address - s->address, *module ? " " : "", *module ? module + 1 : "");
	return true;
}

uint64_t kpm_ksyms_address(struct kpm_ksyms *k, const char *symbol)
{
	if (!k->read)
		read_symbols(k);
	for (size_t i = 0; i < k->count; i++)
		if (!strcmp(k->symbols[i].name, symbol))
			return k->symbols[i].address;
	return 0;
}

bool kpm_ksyms_namer(void *ksyms, uint64_t site, char *buf, size_t size)
{
	return kpm_ksyms_name(ksyms, site, buf, size);
}
