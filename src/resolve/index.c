// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The index: entries and their text in memory, and the same in a file of the cache folder:
 *
 *   head      magic, version, number of entries, bytes of text
 *   entries   struct kpm_entry each
 *   text      the name of what is indexed, then each entry's path, note and words
 *
 * An index of another version, of something else or with an offset that is out of order is no
 * index. Written under another name and renamed, so that a reader sees a whole one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kpoolmon/image.h>

#include "gather.h"

#define MAGIC       "KPMWORDS"
#define VERSION     1
#define TEXT_MAX    ((size_t)4 << 30)
#define FILE_MAX    ((size_t)1 << 30)
#define PATIENCE    (30 * 1000000000LL)
#define WORKERS_MAX 256

struct head {
	char magic[8];
	uint32_t version;
	uint32_t entry_size;
	uint64_t count;
	uint64_t text;
};

struct kpm_index {
	const struct kpm_entry *entries;
	const char *text;
	size_t count, size;
	size_t gathered;
	/* of its own, or of a mapped file */
	struct kpm_entry *own;
	struct kpm_buffer buffer;
	void *mapped;
	size_t mapped_size;
};

void kpm_index_close(struct kpm_index *index)
{
	if (!index)
		return;
	if (index->mapped)
		munmap(index->mapped, index->mapped_size);
	kpm_buffer_done(&index->buffer);
	free(index->own);
	free(index);
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

static void file_name(const char *name, char *buf, size_t size)
{
	uint64_t hash = 14695981039346656037ULL;

	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211ULL;
	snprintf(buf, size, "words-%016llx", (unsigned long long)hash);
}

/* Is every text where it may be, and ended? */
static bool sound(const struct kpm_index *x, const char *name)
{
	uint64_t last = strnlen(x->text, x->size) + 1;

	if (last > x->size || strcmp(x->text, name))
		return false;
	for (size_t i = 0; i < x->count; i++) {
		const struct kpm_entry *e = &x->entries[i];

		if (e->path != last || e->note <= e->path || e->functions <= e->note ||
		    e->strings < e->functions || e->others < e->strings || e->end < e->others ||
		    e->end > x->size || x->text[e->note - 1] || x->text[e->functions - 1] ||
		    x->text[e->end - 1])
			return false;
		last = e->end;
	}
	return last == x->size;
}

/* An index that was kept, NULL if there is none that can be used. */
static struct kpm_index *load(int cache, const char *name)
{
	struct kpm_index *x = calloc(1, sizeof(*x));
	const struct head *h;
	char file[64];
	struct stat st;
	int fd;

	file_name(name, file, sizeof(file));
	fd = x ? openat(cache, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0) {
		free(x);
		return NULL;
	}
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    (size_t)st.st_size > sizeof(*h)) {
		x->mapped_size = st.st_size;
		x->mapped = mmap(NULL, x->mapped_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (x->mapped == MAP_FAILED)
			x->mapped = NULL;
	}
	close(fd);
	h = x->mapped;
	if (h && !memcmp(h->magic, MAGIC, sizeof(h->magic)) && h->version == VERSION &&
	    h->entry_size == sizeof(struct kpm_entry) && h->text &&
	    h->count <= (x->mapped_size - sizeof(*h)) / sizeof(struct kpm_entry) &&
	    sizeof(*h) + h->count * sizeof(struct kpm_entry) + h->text == x->mapped_size) {
		x->entries = (const struct kpm_entry *)(h + 1);
		x->count = h->count;
		x->text = (const char *)(x->entries + x->count);
		x->size = h->text;
		if (sound(x, name))
			return x;
	}
	kpm_index_close(x);
	return NULL;
}

static bool write_all(int fd, const void *data, size_t size)
{
	for (const char *p = data; size;) {
		ssize_t n = write(fd, p, size);

		if (n <= 0)
			return false;
		p += n;
		size -= n;
	}
	return true;
}

/* Keeps it for the next time. That it cannot be kept is no failure of the search. */
static void save(const struct kpm_index *x, int cache, const char *name)
{
	const struct head h = {MAGIC, VERSION, sizeof(struct kpm_entry), x->count, x->size};
	char file[64], temporary[96];
	bool good;
	int fd;

	file_name(name, file, sizeof(file));
	snprintf(temporary, sizeof(temporary), "%s.%d", file, (int)getpid());
	unlinkat(cache, temporary, 0);
	fd = openat(cache, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	good = write_all(fd, &h, sizeof(h)) &&
	       write_all(fd, x->entries, x->count * sizeof(*x->entries)) &&
	       write_all(fd, x->text, x->size);
	good = !close(fd) && good;
	if (!good || renameat(cache, temporary, cache, file))
		unlinkat(cache, temporary, 0);
}

static int add_text(struct kpm_index *x, const void *data, size_t size)
{
	int ret = kpm_buffer_room(&x->buffer, size);

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
	e->strings = e->functions + w->functions;
	e->others = e->strings + w->strings;
	e->end = e->others + w->others;
	if (!ret)
		ret = add_text(x, w->data, e->end - e->functions);
	if (ret)
		return ret;
	/* a worker that a file got hold of could have left the end of an area out */
	if (e->end > e->functions)
		x->buffer.data[e->end - 1] = '\0';
	x->count++;
	return 0;
}

struct filling {
	struct kpm_index *index;
	const struct kpm_index_opts *opts;
};

static int take(void *arg, size_t file, const struct kpm_words *words)
{
	struct filling *f = arg;

	return add_entry(f->index, &f->opts->files[file], words);
}

/* The kept entry of a file that has not changed since. */
static const struct kpm_entry *kept(const struct kpm_index *old, size_t *order,
				    const struct kpm_source_file *f)
{
	size_t low = 0, high = old->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct kpm_entry *e = &old->entries[order[mid]];
		int c = strcmp(old->text + e->path, f->path);

		if (!c)
			return e->size == f->size && e->mtime_ns == f->mtime_ns &&
					       e->kind == (uint32_t)f->kind
				       ? e
				       : NULL;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int by_path(const void *a, const void *b, void *arg)
{
	const struct kpm_index *x = arg;

	return strcmp(x->text + x->entries[*(const size_t *)a].path,
		      x->text + x->entries[*(const size_t *)b].path);
}

/* Which files have to be read: *which gets them; `from` the kept entry of each of the others. */
static int compare(const struct kpm_index *old, const struct kpm_index_opts *o, size_t *which,
		   size_t *count, const struct kpm_entry **from)
{
	size_t *order = old ? calloc(old->count + 1, sizeof(*order)) : NULL;

	*count = 0;
	if (old && !order)
		return -ENOMEM;
	for (size_t i = 0; old && i < old->count; i++)
		order[i] = i;
	if (old)
		qsort_r(order, old->count, sizeof(*order), by_path, (void *)old);
	for (size_t i = 0; i < o->count; i++) {
		from[i] = old ? kept(old, order, &o->files[i]) : NULL;
		if (!from[i])
			which[(*count)++] = i;
	}
	free(order);
	return 0;
}

static int by_size(const void *a, const void *b, void *arg)
{
	const struct kpm_source_file *files = arg;
	const struct kpm_source_file *x = &files[*(const size_t *)a],
				     *y = &files[*(const size_t *)b];

	/* what is tried at many places takes longest: the kernel before all */
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

/* Reads the files that changed, the largest first, so that none is left alone in the end. */
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
		.patience_ns = o->patience_ns ? o->patience_ns : PATIENCE,
		.file_max = o->file_max ? o->file_max : FILE_MAX,
		.take = take,
		.progress = o->progress,
		.arg = &filling,
		.progress_arg = o->arg,
	};

	qsort_r(which, count, sizeof(*which), by_size, (void *)o->files);
	return count ? kpm_gather(&opts, err) : 0;
}

static int fill(struct kpm_index *x, const struct kpm_index *old, const struct kpm_index_opts *o,
		const struct kpm_entry **from)
{
	int ret = add_text(x, o->name, strlen(o->name) + 1);

	for (size_t i = 0; !ret && i < o->count; i++) {
		const struct kpm_entry *e = from[i];

		if (e)
			ret = add_entry(x, &o->files[i],
					&(struct kpm_words){
						old->text + e->functions, e->strings - e->functions,
						e->others - e->strings, e->end - e->others,
						e->flags, old->text + e->note});
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
	ret = x->own ? fill(x, *old, o, from) : -ENOMEM;
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
		old = o->cache >= 0 ? load(o->cache, o->name) : NULL;
		ret = build(x, &old, o, which, from, &same, err);
	} else {
		kpm_fail(err, ret, "out of memory");
	}
	if (!ret && same) {
		kpm_index_close(x);
		x = old;
		old = NULL;
	} else if (!ret && o->cache >= 0) {
		save(x, o->cache, o->name);
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
