// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/meminfo: one line a figure, `Name:` blanks, a number, ` kB`; the unit is 1024 bytes.
 *
 *   MemTotal:       24604880 kB
 *   SReclaimable:      40092 kB
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/meminfo.h"

static const struct {
	const char *name;
	size_t offset;
} lines[] = {
	{"MemTotal:", offsetof(struct kpm_memory, total)},
	{"MemAvailable:", offsetof(struct kpm_memory, available)},
	{"SUnreclaim:", offsetof(struct kpm_memory, slab_nonp)},
	{"SReclaimable:", offsetof(struct kpm_memory, slab_paged)},
	{"KernelStack:", offsetof(struct kpm_memory, kernel_stack)},
	{"PageTables:", offsetof(struct kpm_memory, page_tables)},
	{"VmallocUsed:", offsetof(struct kpm_memory, vmalloc_used)},
	{"Percpu:", offsetof(struct kpm_memory, percpu)},
};

void kpm_meminfo_parse(const char *text, struct kpm_memory *memory)
{
	memset(memory, 0, sizeof(*memory));
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
			size_t len = strlen(lines[i].name);

			if (!strncmp(line, lines[i].name, len))
				*(uint64_t *)((char *)memory + lines[i].offset) =
					strtoull(line + len, NULL, 10) * 1024;
		}
	}
}

int kpm_meminfo_read(const struct kpm_roots *roots, struct kpm_memory *memory, struct kpm_err *err)
{
	char path[4096], text[8192];
	size_t used = 0;
	ssize_t got;
	int fd;

	kpm_path(roots, KPM_FILE_MEMINFO, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return kpm_fail(err, -errno, "open %s: %s", path, strerror(errno));
	while ((got = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += got;
	close(fd);
	if (got < 0)
		return kpm_fail(err, -EIO, "read %s: %s", path, strerror(errno));
	text[used] = '\0';
	kpm_meminfo_parse(text, memory);
	if (!memory->total)
		return kpm_fail(err, -EINVAL, "%s has no line MemTotal", path);
	return 0;
}
