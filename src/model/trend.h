/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trend of each tag's outstanding bytes: every sample of the last ticks, one in 15 seconds of
 * the last quarter of an hour, and ever sparser ones back to the first. For graphs and for growth
 * over a window.
 */
#ifndef KPM_TREND_H
#define KPM_TREND_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

struct kpm_trend;

struct kpm_trend *kpm_trend_new(void); /* NULL: out of memory */
void kpm_trend_free(struct kpm_trend *trend);

/* Adds a sample; their clocks must not go back. 0 or -ENOMEM: then this sample is not in it. */
int kpm_trend_push(struct kpm_trend *trend, const struct kpm_snapshot *snap);

/* A window that reaches back to the first sample. */
#define KPM_WINDOW_RUN 0

/*
 * Change of a tag's outstanding bytes of one kind (KPM_KINDS: of both) over the last `window_ns`.
 * *over_ns becomes the time between the two samples compared, which is a little longer. False while
 * the trend does not reach back so far.
 */
bool kpm_trend_growth(const struct kpm_trend *trend, uint32_t tag, unsigned int kind,
		      int64_t window_ns, int64_t *bytes, int64_t *over_ns);

/*
 * Writes `count` values evenly spaced over the last `span_ns` (KPM_WINDOW_RUN: since the first
 * sample), the latest last. Returns how many there are: the others, at the front, lie before the
 * first sample and are 0.
 */
uint32_t kpm_trend_series(const struct kpm_trend *trend, uint32_t tag, unsigned int kind,
			  int64_t span_ns, uint64_t *values, uint32_t count);

/* A sample of a tag. */
struct kpm_point {
	double at; /* seconds before the latest sample, negative */
	double bytes;
};

/*
 * The samples of the last `span_ns`, thinned to `count` at most and each once, the latest last.
 * Returns how many; 0 if the trend does not reach back so far.
 */
uint32_t kpm_trend_points(const struct kpm_trend *trend, uint32_t tag, unsigned int kind,
			  int64_t span_ns, struct kpm_point *points, uint32_t count);

/* The changes of a tag's outstanding bytes (of both kinds) from sample to sample. */
struct kpm_steps {
	uint32_t steps; /* samples since the one in which the tag appeared */
	uint32_t grew;
	uint32_t fell;
	int64_t seen_ns; /* from that sample to the latest */
};
struct kpm_steps kpm_trend_steps(const struct kpm_trend *trend, uint32_t tag);

/* Nanoseconds from the first sample to the latest. */
int64_t kpm_trend_span(const struct kpm_trend *trend);

/* Did the tag appear in the last `window_ns`, and not with the first sample? */
bool kpm_trend_is_new(const struct kpm_trend *trend, uint32_t tag, int64_t window_ns);

#endif
