/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source lines from the debug information of one file: its own, a separate file's (debug link,
 * build-id link), or debuginfod's where DEBUGINFOD_URLS is set. Used in worker processes only.
 */
#ifndef KPM_LINES_H
#define KPM_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "resolve/image.h"

struct kpm_lines;

/*
 * `image` is the file's content, unpacked; `debug_dir` the folder of separate debug information,
 * borrowed. 0, or -errno and a sentence.
 */
int kpm_lines_open(const char *path, const struct kpm_image *image, const char *debug_dir,
		   struct kpm_lines **lines, struct kpm_err *err);
void kpm_lines_close(struct kpm_lines *lines);

struct kpm_line {
	char file[1024]; /* as it was passed to the compiler, relative to the folder of the build */
	int line;
	/* functions that were inlined into the symbol here, innermost first, joined with ` < `;
	 * empty: none */
	char inlined[1024];
	int line_in; /* which of these the line is in, from 0; as many as there are: the symbol */
};

/*
 * The line of the call whose return address is symbol + offset. A call in a header of the
 * allocators (an inlined kmalloc) is followed to the statement that it was inlined into. `size` is
 * that of the symbol, 0 if not known: it tells functions of one name apart. False if there is no
 * such symbol or no line, or if several functions of that name remain.
 */
bool kpm_lines_find(struct kpm_lines *lines, const char *symbol, uint64_t offset, uint64_t size,
		    struct kpm_line *line);

#endif
