// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The user's columns in a file of one line:
 *
 *   tag,type,allocs,frees,diff,bytes,per_alloc,module,cache
 *
 * Written only into a folder that belongs to the effective user and that nobody else can write to:
 * with sudo the home may be somebody else's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/column_file.h"
#include "console/layout.h"

void load_columns(struct kpm_console *c)
{
	struct kpm_column_list list = {.count = 0}, usable = {.count = 0};
	char line[1024];
	FILE *f = c->config_file ? fopen(c->config_file, "re") : NULL;

	if (!f)
		return;
	if (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		/* a list with unknown names, as of another version, is ignored */
		if (!kpm_columns_parse(&list, line, NULL))
			for (size_t i = 0; i < list.count; i++)
				if (can_be_shown(list.column[i]))
					usable.column[usable.count++] = list.column[i];
	}
	fclose(f);
	if (usable.count)
		c->columns = usable;
}

/* Opens the folder of the file, and creates it if need be. -1 unless it is the user's alone. */
static int open_folder(const char *file)
{
	char *folder = strdup(file);
	struct stat st;
	int fd;

	if (!folder)
		return -1;
	*strrchr(folder, '/') = '\0';
	if (mkdir(folder, 0700) && errno == ENOENT && strrchr(folder, '/') != folder) {
		char *last = strrchr(folder, '/');

		/* a home that has no ~/.config yet */
		*last = '\0';
		mkdir(folder, 0700);
		*last = '/';
		mkdir(folder, 0700);
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	free(folder);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 022))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

void save_columns(struct kpm_console *c)
{
	int folder = c->config_file ? open_folder(c->config_file) : -1;
	FILE *f = NULL;
	int fd = -1;

	if (folder >= 0)
		fd = openat(folder, "columns.new",
			    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (!f) {
		snprintf(c->message, sizeof(c->message), "The columns are not remembered: %s",
			 !c->config_file  ? "there is no home folder"
			 : errno == EPERM ? "others can write to the folder"
					  : strerror(errno));
		if (fd >= 0)
			close(fd);
		if (folder >= 0)
			close(folder);
		return;
	}
	for (size_t i = 0; i < c->columns.count; i++)
		fprintf(f, "%s%s", i ? "," : "", c->columns.column[i]->name);
	fputc('\n', f);
	if (fclose(f) || renameat(folder, "columns.new", folder, "columns"))
		snprintf(c->message, sizeof(c->message), "The columns are not remembered: %s",
			 strerror(errno));
	close(folder);
}
