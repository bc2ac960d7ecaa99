// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modules.builtin.ranges (since 5f5e7344322f, Linux 6.12): section, first and last offset from an
 * anchor symbol, modules. A line with `=` names the section's anchor.
 *
 *   .text 00000000-00000000 = _text
 *   .text 0000baf0-0000cb10 amd_uncore
 *   .text 008e9630-008ea610 snd_soc_wcd9335 snd_soc_wcd934x
 *
 * Code is in .text only, whose anchor is _text.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "resolve/builtin.h"

struct range {
	uint64_t start, end;
	char *modules;
};

struct kpm_builtin {
	struct range *ranges;
	size_t count, capacity;
};

void kpm_builtin_free(struct kpm_builtin *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++)
		free(b->ranges[i].modules);
	free(b->ranges);
	free(b);
}

static int add(struct kpm_builtin *b, uint64_t start, uint64_t end, char *modules)
{
	if (kpm_array_reserve(b->ranges, b->capacity, b->count + 1))
		return -ENOMEM;
	modules[strcspn(modules, "\n")] = '\0';
	for (char *p = modules; (p = strchr(p, ' ')); p++)
		*p = '+';
	b->ranges[b->count] = (struct range){start, end, strdup(modules)};
	return b->ranges[b->count].modules && ++b->count ? 0 : -ENOMEM;
}

/* Other sections and other anchors are left out. */
static int parse_line(struct kpm_builtin *b, char *line, bool *anchored)
{
	uint64_t start, end;
	char *p;

	if (strncmp(line, ".text ", 6))
		return 0;
	start = strtoull(line + 6, &p, 16);
	if (*p != '-')
		return 0;
	end = strtoull(p + 1, &p, 16);
	if (*p != ' ' || !p[1] || p[1] == '\n')
		return 0;
	p++;
	if (*p == '=') {
		*anchored = !strcmp(p, "= _text\n") || !strcmp(p, "= _text");
		return 0;
	}
	return *anchored && start < end ? add(b, start, end, p) : 0;
}

static int by_start(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	return (a->start > b->start) - (a->start < b->start);
}

int kpm_builtin_open(const char *tree, struct kpm_builtin **builtin, struct kpm_err *err)
{
	struct kpm_builtin *b = calloc(1, sizeof(*b));
	char path[4096], *line = NULL;
	bool anchored = false;
	size_t size = 0;
	int ret = 0;
	FILE *f;

	if (!b)
		return kpm_fail(err, -ENOMEM, "out of memory");
	snprintf(path, sizeof(path), "%s/modules.builtin.ranges", tree);
	f = fopen(path, "re");
	if (!f) {
		ret = -errno;
		free(b);
		return kpm_fail(err, ret, "open %.300s: %s", path, strerror(-ret));
	}
	while (!ret && getline(&line, &size, f) > 0)
		ret = parse_line(b, line, &anchored);
	free(line);
	fclose(f);
	if (ret) {
		kpm_builtin_free(b);
		return kpm_fail(err, ret, "out of memory");
	}
	if (b->count)
		qsort(b->ranges, b->count, sizeof(*b->ranges), by_start);
	*builtin = b;
	return 0;
}

const char *kpm_builtin_find(const struct kpm_builtin *b, uint64_t offset)
{
	size_t low = 0, high = b->count;

	while (low < high) { /* the first range beyond offset */
		size_t mid = low + (high - low) / 2;

		if (b->ranges[mid].start <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low && offset < b->ranges[low - 1].end ? b->ranges[low - 1].modules : NULL;
}
