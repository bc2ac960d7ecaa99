// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Distributions put the debug information of a module at
 *
 *   DEBUG_DIR/lib/modules/RELEASE/kernel/fs/ext4/ext4.ko
 *
 * with or without /usr before and .debug behind it. Neither a debug link nor a build-id link leads
 * there.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolve/debug_file.h"
#include "resolve/elffile.h"

/* Is this file the debug information of the module? By build-id. */
static bool belongs(Dwfl_Module *module, int fd, const char *path)
{
	const unsigned char *bits;
	char id[KPM_BUILD_ID_LEN] = "";
	struct kpm_elf_facts facts;
	GElf_Addr address;
	struct stat st;
	void *data;
	int count = dwfl_module_build_id(module, &bits, &address);

	if (count <= 0 || count > (KPM_BUILD_ID_LEN - 1) / 2 || fstat(fd, &st) || st.st_size <= 0)
		return false;
	for (int i = 0; i < count; i++)
		sprintf(id + (size_t)2 * i, "%02x", bits[i]);
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	if (kpm_elf_facts(data, st.st_size, path, &facts, NULL))
		*facts.build_id = '\0';
	munmap(data, st.st_size);
	return !strcmp(facts.build_id, id);
}

int kpm_debug_file_open(Dwfl_Module *module, const char *file, const char *debug_dir, char **found)
{
	static const char *const forms[] = {"%s%.*s", "%s%.*s.debug", "%s/usr%.*s",
					    "%s/usr%.*s.debug"};
	const char *name = strstr(file, "/lib/modules/"), *ko, *next = name;
	char path[4096 + 64];

	while (next && (next = strstr(next + 1, "/lib/modules/")))
		name = next;
	ko = name ? strstr(name, ".ko") : NULL;
	for (size_t i = 0; ko && i < sizeof(forms) / sizeof(*forms); i++) {
		int fd;

		snprintf(path, sizeof(path), forms[i], debug_dir, (int)(ko + 3 - name), name);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 && belongs(module, fd, path)) {
			*found = strdup(path);
			return fd;
		}
		if (fd >= 0)
			close(fd);
	}
	return -1;
}
