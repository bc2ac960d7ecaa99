// SPDX-License-Identifier: GPL-2.0-or-later
/* Plays a recording. After the last sample: -ENODATA. */
#include <errno.h>
#include <stdlib.h>

#include "source/replay.h"

struct replay {
	struct kpm_source source;
	struct kpm_recording *recording;
	uint32_t next;
};

static int replay_sample(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err)
{
	struct replay *r = (struct replay *)src;
	int ret;

	if (r->next >= kpm_recording_count(r->recording))
		return kpm_fail(err, -ENODATA, "the end");
	ret = kpm_recording_read(r->recording, r->next, snap, err);
	r->next += !ret;
	return ret;
}

static void replay_close(struct kpm_source *src)
{
	struct replay *r = (struct replay *)src;

	kpm_recording_close(r->recording);
	free(r);
}

static const struct kpm_source_ops replay_ops = {
	.sample = replay_sample,
	.close = replay_close,
};

int kpm_replay_open(const char *name, struct kpm_tagset *tags, struct kpm_source **src,
		    struct kpm_err *err)
{
	struct replay *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return kpm_fail(err, -ENOMEM, "out of memory");
	r->source.ops = &replay_ops;
	r->source.tags = tags;
	ret = kpm_recording_open(name, tags, &r->recording, err);
	if (ret) {
		free(r);
		return ret;
	}
	r->next = kpm_recording_chosen(r->recording);
	*src = &r->source;
	return 0;
}

struct kpm_recording *kpm_replay_recording(const struct kpm_source *src)
{
	return ((const struct replay *)src)->recording;
}

uint32_t kpm_replay_next(const struct kpm_source *src)
{
	return ((const struct replay *)src)->next;
}

void kpm_replay_seek(struct kpm_source *src, uint32_t sample)
{
	((struct replay *)src)->next = sample;
}
