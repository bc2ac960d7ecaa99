// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A recording of one sample, for kpoolmon dump --from and replay: all rows, whatever the view
 * shows.
 */
#include <errno.h>

#include "model/recorder.h"
#include "sink/sink.h"

static int record_sample(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts)
{
	const struct kpm_frame_parts *part = &frame->part;
	struct kpm_recorder *recorder = kpm_recorder_new(part->snap->wall_ns, opts->version);
	int ret;

	if (!recorder)
		return -ENOMEM;
	ret = kpm_recorder_sample(recorder, out, part->snap, part->tags, part->who, part->locations,
				  NULL);
	kpm_recorder_free(recorder);
	return ret;
}

const struct kpm_sink kpm_sink_record = {
	.name = "record",
	.suffixes = "kpr",
	.columns = "tag,module_file,source_file,source_line",
	.private = true,
	.who = true,
	.sample = record_sample,
};
