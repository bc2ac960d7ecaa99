// SPDX-License-Identifier: GPL-2.0-or-later
/* Sheets: their rows, and where they come from. CSV is read in src/model/dataset_csv.c. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file_time.h"
#include "model/dataset.h"
#include "model/recording.h"

static void free_row(struct kpm_sheet_row *row)
{
	free(row->tag);
	free(row->cache);
	free(row->module);
}

void kpm_sheet_clear(struct kpm_sheet *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		free_row(&s->rows[i]);
	s->count = 0;
}

void kpm_sheet_done(struct kpm_sheet *s)
{
	kpm_sheet_clear(s);
	free(s->rows);
	memset(s, 0, sizeof(*s));
}

int kpm_sheet_add(struct kpm_sheet *s, const struct kpm_sheet_row *row)
{
	struct kpm_sheet_row gone = *row;

	if (kpm_array_reserve(s->rows, s->capacity, s->count + 1)) {
		free_row(&gone);
		return -ENOMEM;
	}
	s->rows[s->count++] = *row;
	return 0;
}

int kpm_sheet_order(const struct kpm_sheet_row *a, const struct kpm_sheet_row *b)
{
	int order = strcmp(a->tag, b->tag);

	return order ? order : strcmp(a->cache ? a->cache : "", b->cache ? b->cache : "");
}

static int order_rows(const void *x, const void *y)
{
	return kpm_sheet_order(x, y);
}

bool kpm_sheet_goes_on(const struct kpm_sheet_row *a, const struct kpm_sheet_row *b)
{
	size_t len = a->cache ? strlen(a->cache) : 0;

	if (strcmp(a->tag, b->tag))
		return false;
	return !len || (b->cache && !strncmp(a->cache, b->cache, len) && b->cache[len] == '+');
}

/* glibc's qsort is a merge sort, but no promise is: the order of appearance is part of the key. */
struct placed {
	struct kpm_sheet_row row;
	uint32_t at;
};

static int order_placed(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;
	int order = order_rows(&a->row, &b->row);

	return order ? order : (a->at > b->at) - (a->at < b->at);
}

void kpm_sheet_settle(struct kpm_sheet *s)
{
	struct placed *all = calloc(s->count + 1, sizeof(*all));
	uint32_t kept = 0;

	if (!all) { /* in order, but of twins any may stay */
		qsort(s->rows, s->count, sizeof(*s->rows), order_rows);
		return;
	}
	for (uint32_t i = 0; i < s->count; i++)
		all[i] = (struct placed){s->rows[i], i};
	qsort(all, s->count, sizeof(*all), order_placed);
	for (uint32_t i = 0; i < s->count; i++) {
		if (i + 1 < s->count && (!order_rows(&all[i].row, &all[i + 1].row) ||
					 (all[i].at < all[i + 1].at &&
					  kpm_sheet_goes_on(&all[i].row, &all[i + 1].row))))
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

static int add_snapshot(struct kpm_sheet *s, const struct kpm_snapshot *snap,
			const struct kpm_tagset *tags)
{
	memcpy(s->host, snap->host, sizeof(s->host));
	memcpy(s->kernel, snap->kernel, sizeof(s->kernel));
	s->wall_ns = snap->wall_ns;
	s->tracked_ms = (snap->mono_ns - snap->started_ns) / 1000000;
	for (uint32_t i = 0; i < snap->count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(tags, i);
		struct kpm_counts n = kpm_row_sum(&snap->rows[i]);
		struct kpm_sheet_row row = {copy(name->text), copy(name->cache), copy(name->module),
					    n.allocs,         n.frees,           n.diff,
					    n.bytes};

		if (!row.tag) {
			free_row(&row);
			return -ENOMEM;
		}
		if (kpm_sheet_add(s, &row))
			return -ENOMEM;
	}
	kpm_sheet_settle(s);
	return 0;
}

static int read_recording(const char *name, struct kpm_sheet *s, struct kpm_err *err)
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

int kpm_sheet_open(const char *name, struct kpm_sheet *s, struct kpm_err *err)
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
					"open %.300s: %s; name a file of dump --format csv or of "
					"record",
					file, strerror(errno));
		ret = kpm_sheet_read_csv(in, file, time, s, err);
		fclose(in);
	}
	if (ret)
		kpm_sheet_done(s);
	return ret;
}
