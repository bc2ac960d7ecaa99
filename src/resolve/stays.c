// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "resolve/stays.h"

/* The first mark comes so long after the first samples. */
#define FIRST_NS (4 * KPM_SECOND)
/* A mark says something once the time since is such a part of all. */
#define SINCE_PARTS 3

/* Of a tag: samples that are old enough, and what they stand for. */
struct old {
	uint32_t samples;
	double weight;
};

struct mark {
	int64_t at_ns;   /* 0: there is none */
	int64_t born_ns; /* samples from before are old */
	struct old *old; /* [count] */
	uint32_t count, capacity;
};

struct kpm_stays {
	int64_t first_ns;
	struct mark mark[2]; /* the latest first */
	struct mark now;     /* what the chosen one became */
};

struct kpm_stays *kpm_stays_new(void)
{
	return calloc(1, sizeof(struct kpm_stays));
}

void kpm_stays_free(struct kpm_stays *s)
{
	if (!s)
		return;
	free(s->mark[0].old);
	free(s->mark[1].old);
	free(s->now.old);
	free(s);
}

static int count_old(struct mark *mark, const struct kpm_samples *samples)
{
	mark->count = samples->tag_count;
	if (kpm_array_reserve(mark->old, mark->capacity, mark->count))
		return -ENOMEM;
	memset(mark->old, 0, mark->count * sizeof(*mark->old));
	for (uint32_t i = 0; i < samples->count; i++) {
		const struct kpm_sample_of *one = &samples->list[i];

		if (one->tag >= mark->count || one->time_ns > mark->born_ns)
			continue;
		mark->old[one->tag].samples++;
		mark->old[one->tag].weight += one->weight;
	}
	return 0;
}

static bool is_due(const struct kpm_stays *s, int64_t now_ns)
{
	int64_t span = now_ns - s->first_ns, before = s->mark[0].at_ns - s->first_ns;

	return s->mark[0].at_ns ? span >= 2 * before : span >= FIRST_NS;
}

static int set_mark(struct kpm_stays *s, const struct kpm_samples *samples, int64_t now_ns)
{
	struct mark older = s->mark[1];

	s->mark[1] = s->mark[0];
	s->mark[0] = older;
	s->mark[0].at_ns = now_ns;
	s->mark[0].born_ns = s->first_ns + (now_ns - s->first_ns) / 2;
	return count_old(&s->mark[0], samples);
}

int kpm_stays_update(struct kpm_stays *s, const struct kpm_samples *samples, int64_t now_ns,
		     struct kpm_who *who)
{
	const struct mark *then = &s->mark[0];
	int ret = 0;

	if (!s->first_ns)
		s->first_ns = now_ns;
	if (is_due(s, now_ns))
		ret = set_mark(s, samples, now_ns);
	if ((now_ns - then->at_ns) * SINCE_PARTS < now_ns - s->first_ns)
		then = &s->mark[1];
	if (ret || !then->at_ns)
		return ret;
	s->now.born_ns = then->born_ns;
	ret = count_old(&s->now, samples);
	for (uint32_t i = 0; !ret && i < then->count && i < s->now.count; i++)
		if (then->old[i].samples)
			kpm_who_set_stay(
				who, i,
				&(struct kpm_stay){then->old[i].samples,
						   s->now.old[i].weight / then->old[i].weight});
	return ret;
}
