// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The index in a file of the cache folder:
 *
 *   head      magic, version, size of an entry, number of entries, bytes of text
 *   entries   struct kpm_entry each
 *   text      the name of what is indexed, then each entry's path, note and words
 *
 * An index of another version, of something else or with an offset that is out of order is no
 * index. Written under another name and renamed, so that a reader sees a whole one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "resolve/index_file.h"

#define MAGIC "KPMWORDS"
/* To be raised with each change of what words.c and elffile.c take from a file. */
#define VERSION 2

struct head {
	char magic[8];
	uint32_t version;
	uint32_t entry_size;
	uint64_t count;
	uint64_t text;
};

static void file_name(const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "words-%016llx", (unsigned long long)kpm_hash(KPM_HASH_BEGIN, name));
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
		    e->created < e->functions || e->strings < e->created ||
		    e->others < e->strings || e->end < e->others || e->end > x->size ||
		    x->text[e->note - 1] || x->text[e->functions - 1] || x->text[e->end - 1])
			return false;
		last = e->end;
	}
	return last == x->size;
}

struct kpm_index *kpm_index_load(int cache, const char *name)
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

void kpm_index_save(const struct kpm_index *x, int cache, const char *name)
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
