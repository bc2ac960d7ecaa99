/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of one instant: a row for each tag, the totals, what was lost, two clocks. Built by
 * a source, then never changed. What the source cannot know at all is missing in `have`; missing
 * is not zero.
 */
#ifndef KPOOLMON_SNAPSHOT_H
#define KPOOLMON_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kpoolmon/kinds.h>

#include "model/hooks.h"

/* One tag's objects of one kind. All since tracking began. */
struct kpm_counts {
	uint64_t allocs;  /* objects allocated, including refused ones */
	uint64_t frees;   /* objects freed, including missed frees found since */
	uint64_t diff;    /* objects outstanding: on the books */
	uint64_t bytes;   /* bytes they occupy */
	uint64_t asked;   /* bytes that were asked for */
	uint64_t missed;  /* of frees: seen only when the address was allocated again */
	uint64_t refused; /* of allocs: not on the books, the table was full */
	uint64_t audited; /* of frees: not seen, the audit found the object free */
};

struct kpm_row {
	uint32_t tag;   /* number in the tagset */
	bool estimated; /* the tag was sampled */
	bool unloaded;  /* its module was unloaded after all that the tag has allocated */
	struct kpm_counts kind[KPM_KINDS];
};

/* Events that the books could not account. Counts since tracking began. */
struct kpm_loss {
	uint64_t skipped;   /* free events for which the first copy was not run */
	uint64_t rescued;   /* of these, caught by the second copy */
	uint64_t lost_max;  /* frees lost for good, at most */
	uint64_t allocs;    /* alloc events not seen: an object stays off the books */
	uint64_t refused;   /* objects not entered: object table full */
	uint64_t tags_full; /* objects not entered: tag table full */
	uint64_t missed;    /* addresses allocated again that were still on the books */
	uint64_t audited;   /* objects on the books that the audit found free */
};

/* From meminfo, bytes. */
struct kpm_memory {
	uint64_t total;
	uint64_t available;
	uint64_t slab_nonp;  /* SUnreclaim */
	uint64_t slab_paged; /* SReclaimable */
	uint64_t kernel_stack;
	uint64_t page_tables;
	uint64_t vmalloc_used;
	uint64_t percpu;
};

/* The room of the books. */
struct kpm_room {
	uint64_t objects;       /* entries in the object table: objects, or samples of them */
	uint64_t objects_rated; /* entries that the table is made for */
	uint32_t tags;          /* kernel tags in use */
	uint32_t tags_max;
	uint64_t kernel_bytes; /* memory that the books occupy in the kernel */
};

/* Parts of a snapshot that a source may not know. */
enum kpm_have {
	KPM_HAVE_MEMORY = 1 << 0,
	KPM_HAVE_LOSS = 1 << 1,
	KPM_HAVE_ROOM = 1 << 2,
	KPM_HAVE_RESCUE = 1 << 3, /* the free programs run twice */
	KPM_HAVE_ASKED = 1 << 4,
	KPM_HAVE_HOOKS = 1 << 5, /* what is attached to functions without events */
	KPM_HAVE_AUDIT = 1 << 6, /* the audit has gone through the whole table */
};

struct kpm_snapshot {
	uint32_t have;      /* enum kpm_have */
	int64_t wall_ns;    /* CLOCK_REALTIME */
	int64_t mono_ns;    /* CLOCK_MONOTONIC */
	int64_t started_ns; /* CLOCK_MONOTONIC when tracking began */
	char host[65];
	char kernel[65]; /* release */
	struct kpm_hook_state hooks[KPM_HOOKS];
	char missing[KPM_MISSING_LEN]; /* kpm_hooks_missing() of these */
	/* why there is no audit though probes are missing; empty: there is, or none is needed */
	char no_audit[sizeof(((struct kpm_err *)NULL)->text)];
	struct kpm_memory memory;
	struct kpm_loss loss;
	struct kpm_room room;
	struct kpm_row *rows; /* row i is of tag i */
	uint32_t count;
	uint32_t capacity;
};

void kpm_snapshot_init(struct kpm_snapshot *snap);
void kpm_snapshot_done(struct kpm_snapshot *snap);

/* Makes `count` zeroed rows, keeping the allocation. 0 or -ENOMEM (rows unchanged). */
int kpm_snapshot_reset(struct kpm_snapshot *snap, uint32_t count);

/* Frees that were not seen when they happened. */
static inline uint64_t kpm_missed(struct kpm_counts n)
{
	return n.missed + n.audited;
}

void kpm_counts_add(struct kpm_counts *sum, const struct kpm_counts *n);
/* Both kinds together. */
struct kpm_counts kpm_row_sum(const struct kpm_row *row);

#endif
