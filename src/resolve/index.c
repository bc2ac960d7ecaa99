// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the index in memory: unchanged files are copied from the kept index (index_file.c), the
 * others are read (gather.c).
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "resolve/bisect.h"
#include "resolve/gather.h"
#include "resolve/index.h"
#include "resolve/index_file.h"

/* The text of an index, at most, so that damaged files cannot fill the memory and the disk. */
#define TEXT_MAX ((size_t)4 << 30)
/* An unpacked file, at most: the largest module with its debug information has 400 MB. */
#define FILE_MAX ((size_t)512 << 20)
/* For one file: the kernel from a slow disk, which then may have to be unpacked at many places. */
#define TIMEOUT (30 * KPM_SECOND)
/* Each takes a file descriptor of the 1,024 that a process has by default. */
#define WORKERS_MAX 256

void kpm_index_close(struct kpm_index *index)
{
	kpm_index_free(index);
}

const struct kpm_entry *kpm_index_entries(const struct kpm_index *index, size_t *count)
{
	*count = index->count;
	return index->entries;
}

const char *kpm_index_text(const struct kpm_index *index, size_t *size)
{
	*size = index->size;
	return index->text;
}

size_t kpm_index_gathered(const struct kpm_index *index)
{
	return index->gathered;
}

static int add_text(struct kpm_index *x, const void *data, size_t size)
{
	int ret = kpm_buffer_reserve(&x->buffer, size);

	if (ret)
		return ret;
	if (size)
		memcpy(x->buffer.data + x->buffer.size, data, size);
	x->buffer.size += size;
	return 0;
}

static int add_entry(struct kpm_index *x, const struct kpm_source_file *f,
		     const struct kpm_words *w)
{
	struct kpm_entry *e = &x->own[x->count];
	int ret;

	*e = (struct kpm_entry){
		.size = f->size, .mtime_ns = f->mtime_ns, .kind = f->kind, .flags = w->flags};
	e->path = x->buffer.size;
	ret = add_text(x, f->path, strlen(f->path) + 1);
	e->note = x->buffer.size;
	if (!ret)
		ret = add_text(x, w->note, strlen(w->note) + 1);
	e->functions = x->buffer.size;
	e->created = e->functions + w->functions;
	e->strings = e->created + w->created;
	e->others = e->strings + w->strings;
	e->end = e->others + w->others;
	if (!ret)
		ret = add_text(x, w->data, e->end - e->functions);
	if (ret)
		return ret;
	/* a worker that was taken over by its file may have left the area without an end */
	if (e->end > e->functions)
		x->buffer.data[e->end - 1] = '\0';
	x->count++;
	return 0;
}

/* The argument of take(). */
struct filling {
	struct kpm_index *index;
	const struct kpm_index_opts *opts;
};

static int take(void *arg, size_t file, const struct kpm_words *words)
{
	struct filling *f = arg;

	return add_entry(f->index, &f->opts->files[file], words);
}

/* An entry of the kept index, in an array sorted by path. */
struct kept {
	const char *path;
	const struct kpm_entry *entry;
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->path, ((const struct kept *)b)->path);
}

static bool path_precedes(const void *kept, const void *path)
{
	return strcmp(((const struct kept *)kept)->path, path) < 0;
}

/* The kept entry of a file, NULL if there is none or the file has changed since. */
static const struct kpm_entry *find_kept(const struct kept *kept, size_t count,
					 const struct kpm_source_file *f)
{
	size_t i = kpm_bisect(kept, count, sizeof(*kept), path_precedes, f->path);
	const struct kpm_entry *e;

	if (i == count || strcmp(kept[i].path, f->path))
		return NULL;
	e = kept[i].entry;
	return e->size == f->size && e->mtime_ns == f->mtime_ns && e->kind == (uint32_t)f->kind
		       ? e
		       : NULL;
}

/* Finds the files to be read: `which` gets these, `from` the kept entries of the others. */
static int compare(const struct kpm_index *old, const struct kpm_index_opts *o, size_t *which,
		   size_t *count, const struct kpm_entry **from)
{
	size_t kept_count = old ? old->count : 0;
	struct kept *kept = calloc(kept_count + 1, sizeof(*kept));

	*count = 0;
	if (!kept)
		return -ENOMEM;
	for (size_t i = 0; i < kept_count; i++)
		kept[i] = (struct kept){old->text + old->entries[i].path, &old->entries[i]};
	qsort(kept, kept_count, sizeof(*kept), by_path);
	for (size_t i = 0; i < o->count; i++) {
		from[i] = find_kept(kept, kept_count, &o->files[i]);
		if (!from[i])
			which[(*count)++] = i;
	}
	free(kept);
	return 0;
}

static int by_size(const void *a, const void *b, void *arg)
{
	const struct kpm_source_file *files = arg;
	const struct kpm_source_file *x = &files[*(const size_t *)a],
				     *y = &files[*(const size_t *)b];

	/* the kernel first: unpacking it, tried at many places, takes longest */
	if (x->kind != y->kind)
		return x->kind < y->kind ? 1 : -1;
	return (x->size < y->size) - (x->size > y->size);
}

static unsigned int processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return CPU_COUNT(&set) < WORKERS_MAX ? CPU_COUNT(&set) : WORKERS_MAX;
}

/* Reads the files that changed, the largest first, so that the workers end at about one time. */
static int gather(struct kpm_index *x, const struct kpm_index_opts *o, size_t *which, size_t count,
		  struct kpm_err *err)
{
	struct filling filling = {x, o};
	unsigned int workers = o->workers ? o->workers : processors();
	const struct kpm_gather_opts opts = {
		.files = o->files,
		.which = which,
		.count = count,
		.workers = workers < count ? workers : count,
		.timeout_ns = o->timeout_ns ? o->timeout_ns : TIMEOUT,
		.file_max = o->file_max ? o->file_max : FILE_MAX,
		.take = take,
		.progress = o->progress,
		.arg = &filling,
		.progress_arg = o->arg,
	};

	qsort_r(which, count, sizeof(*which), by_size, (void *)o->files);
	return count ? kpm_gather(&opts, err) : 0;
}

/* Copies the entries of unchanged files. */
static int copy_kept(struct kpm_index *x, const struct kpm_index *old,
		     const struct kpm_index_opts *o, const struct kpm_entry **from)
{
	int ret = add_text(x, o->name, strlen(o->name) + 1);

	for (size_t i = 0; !ret && i < o->count; i++) {
		const struct kpm_entry *e = from[i];

		if (e)
			ret = add_entry(x, &o->files[i],
					&(struct kpm_words){
						old->text + e->functions, e->created - e->functions,
						e->strings - e->created, e->others - e->strings,
						e->end - e->others, e->flags, old->text + e->note});
	}
	return ret;
}

static int build(struct kpm_index *x, struct kpm_index **old, const struct kpm_index_opts *o,
		 size_t *which, const struct kpm_entry **from, bool *same, struct kpm_err *err)
{
	size_t count;
	int ret = compare(*old, o, which, &count, from);

	if (ret)
		return kpm_fail(err, ret, "out of memory");
	*same = *old && !count && (*old)->count == o->count;
	if (*same)
		return 0;
	x->gathered = count;
	kpm_buffer_init(&x->buffer, TEXT_MAX);
	x->own = calloc(o->count + 1, sizeof(*x->own));
	ret = x->own ? copy_kept(x, *old, o, from) : -ENOMEM;
	if (ret)
		return kpm_fail(err, ret, "keep the words of the files: %s", strerror(-ret));
	ret = gather(x, o, which, count, err);
	x->entries = x->own;
	x->text = x->buffer.data;
	x->size = x->buffer.size;
	return ret;
}

int kpm_index_open(const struct kpm_index_opts *o, struct kpm_index **index, struct kpm_err *err)
{
	struct kpm_index *x = calloc(1, sizeof(*x)), *old = NULL;
	size_t *which = calloc(o->count + 1, sizeof(*which));
	const struct kpm_entry **from = calloc(o->count + 1, sizeof(*from));
	bool same = false;
	int ret = -ENOMEM;

	if (x && which && from) {
		old = o->cache >= 0 ? kpm_index_load(o->cache, o->name) : NULL;
		ret = build(x, &old, o, which, from, &same, err);
	} else {
		kpm_fail(err, ret, "out of memory");
	}
	if (!ret && same) {
		kpm_index_close(x);
		x = old;
		old = NULL;
	} else if (!ret && o->cache >= 0) {
		kpm_index_save(x, o->cache, o->name);
	}
	kpm_index_close(old);
	free(which);
	free(from);
	if (ret)
		kpm_index_close(x);
	else
		*index = x;
	return ret;
}
