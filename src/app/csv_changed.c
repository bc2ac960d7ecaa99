// SPDX-License-Identifier: GPL-2.0-or-later
/* --changed: compares the rows of a frame with the last state of a CSV file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/csv_changed.h"
#include "model/dataset.h"
#include "model/dataset_open.h"

static int order_rows(const void *a, const void *b)
{
	return kpm_dataset_compare(a, b);
}

static const struct kpm_dataset_row *find(const struct kpm_dataset *dataset,
					  const struct kpm_frame *frame, const struct kpm_row *row)
{
	const struct kpm_tag_name *name = kpm_tagset_get(frame->part.tags, row->tag);
	struct kpm_dataset_row key = {.tag = (char *)name->text, .cache = (char *)name->cache};

	return bsearch(&key, dataset->rows, dataset->count, sizeof(key), order_rows);
}

static bool is_same(const struct kpm_dataset *dataset, const struct kpm_frame *frame,
		    const struct kpm_row *row)
{
	const struct kpm_dataset_row *found = find(dataset, frame, row);
	struct kpm_counts n = kpm_frame_counts(frame, row);

	return found && found->allocs == n.allocs && found->frees == n.frees &&
	       found->diff == n.diff && found->bytes == n.bytes;
}

/* Do the counters of the sample go on from those in the file? */
static bool same_run(const struct kpm_dataset *dataset, const struct kpm_frame *frame)
{
	const struct kpm_snapshot *snap = frame->part.snap;

	if (strcmp(dataset->host, snap->host) || strcmp(dataset->kernel, snap->kernel) ||
	    dataset->tracked_ms > (snap->mono_ns - snap->started_ns) / 1000000)
		return false;
	for (uint32_t i = 0; i < frame->count; i++) {
		const struct kpm_row *row = &snap->rows[frame->order[i]];
		const struct kpm_dataset_row *found = find(dataset, frame, row);

		if (found && found->allocs > kpm_frame_counts(frame, row).allocs)
			return false;
	}
	return true;
}

int kpm_changed_rows(const char *file, const struct kpm_frame *frame, struct kpm_frame *part,
		     uint32_t **order, struct kpm_err *err)
{
	struct kpm_dataset dataset = {.tracked_ms = -1};
	struct stat st;
	int ret = 0;

	*part = *frame;
	*order = NULL;
	if (stat(file, &st) || !st.st_size)
		return 0;
	ret = kpm_dataset_open(file, &dataset, err);
	if (ret == -ENODATA) /* a first line and nothing else */
		return 0;
	if (ret)
		return ret;
	if (same_run(&dataset, frame)) {
		*order = calloc(frame->count + 1, sizeof(**order));
		part->count = 0;
		for (uint32_t i = 0; *order && i < frame->count; i++)
			if (!is_same(&dataset, frame, &frame->part.snap->rows[frame->order[i]]))
				(*order)[part->count++] = frame->order[i];
		part->order = *order;
		if (!*order)
			ret = kpm_fail(err, -ENOMEM, "out of memory");
	}
	kpm_dataset_done(&dataset);
	return ret;
}
