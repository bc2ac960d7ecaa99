// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of an ELF file are its symbols and the strings in its data. System.map, like kallsyms,
 * has lines of address, type and name:
 *
 *   ffffffff81000000 T _stext
 */
#include <errno.h>
#include <string.h>

#include "resolve/elffile.h"
#include "resolve/image.h"
#include "resolve/words.h"

/* Shorter runs of printable characters are mostly numbers; in a part of a string, too. */
#define STRING_MIN 3
#define PART_MIN   4

static void add(struct kpm_buffer *area, const char *word, size_t len)
{
	/* dropped if the area is full: areas are bounded like the file */
	if (kpm_buffer_reserve(area, len + 1))
		return;
	memcpy(area->data + area->size, word, len);
	area->data[area->size + len] = '\0';
	area->size += len + 1;
}

static int begin(struct kpm_buffer *area)
{
	area->size = 0;
	if (kpm_buffer_reserve(area, 1))
		return -ENOMEM;
	area->data[area->size++] = '\0';
	return 0;
}

static int begin_all(struct kpm_reader *r)
{
	int ret = begin(r->functions);

	if (!ret)
		ret = begin(r->created);
	if (!ret)
		ret = begin(r->strings);
	return ret ? ret : begin(r->others);
}

static void add_function(void *arg, const char *name, size_t len)
{
	add(((struct kpm_reader *)arg)->functions, name, len);
}

static void add_created(void *arg, const char *name, size_t len)
{
	add(((struct kpm_reader *)arg)->created, name, len);
}

static void add_name(void *arg, const char *name, size_t len)
{
	add(((struct kpm_reader *)arg)->others, name, len);
}

static inline bool printable(char c)
{
	return (unsigned char)(c - ' ') <= '~' - ' ';
}

static void add_data(void *arg, const char *data, size_t size, bool read_only)
{
	struct kpm_reader *r = arg;

	for (size_t i = 0, start; i < size;) {
		bool whole;

		if (!printable(data[i])) {
			i++;
			continue;
		}
		for (start = i; i < size && printable(data[i]);)
			i++;
		if (i - start < STRING_MIN)
			continue;
		whole = (!start || !data[start - 1]) && i < size && !data[i];
		if (whole && read_only)
			add(r->strings, data + start, i - start);
		else if (whole || i - start >= PART_MIN)
			add(r->others, data + start, i - start);
	}
}

int kpm_read_elf_words(struct kpm_reader *r, const char *data, size_t size, const char *path,
		       bool *creates, struct kpm_err *err)
{
	const struct kpm_elf_visitor visitor = {add_function, add_name, add_created, add_data, r};

	if (begin_all(r))
		return kpm_fail(err, -ENOMEM, "read %s: out of memory", path);
	return kpm_elf_visit(data, size, path, &visitor, creates, err);
}

static int read_symbols(struct kpm_reader *r, const char *data, size_t size, const char *path,
			struct kpm_err *err)
{
	const char *end = data + size, *line = data, *next;

	if (begin_all(r))
		return kpm_fail(err, -ENOMEM, "read %s: out of memory", path);
	for (; line < end; line = next + 1) {
		const char *name = memchr(line, ' ', end - line);

		next = memchr(line, '\n', end - line);
		if (!next)
			next = end;
		/* one letter between blanks; code only */
		if (!name || next - name < 4 || name[2] != ' ' ||
		    memchr(name + 3, '\t', next - name - 3))
			continue;
		if (strchr("tTwW", name[1]))
			add(r->functions, name + 3, next - name - 3);
		else
			add(r->others, name + 3, next - name - 3);
	}
	return 0;
}

int kpm_read_words(struct kpm_reader *r, const char *path, enum kpm_source_kind kind, bool *creates,
		   struct kpm_err *err)
{
	struct kpm_image image;
	int ret = kpm_image_open(path, r->file, &image, err);

	*creates = false;
	if (ret)
		return ret;
	if (kind == KPM_KIND_VMLINUZ)
		ret = kpm_image_kernel(&image, r->file, path, err);
	if (ret)
		goto out;
	if (kind == KPM_KIND_SYMBOLS)
		ret = read_symbols(r, image.data, image.size, path, err);
	else
		ret = kpm_read_elf_words(r, image.data, image.size, path, creates, err);
	/* the kernel creates caches, which an image without symbols does not show */
	*creates |= kind == KPM_KIND_VMLINUZ;
out:
	kpm_image_close(&image);
	return ret;
}
