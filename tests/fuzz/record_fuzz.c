// SPDX-License-Identifier: GPL-2.0-or-later
/* Hostile recordings, for libFuzzer: opened, read to their end and back. */
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_recording *recording;
	const struct kpm_visible_reading *seen;
	struct kpm_snapshot snap;
	struct kpm_path path;
	FILE *in;

	if (!size || !tags) {
		kpm_tagset_free(tags);
		return 0;
	}
	in = fmemopen((void *)data, size, "r");
	if (!in)
		abort();
	kpm_snapshot_init(&snap);
	if (!kpm_recording_open_stream(in, "fuzz", tags, &recording, NULL)) {
		uint32_t count = kpm_recording_count(recording);

		if (!count || kpm_recording_chosen(recording) >= count)
			abort();
		for (uint32_t i = 0; i < count && i < 64; i++)
			if (!kpm_recording_read(recording, i, &snap, NULL) &&
			    (snap.count > kpm_tagset_count(tags) ||
			     (snap.count && !kpm_recording_locations(recording))))
				abort();
		kpm_recording_who(recording);
		kpm_recording_path(recording, 0, &path);
		if (path.count > KPM_PATH_MAX)
			abort();
		seen = kpm_recording_seen(recording);
		for (uint32_t i = 0; seen && i < seen->count; i++)
			if (seen->list[i].what >= KPM_VISIBLES)
				abort();
		kpm_recording_read(recording, 0, &snap, NULL);
		kpm_recording_at(recording, "+1s");
		kpm_recording_close(recording);
	}
	kpm_snapshot_done(&snap);
	kpm_tagset_free(tags);
	return 0;
}
