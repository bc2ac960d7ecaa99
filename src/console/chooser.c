// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which columns are shown: the usual ones, the user's choice, and where it is remembered, a file
 * of one line:
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

#include "console/screen.h"

void forget_widths(struct kpm_console *c)
{
	memset(c->widths, 0, sizeof(c->widths));
	memset(c->change_widths, 0, sizeof(c->change_widths));
}

void usual_columns(struct kpm_console *c, bool labels)
{
	c->columns.count = 0;
	kpm_columns_parse(&c->columns, KPM_USUAL_COLUMNS, NULL);
	if (labels)
		kpm_columns_parse(&c->columns, "label", NULL);
}

/* A column of which each row has its own cell, and whose changes are not shown beside another. */
static bool can_be_shown(const struct kpm_column *column)
{
	return !column->sample && !strstr(column->name, "_change");
}

void load_columns(struct kpm_console *c)
{
	struct kpm_column_list list = {.count = 0}, usable = {.count = 0};
	char line[1024];
	FILE *f = c->config_file ? fopen(c->config_file, "re") : NULL;

	if (!f)
		return;
	if (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\r\n")] = '\0';
		/* a list of another version is not for us */
		if (!kpm_columns_parse(&list, line, NULL))
			for (size_t i = 0; i < list.count; i++)
				if (can_be_shown(list.column[i]))
					usable.column[usable.count++] = list.column[i];
	}
	fclose(f);
	if (usable.count)
		c->columns = usable;
}

/* Opens the folder of the file, made if need be, if it is ours alone. */
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
			 : errno == EPERM ? "the folder is not yours alone"
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

static const struct kpm_column *candidate(size_t n)
{
	for (size_t i = 0; i < kpm_column_count; i++)
		if (can_be_shown(&kpm_columns[i]) && !n--)
			return &kpm_columns[i];
	return NULL;
}

static size_t place_of(const struct kpm_column_list *list, const struct kpm_column *column)
{
	size_t i = 0;

	while (i < list->count && list->column[i] != column)
		i++;
	return i;
}

/* The chooser lists the columns shown, in their order, and then the others. */
static const struct kpm_column *listed(const struct kpm_console *c, size_t n)
{
	if (n < c->columns.count)
		return c->columns.column[n];
	n -= c->columns.count;
	for (size_t i = 0; candidate(i); i++)
		if (place_of(&c->columns, candidate(i)) == c->columns.count && !n--)
			return candidate(i);
	return NULL;
}

static void toggle(struct kpm_console *c)
{
	const struct kpm_column *column = listed(c, c->chosen);
	struct kpm_column_list *list = &c->columns;
	size_t place = place_of(list, column);

	if (place == list->count) {
		list->column[list->count++] = column;
	} else if (list->count > 1) {
		memmove(list->column + place, list->column + place + 1,
			(list->count - place - 1) * sizeof(*list->column));
		list->count--;
	}
}

static void shift(struct kpm_console *c, int by)
{
	struct kpm_column_list *list = &c->columns;
	size_t to = c->chosen + by;
	const struct kpm_column *column;

	if (c->chosen >= list->count || to >= list->count)
		return;
	column = list->column[to];
	list->column[to] = list->column[c->chosen];
	list->column[c->chosen] = column;
	c->chosen = to;
}

unsigned int choose_key(struct kpm_console *c, int key)
{
	switch (key) {
	case KEY_UP:
	case KEY_DOWN:
		c->chosen += key == KEY_UP ? -(c->chosen > 0) : listed(c, c->chosen + 1) != NULL;
		break;
	case ' ':
		toggle(c);
		break;
	case '+':
	case '-':
		shift(c, key == '+' ? 1 : -1);
		break;
	case '\r':
	case '\n':
	case KEY_ENTER:
	case KEY_ESCAPE:
	case 'o':
	case 'O':
	case 'q':
	case 'Q':
		c->page = PAGE_TABLE;
		save_columns(c);
		break;
	default:
		return 0;
	}
	forget_widths(c);
	return KPM_REACT_VIEW;
}

void draw_chooser(struct kpm_console *c)
{
	int rows = LINES - 2;
	size_t top = c->chosen >= (size_t)rows ? c->chosen - rows + 1 : 0;

	put_at(c, 0, 0, LOOK_HEADING, "%-*s", COLS,
	       " Columns: Space shows or hides, - and + move, Enter ends");
	for (int y = 0; y < rows; y++) {
		const struct kpm_column *column = listed(c, top + y);

		if (!column)
			break;
		put_at(c, y + 2, 0, top + y == c->chosen ? LOOK_SELECTED : LOOK_PLAIN,
		       " [%c] %-13s %-16s %s", top + y < c->columns.count ? 'x' : ' ',
		       column->title, column->name, column->help);
	}
}
