/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source turns some origin of numbers into tags and snapshots. One of the three extension
 * points; the live source loads the probes into the running kernel.
 */
#ifndef KPOOLMON_SOURCE_H
#define KPOOLMON_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "model/hooks.h"
#include "model/objects.h"
#include "model/snapshot.h"
#include "model/tagset.h"

struct kpm_books; /* src/source/tables.h */
struct kpm_audit; /* src/source/audit.h */

struct kpm_source {
	const struct kpm_source_ops *ops;
	struct kpm_tagset *tags; /* borrowed; a sample enters the new ones */
};

struct kpm_source_ops {
	/* Fills the snapshot and enters new tags. 0 or -errno; then snap is not to be used. */
	int (*sample)(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err);
	/* Takes the probes out of the kernel; samples go on to show what they counted. */
	int (*detach)(struct kpm_source *src, struct kpm_err *err);
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

/* When a live source opens the audit by itself: before the events are attached, so that what it
 * takes is not in the rows. */
enum kpm_auditing {
	KPM_AUDIT_NOT,
	KPM_AUDIT_IF_UNSEEN, /* where frees are not seen; without it if it cannot be */
	KPM_AUDIT_ALWAYS,
};

struct kpm_live_opts {
	uint64_t objects; /* rated objects; 0: from the machine's memory */
	uint32_t tags;    /* 0: from the number of objects; rounded up to a power of two */
	bool no_rescue;   /* attach the free programs once only */
	bool no_sampling; /* exact rows until the table is full, then refusals, for tests */
	struct kpm_hook_choice hooks;
	enum kpm_auditing audit;
	struct kpm_roots roots;
};

/* Smallest and largest --objects, --tags. */
#define KPM_OBJECTS_MIN 1000
#define KPM_OBJECTS_MAX 100000000
#define KPM_TAGS_MIN    64

/* What the size of the tables is without being told: 0.4 percent of the memory, with a floor and
 * a cap. */
#define KPM_OBJECTS_FLOOR 131072
#define KPM_OBJECTS_CAP   16777216
uint64_t kpm_default_objects(uint64_t memory_bytes);
uint32_t kpm_default_tags(uint64_t objects);

/*
 * Loads and attaches the probes. 0, or -errno and a sentence: no BTF, kernel before 6.1, no
 * rights, no memory. Nothing stays in the kernel on failure, nor after close or the end of the
 * process, however it ends.
 */
int kpm_live_open(const struct kpm_live_opts *opts, struct kpm_tagset *tags,
		  struct kpm_source **src, struct kpm_err *err);

/* The maps that a live source reads; borrowed. */
const struct kpm_books *kpm_live_books(const struct kpm_source *src);

static inline void kpm_source_close(struct kpm_source *src)
{
	if (src)
		src->ops->close(src);
}

#endif
