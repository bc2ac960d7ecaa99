// SPDX-License-Identifier: GPL-2.0-or-later
/* Describes the kernel and its modules from /proc and /sys. Unknown values are `-`. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "app/machine.h"
#include "base/text.h"
#include "resolve/elffile.h"

#define MODULES_MAX 64

/* The first line of a small file; false if there is none. */
static bool first_line(const char *path, char *buf, size_t size)
{
	FILE *in = fopen(path, "re");
	bool got;

	if (!in)
		return false;
	got = fgets(buf, size, in) != NULL;
	fclose(in);
	if (got)
		buf[strcspn(buf, "\n")] = '\0';
	return got && *buf;
}

static void line(FILE *out, const char *name, const char *value)
{
	char clean[1024];

	fprintf(out, "%-15s %s\n", name, kpm_clean(value, clean, sizeof(clean)));
}

/* Letters as in Documentation/admin-guide/tainted-kernels.rst. */
static void put_taint(FILE *out, const struct kpm_roots *roots)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	char path[4096], text[64], value[128];
	unsigned long long mask;
	size_t used;

	if (!first_line(kpm_path(roots, KPM_FILE_TAINTED, path, sizeof(path)), text,
			sizeof(text))) {
		line(out, "Taint", "-");
		return;
	}
	mask = strtoull(text, NULL, 10);
	used = snprintf(value, sizeof(value), "%llu%s", mask, mask ? " (" : ", not tainted");
	for (size_t i = 0; mask && i < sizeof(letters) - 1; i++)
		if (mask >> i & 1)
			value[used++] = letters[i];
	snprintf(value + used, sizeof(value) - used, "%s", mask ? ")" : "");
	line(out, "Taint", value);
}

void kpm_machine_kernel(FILE *out, const struct kpm_roots *roots)
{
	struct utsname uts = {0};

	uname(&uts);
	line(out, "Host", uts.nodename);
	line(out, "Kernel", uts.release);
	line(out, "Kernel version", uts.version);
	line(out, "Architecture", uts.machine);
	put_taint(out, roots);
}

static void module_line(FILE *out, const struct kpm_roots *roots, enum kpm_module_file file,
			const char *module, const char *name)
{
	char path[4096], text[256];

	if (!first_line(kpm_module_path(roots, file, module, path, sizeof(path)), text,
			sizeof(text)))
		strcpy(text, "-");
	line(out, name, text);
}

static void build_id_line(FILE *out, const struct kpm_roots *roots, const char *module)
{
	char path[4096], notes[1024], id[KPM_BUILD_ID_LEN] = "";
	FILE *in = fopen(kpm_module_path(roots, KPM_MODULE_BUILD_ID, module, path, sizeof(path)),
			 "re");

	if (in) {
		kpm_notes_build_id(notes, fread(notes, 1, sizeof(notes), in), id);
		fclose(in);
	}
	line(out, "  build-id", *id ? id : "-");
}

struct modules {
	struct {
		const char *name, *file;
		uint64_t bytes;
	} list[MODULES_MAX];
	size_t count;
};

static void add_modules(struct modules *m, const struct kpm_frame *frame)
{
	for (uint32_t i = 0; i < frame->count; i++) {
		const struct kpm_row *row = &frame->part.snap->rows[frame->order[i]];
		const char *name = kpm_tagset_get(frame->part.tags, row->tag)->module;
		const struct kpm_location *location =
			frame->part.locations ? frame->part.locations[row->tag] : NULL;
		size_t k = 0;

		if (!name || !strcmp(name, "kernel"))
			continue;
		while (k < m->count && strcmp(m->list[k].name, name))
			k++;
		if (k == MODULES_MAX)
			return;
		if (k == m->count) {
			m->list[m->count].bytes = 0;
			m->list[m->count].file = NULL;
			m->list[m->count++].name = name;
		}
		if (location && location->file)
			m->list[k].file = location->file;
	}
}

/* Bytes of all the module's tags, shown or not. */
static void add_bytes(struct modules *m, const struct kpm_frame *frame)
{
	for (uint32_t i = 0; i < frame->part.snap->count; i++) {
		const char *name = kpm_tagset_get(frame->part.tags, i)->module;

		for (size_t k = 0; name && k < m->count; k++)
			if (!strcmp(m->list[k].name, name))
				m->list[k].bytes += kpm_row_sum(&frame->part.snap->rows[i]).bytes;
	}
}

void kpm_machine_modules(FILE *out, const struct kpm_roots *roots, const struct kpm_frame *a,
			 const struct kpm_frame *b)
{
	struct modules m = {.count = 0};
	char bytes[32];

	add_modules(&m, a);
	add_modules(&m, b);
	add_bytes(&m, a);
	if (!m.count)
		fputs("none: all rows below are of the kernel's own code\n", out);
	for (size_t i = 0; i < m.count; i++) {
		const char *name = m.list[i].name;

		line(out, "Module", name);
		snprintf(bytes, sizeof(bytes), "%" PRIu64, m.list[i].bytes);
		line(out, "  bytes held", bytes);
		module_line(out, roots, KPM_MODULE_VERSION, name, "  version");
		module_line(out, roots, KPM_MODULE_SRCVERSION, name, "  srcversion");
		build_id_line(out, roots, name);
		module_line(out, roots, KPM_MODULE_TAINT, name, "  taint");
		line(out, "  file", m.list[i].file ? m.list[i].file : "-");
	}
}
