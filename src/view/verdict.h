/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict on a tag: is it a leak, or a cache that fills, or churn? A pure function of the
 * evidence, and the evidence a function of the trend. The figures are always shown with the word.
 */
#ifndef KPM_VERDICT_H
#define KPM_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/objects.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/trend.h"
#include "model/who.h"

/* In the order in which suspects are ranked. */
enum kpm_verdict {
	KPM_LEAK,    /* grows steadily, and its objects stay */
	KPM_STORM,   /* takes all memory within minutes, whatever it is; said at once */
	KPM_HELD,    /* a living process has it, and could free it: see view/holders.h */
	KPM_KEPT,    /* no process, but something that can be listed and removed has it */
	KPM_GROWING, /* grows, but not as a leak would, or not known well enough */
	KPM_STOPPED, /* grew, and does not any more; what grew is still there */
	KPM_BOUNDED, /* grew, and has levelled off while it comes and goes */
	KPM_CACHE,   /* reclaimable memory that grows: the kernel can take it back */
	KPM_CHURN,   /* allocates and frees much and holds about the same */
	KPM_STEADY,  /* holds the same, or less, or there are too few samples */
	KPM_VERDICTS
};

enum kpm_verdict_window { KPM_10S, KPM_1MIN, KPM_15MIN, KPM_RUN, KPM_VERDICT_WINDOWS };

struct kpm_evidence {
	uint64_t bytes, diff, allocs, frees, missed;
	bool estimated;
	bool reclaimable; /* more of it than not */
	bool blind;       /* frees of some ways are not seen on this kernel */
	int64_t span_ns;  /* from the sample in which the tag appeared to the last */
	bool newcomer;    /* it is seen for too short a time, of a longer run */
	struct kpm_steps steps;
	/* bytes a second over each window: the median of the slopes between any two samples, which
	 * a burst does not move */
	double slope[KPM_VERDICT_WINDOWS];
	bool known[KPM_VERDICT_WINDOWS];
	double grown; /* bytes: the last third's median less the first third's, over the run */
	double jump;  /* the largest part of that that came at once, 0 to 1 */
	double noise; /* bytes: the median distance of the samples from the line of that slope */
	/* slope of the run's second half by that of its first; 1 is a straight line, 0 has
	 * flattened out */
	double bend;
	double late;         /* part of `grown` that the last third still gained */
	uint32_t late_moves; /* changes between the points of the last third */
	double still_s;      /* seconds since the last of all changes */
	/* how long it has been tracked, if what is outstanding was allocated evenly over all of that;
	 * else 0 */
	uint32_t even_s;
	/* bytes a second of the last seconds, if at that pace the available memory lasts for minutes */
	double storm;
	/* share of the outstanding objects that are old_s seconds old or older */
	bool ages_known;
	/* seconds that such objects live by design; 0: unknown, or bound to other objects
	 * (`hold_why` says to which) */
	uint32_t hold_s;
	const char *hold_why;
	bool of_others; /* a part of what others hold: nothing is named after it */
	double old;
	uint32_t old_s;
	/* of the objects that were outstanding old_s ago, the share that still is; negative: not known */
	double survived;
	/* objects, or samples of them, that were old some time ago; the share of these that still is */
	uint64_t cohort;
	double stayed;
};

/*
 * Gathers the evidence about a row; `name` is its tag's, NULL if nothing is to be made of it;
 * `objects` are its objects' ages, NULL if they are not known.
 * Looks at a few dozen samples of the trend: some 50 microseconds.
 */
void kpm_evidence_gather(const struct kpm_snapshot *snap, const struct kpm_row *row,
			 const struct kpm_tag_name *name, const struct kpm_trend *trend,
			 const struct kpm_objects *objects, struct kpm_evidence *evidence);

/*
 * Adds what samples tell: what the owner's objects are by design, and whether old ones stay, unless that
 * is known already. `who` may be NULL.
 */
void kpm_evidence_who(struct kpm_evidence *evidence, const struct kpm_who *who, uint32_t tag);

/* Memory that lasts for so many seconds is a storm's. */
#define KPM_STORM_S 300
/*
 * Bytes a second that a tag takes now, if it has taken a hundredth of the available memory in the last
 * seconds and the rest lasts for KPM_STORM_S or less at that pace; else 0. Two samples are enough.
 */
double kpm_storm(const struct kpm_snapshot *snap, const struct kpm_trend *trend, uint32_t tag);

/* Adds that what is outstanding was allocated evenly since tracking began, if it was. */
void kpm_evidence_births(struct kpm_evidence *evidence, const struct kpm_births *births,
			 uint32_t tag);

enum kpm_verdict kpm_verdict_on(const struct kpm_evidence *evidence);

/* `leak?`, `storm`, `held`, `kept`, `growing`, `stopped`, `bounded`, `cache`, `churn`, `steady`. */
const char *kpm_verdict_name(enum kpm_verdict verdict);

/*
 * The evidence in words: `grew in 118 of 120 samples, 1.2M/min steady, 0.3% freed, 97% of its
 * objects older than 5.0 min`. Returns buf.
 */
#define KPM_EVIDENCE_LEN 320
char *kpm_evidence_words(const struct kpm_evidence *evidence, char *buf);

/* Theil-Sen: the median of the slopes between any two of `count` points, bytes a second. */
#define KPM_SLOPE_POINTS 25
double kpm_robust_slope(const struct kpm_point *points, size_t count);
/*
 * The same, but 0 for a rise that is not there from the first third to the second and from that to
 * the last: a burst that takes up to a third of the time is no growth.
 */
double kpm_sustained_slope(const struct kpm_point *points, size_t count);
/* The median; orders `values`. */
double kpm_median(double *values, size_t count);

#endif
