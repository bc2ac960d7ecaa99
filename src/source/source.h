/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface of a source, which turns some origin of numbers into tags and snapshots: live.h,
 * pinned.h and replay.h have one each.
 */
#ifndef KPM_SOURCE_H
#define KPM_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/charges.h"
#include "model/objects.h"
#include "model/samples.h"
#include "model/snapshot.h"
#include "model/tagset.h"

struct kpm_audit;        /* source/audit.h */
struct kpm_sample_check; /* source/sample_check.h */

struct kpm_source {
	const struct kpm_source_ops *ops;
	struct kpm_tagset *tags; /* borrowed; a sample enters the new ones */
};

struct kpm_source_ops {
	/* Fills the snapshot and enters new tags. 0 or -errno; then snap is not to be used. */
	int (*sample)(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err);
	/* Scans the objects of a tag for their ages and sizes; those at least `survive_s` seconds
	 * old are its survivors. NULL if the source has no objects. 0 or -errno. */
	int (*objects)(struct kpm_source *src, uint32_t tag, uint32_t survive_s,
		       struct kpm_objects *objects);
	/* Counts the objects of all tags by when they were allocated within the last `since_s` seconds,
	 * which walks the whole table. NULL where `objects` is. 0 or -errno; births->parts is to be
	 * freed. */
	int (*births)(struct kpm_source *src, uint32_t since_s, struct kpm_births *births);
	/* Reads the samples of the tags that the last snapshot has. NULL if the source has none. 0 or
	 * -errno. */
	int (*samples)(struct kpm_source *src, struct kpm_samples *samples);
	/* The number of changes that struct kpm_samples has, as it is now. NULL where `samples` is. */
	uint32_t (*modules)(struct kpm_source *src);
	/*
	 * Finds whom the objects of the last snapshot's tags are charged to. NULL instead of
	 * `charges`: only loads what that needs, while there are rights. NULL if the source has
	 * none. 0 or -errno; -EOPNOTSUPP: not on this kernel.
	 */
	int (*charges)(struct kpm_source *src, struct kpm_charges *charges);
	/* Holds the samples against the objects (source/sample_check.h). NULL if it has none. 0 or
	 * -errno. */
	int (*check_samples)(struct kpm_source *src, struct kpm_sample_check *check);
	/*
	 * Has each allocation of a tag sampled, within what raised tags may cost, for that many
	 * seconds; the probes end it by themselves. 0 seconds: no more. NULL if it cannot. 0 or
	 * -errno.
	 */
	int (*raise)(struct kpm_source *src, uint32_t tag, uint32_t seconds);
	/*
	 * Opens the audit of the tables, which then scans a part with each sample; NULL if the
	 * source has none. Unless `anyway`, only where frees are not seen, and not by a live source
	 * that was opened without audit: *audit is NULL where none is needed. The source owns it.
	 * 0, or -errno and a sentence.
	 */
	int (*audit)(struct kpm_source *src, bool anyway, struct kpm_audit **audit,
		     struct kpm_err *err);
	/* Has tracking been stopped? Reads a flag. NULL: it never is. 0, or -ESHUTDOWN and a
	 * sentence. */
	int (*check)(struct kpm_source *src, struct kpm_err *err);
	void (*close)(struct kpm_source *src);
};

static inline void kpm_source_close(struct kpm_source *src)
{
	if (src)
		src->ops->close(src);
}

#endif
