/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a kernel's files: functions, strings and other names of each module and of the
 * kernel itself, gathered by workers on all processors and kept in a cache folder, so that the next
 * search opens no file at all.
 */
#ifndef KPOOLMON_INDEX_H
#define KPOOLMON_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum kpm_source_kind {
	KPM_KIND_MODULE,
	KPM_KIND_VMLINUX, /* the kernel as an ELF file */
	KPM_KIND_VMLINUZ, /* as it is booted: strings, no symbols */
	KPM_KIND_SYMBOLS, /* its symbols as text: System.map */
};

/* A file to be searched. */
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
 * One file's words: offsets into the text. Each area begins with a NUL byte, and each word ends
 * with one.
 */
struct kpm_entry {
	uint64_t size;
	int64_t mtime_ns;
	uint32_t kind;
	uint32_t flags;
	uint64_t path;      /* a string */
	uint64_t note;      /* a string; empty: nothing went wrong */
	uint64_t functions; /* area: functions that the file defines */
	uint64_t created;   /* area: strings that are passed to what creates slab caches */
	uint64_t strings;   /* area: whole strings in read-only data */
	uint64_t others;    /* area: other names, strings elsewhere and parts of strings */
	uint64_t end;
};

struct kpm_index;

struct kpm_index_opts {
	const char *name; /* what is indexed: the folder of the modules */
	const struct kpm_source_file *files;
	size_t count;
	int cache;            /* open folder for the index; -1: none is kept */
	unsigned int workers; /* 0: one for each processor */
	int64_t patience_ns;  /* for one file; 0: a default */
	size_t file_max;      /* bytes of an unpacked file; 0: a default */
	void (*progress)(void *arg, size_t done, size_t count); /* or NULL */
	void *arg;
};

/*
 * Takes from the cache what has not changed, gathers the rest, keeps the result. A file that cannot
 * be read is an entry with a note. 0, or -errno and a sentence.
 */
int kpm_index_open(const struct kpm_index_opts *opts, struct kpm_index **index,
		   struct kpm_err *err);
void kpm_index_close(struct kpm_index *index);

/* In the order of their texts. */
const struct kpm_entry *kpm_index_entries(const struct kpm_index *index, size_t *count);
const char *kpm_index_text(const struct kpm_index *index, size_t *size);
/* Files that had to be opened for it. */
size_t kpm_index_gathered(const struct kpm_index *index);

#endif
