/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index of the words in a kernel's files: functions, strings and other names of each module and
 * of the kernel itself. Workers on all processors gather them; they are kept in a cache folder, so
 * that the next search opens only the files that changed.
 */
#ifndef KPM_INDEX_H
#define KPM_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum kpm_source_kind {
	KPM_KIND_MODULE,
	KPM_KIND_VMLINUX, /* the kernel as an ELF file */
	KPM_KIND_VMLINUZ, /* the kernel as it is booted: strings, no symbols */
	KPM_KIND_SYMBOLS, /* symbols of the kernel as text: System.map, kallsyms */
};

/* A file to be indexed. It counts as unchanged with the same path, kind, size and time. */
struct kpm_source_file {
	const char *path;
	enum kpm_source_kind kind;
	uint64_t size;
	int64_t mtime_ns;
};

/* Bits of an entry. */
#define KPM_ENTRY_CREATES 1 /* it can make slab caches */
#define KPM_ENTRY_BROKEN  2 /* it could not be read; the note says why */

/*
 * The words of one file: offsets into the text. Each area begins with a NUL byte, and each word
 * ends with one. Stored in the cache as it is.
 */
struct kpm_entry {
	uint64_t size;
	int64_t mtime_ns;
	uint32_t kind;
	uint32_t flags;
	uint64_t path;      /* a string */
	uint64_t note;      /* a string: why the file could not be read; empty: it was */
	uint64_t functions; /* area: functions that the file defines */
	uint64_t created;   /* area: strings that are passed to functions that create slab caches */
	uint64_t strings;   /* area: whole strings in read-only data */
	uint64_t others;    /* area: other names, strings elsewhere and parts of strings */
	uint64_t end;
};

struct kpm_index;

struct kpm_index_opts {
	const char *name; /* of the index: the folder of the modules */
	const struct kpm_source_file *files;
	size_t count;
	int cache;            /* open folder for the index; -1: none is kept */
	unsigned int workers; /* 0: one for each processor */
	int64_t timeout_ns;   /* for one file; 0: a default */
	size_t file_max;      /* bytes of an unpacked file; 0: a default */
	void (*progress)(void *arg, size_t done, size_t count); /* or NULL */
	void *arg;
};

/*
 * Takes unchanged files from the cache, reads the others, and stores the result in the cache. A
 * file that cannot be read gets an entry with a note. 0, or -errno and a sentence.
 */
int kpm_index_open(const struct kpm_index_opts *opts, struct kpm_index **index,
		   struct kpm_err *err);
void kpm_index_close(struct kpm_index *index);

/* All entries, in the order of their offsets. Borrowed, like the text. */
const struct kpm_entry *kpm_index_entries(const struct kpm_index *index, size_t *count);
const char *kpm_index_text(const struct kpm_index *index, size_t *size);
/* Number of files that had to be opened. */
size_t kpm_index_gathered(const struct kpm_index *index);

#endif
