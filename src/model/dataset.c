// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of data sets, and their files. CSV is read in src/model/dataset_csv.c. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file_time.h"
#include "model/dataset.h"
#include "model/dataset_csv.h"
#include "model/recording.h"

static void free_row(struct kpm_dataset_row *row)
{
	free(row->tag);
	free(row->cache);
	free(row->module);
}

void kpm_dataset_clear(struct kpm_dataset *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		free_row(&s->rows[i]);
	s->count = 0;
}

void kpm_dataset_done(struct kpm_dataset *s)
{
	kpm_dataset_clear(s);
	free(s->rows);
	memset(s, 0, sizeof(*s));
}

int kpm_dataset_add(struct kpm_dataset *s, const struct kpm_dataset_row *row)
{
	struct kpm_dataset_row own = *row;

	if (kpm_array_reserve(s->rows, s->capacity, s->count + 1)) {
		free_row(&own);
		return -ENOMEM;
	}
	s->rows[s->count++] = own;
	return 0;
}

int kpm_dataset_compare(const struct kpm_dataset_row *a, const struct kpm_dataset_row *b)
{
	int order = strcmp(a->tag, b->tag);

	return order ? order : strcmp(a->cache ? a->cache : "", b->cache ? b->cache : "");
}

static int order_rows(const void *x, const void *y)
{
	return kpm_dataset_compare(x, y);
}

bool kpm_dataset_continues(const struct kpm_dataset_row *a, const struct kpm_dataset_row *b)
{
	size_t len = a->cache ? strlen(a->cache) : 0;

	if (strcmp(a->tag, b->tag))
		return false;
	return !len || (b->cache && !strncmp(a->cache, b->cache, len) && b->cache[len] == '+');
}

/* qsort need not be stable: the order of appearance is part of the key. */
struct numbered {
	struct kpm_dataset_row row;
	uint32_t number;
};

static int order_numbered(const void *x, const void *y)
{
	const struct numbered *a = x, *b = y;
	int order = order_rows(&a->row, &b->row);

	return order ? order : (a->number > b->number) - (a->number < b->number);
}

void kpm_dataset_normalize(struct kpm_dataset *s)
{
	struct numbered *all = calloc(s->count + 1, sizeof(*all));
	uint32_t kept = 0;

	/* without memory rows of the same tag may both stay */
	if (!all) {
		qsort(s->rows, s->count, sizeof(*s->rows), order_rows);
		return;
	}
	for (uint32_t i = 0; i < s->count; i++)
		all[i] = (struct numbered){s->rows[i], i};
	qsort(all, s->count, sizeof(*all), order_numbered);
	for (uint32_t i = 0; i < s->count; i++) {
		if (i + 1 < s->count && (!order_rows(&all[i].row, &all[i + 1].row) ||
					 (all[i].number < all[i + 1].number &&
					  kpm_dataset_continues(&all[i].row, &all[i + 1].row))))
			free_row(&all[i].row);
		else
			s->rows[kept++] = all[i].row;
	}
	s->count = kept;
	free(all);
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int add_snapshot(struct kpm_dataset *s, const struct kpm_snapshot *snap,
			const struct kpm_tagset *tags)
{
	memcpy(s->host, snap->host, sizeof(s->host));
	memcpy(s->kernel, snap->kernel, sizeof(s->kernel));
	s->wall_ns = snap->wall_ns;
	s->tracked_ms = (snap->mono_ns - snap->started_ns) / 1000000;
	for (uint32_t i = 0; i < snap->count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(tags, i);
		struct kpm_counts n = kpm_row_sum(&snap->rows[i]);
		struct kpm_dataset_row row = {
			copy(name->text), copy(name->cache), copy(name->module),
			n.allocs,         n.frees,           n.diff,
			n.bytes};

		if (!row.tag) {
			free_row(&row);
			return -ENOMEM;
		}
		if (kpm_dataset_add(s, &row))
			return -ENOMEM;
	}
	kpm_dataset_normalize(s);
	return 0;
}

static int read_recording(const char *name, struct kpm_dataset *s, struct kpm_err *err)
{
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_recording *recording = NULL;
	struct kpm_snapshot snap;
	int ret = tags ? 0 : kpm_fail(err, -ENOMEM, "out of memory");

	kpm_snapshot_init(&snap);
	if (!ret)
		ret = kpm_recording_open(name, tags, &recording, err);
	if (!ret)
		ret = kpm_recording_read(recording, kpm_recording_chosen(recording), &snap, err);
	if (!ret && add_snapshot(s, &snap, tags))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	kpm_recording_close(recording);
	kpm_snapshot_done(&snap);
	kpm_tagset_free(tags);
	return ret;
}

int kpm_dataset_open(const char *name, struct kpm_dataset *s, struct kpm_err *err)
{
	const char *time;
	char file[PATH_MAX];
	FILE *in;
	int ret;

	memset(s, 0, sizeof(*s));
	s->tracked_ms = -1;
	if (kpm_recording_is(name)) {
		ret = read_recording(name, s, err);
	} else {
		time = kpm_file_time_split(name, file, sizeof(file));
		in = fopen(file, "re");
		if (!in)
			return kpm_fail(err, -errno,
					"open %.300s: %s; name a file of kpoolmon dump --format "
					"csv or of kpoolmon record",
					file, strerror(errno));
		ret = kpm_dataset_read_csv(in, file, time, s, err);
		fclose(in);
	}
	if (ret)
		kpm_dataset_done(s);
	return ret;
}
