// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "model/samples.h"

void kpm_samples_done(struct kpm_samples *s)
{
	free(s->list);
	free(s->stacks);
	free(s->gone);
	free(s->tags);
	*s = (struct kpm_samples){0};
}

const char *kpm_samples_gone(const struct kpm_samples *s, uint64_t ip, int64_t time_ns)
{
	uint32_t low = 0, high = s->gone_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (s->gone[middle].ip < ip)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->gone_count && s->gone[low].ip == ip && time_ns < s->gone[low].time_ns
		       ? s->gone[low].symbol
		       : NULL;
}
