// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/kallsyms: a line a symbol: address, type, name, and for modules a tab and the module.
 *
 *   ffffffff81000000 T _stext
 *   ffffffffc0a01000 t leak_one	[leaky]
 *
 * Addresses are 0 for whom they are kept from; that is settled when the file is opened.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "resolve/ksyms.h"

struct symbol {
	uint64_t address;
	char *name; /* `name` or `name\t[module]` */
};

struct kpm_ksyms {
	FILE *file;
	bool read;
	struct symbol *symbols; /* code, by address */
	size_t count, capacity;
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
	*ksyms = k;
	return 0;
}

void kpm_ksyms_close(struct kpm_ksyms *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++)
		free(k->symbols[i].name);
	free(k->symbols);
	fclose(k->file);
	free(k);
}

static bool add_symbol(struct kpm_ksyms *k, uint64_t address, const char *name)
{
	if (kpm_array_reserve(k->symbols, k->capacity, k->count + 1))
		return false;
	k->symbols[k->count] = (struct symbol){address, strdup(name)};
	return k->symbols[k->count].name && ++k->count;
}

static int by_address(const void *x, const void *y)
{
	const struct symbol *a = x, *b = y;

	return (a->address > b->address) - (a->address < b->address);
}

/* All symbols of code. What memory does not suffice for stays without a name. */
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

bool kpm_ksyms_name(struct kpm_ksyms *k, uint64_t address, char *buf, size_t size)
{
	size_t low = 0, high;
	const struct symbol *s;
	const char *module;

	if (!k->read)
		read_symbols(k);
	high = k->count;
	while (low < high) { /* the first symbol beyond address - 1 */
		size_t mid = low + (high - low) / 2;

		if (k->symbols[mid].address <= address - 1)
			low = mid + 1;
		else
			high = mid;
	}
	/* nothing says where the last symbol ends */
	if (!low || low == k->count)
		return false;
	s = &k->symbols[low - 1];
	module = strchr(s->name, '\t');
	snprintf(buf, size, "%.*s+0x%" PRIx64 "%s%s",
		 module ? (int)(module - s->name) : (int)strlen(s->name), s->name,
		 address - s->address, module ? " " : "", module ? module + 1 : "");
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
