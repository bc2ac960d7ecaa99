// SPDX-License-Identifier: GPL-2.0-or-later
/* Opens data sets, from recordings and CSV files. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_time.h"
#include "model/dataset.h"
#include "model/dataset_csv.h"
#include "model/dataset_open.h"
#include "model/recording.h"

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
			free(row.cache);
			free(row.module);
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
