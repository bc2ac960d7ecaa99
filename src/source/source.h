/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface of a source, which turns some origin of numbers into tags and snapshots: live.h,
 * pinned.h and replay.h have one each.
 */
#ifndef KPOOLMON_SOURCE_H
#define KPOOLMON_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/objects.h"
#include "model/snapshot.h"
#include "model/tagset.h"

struct kpm_audit; /* source/audit.h */

struct kpm_source {
	const struct kpm_source_ops *ops;
	struct kpm_tagset *tags; /* borrowed; a sample enters the new ones */
};

struct kpm_source_ops {
	/* Fills the snapshot and enters new tags. 0 or -errno; then snap is not to be used. */
	int (*sample)(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err);
	/* Looks at the objects of a tag one by one, and counts those that are `survive_s` seconds
	 * old; NULL if the source has none. 0 or -errno. */
	int (*objects)(struct kpm_source *src, uint32_t tag, uint32_t survive_s,
		       struct kpm_objects *objects);
	/*
	 * Opens the audit of the books, which goes on a little with each sample from then on; NULL
	 * if the source has none. Unless `anyway`, only where frees are not seen, and not by a live
	 * source that was opened without: *audit is NULL where none is needed. The source's, closed
	 * with it. 0, or -errno and a sentence.
	 */
	int (*audit)(struct kpm_source *src, bool anyway, struct kpm_audit **audit,
		     struct kpm_err *err);
	/* Have the books been taken away? A look at a flag. NULL: they never are. 0, or -ESHUTDOWN
	 * and a sentence. */
	int (*check)(struct kpm_source *src, struct kpm_err *err);
	void (*close)(struct kpm_source *src);
};

static inline void kpm_source_close(struct kpm_source *src)
{
	if (src)
		src->ops->close(src);
}

#endif
