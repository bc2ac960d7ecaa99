/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots: one sample of all tags, a row for each, with memory, losses, capacity and two clocks.
 * Built by a source, then never changed. `have` tells which parts the source knows; missing is not
 * zero. Each struct of figures has a table of its members (model/field.h): to add a member, add its
 * row to the table in snapshot.c, at the end.
 */
#ifndef KPM_SNAPSHOT_H
#define KPM_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kpoolmon/kinds.h>

#include "model/counts.h"
#include "model/field.h"
#include "model/hooks.h"

struct kpm_row {
	uint32_t tag;   /* number in the tagset */
	bool estimated; /* the tag was sampled */
	bool unloaded;  /* its module was unloaded after the last of its allocations */
	/* standard error of the objects outstanding, where they are divided by samples (rollup.h) */
	double error;
	struct kpm_counts kind[KPM_KINDS];
};

/* Events that are not in the counters. Counts since tracking began. */
struct kpm_loss {
	uint64_t skipped;   /* events for which the first copy of a program was not run */
	uint64_t rescued;   /* of these, caught by the second copy */
	uint64_t lost_max;  /* frees not seen, at most: rows too high */
	uint64_t allocs;    /* allocations not seen, at most: rows too low */
	uint64_t refused;   /* objects not tracked: object table full */
	uint64_t tags_full; /* objects not tracked: tag table full */
	uint64_t missed;    /* addresses allocated again that were still tracked */
	uint64_t audited;   /* tracked objects that the audit found free */
};

#define KPM_LOSS_FIELDS KPM_FIELDS_OF(struct kpm_loss)
extern const struct kpm_field kpm_loss_fields[KPM_LOSS_FIELDS];

/* Events that no counter has, all together. */
uint64_t kpm_loss_events(const struct kpm_loss *loss);

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

#define KPM_MEMORY_FIELDS KPM_FIELDS_OF(struct kpm_memory)
extern const struct kpm_field kpm_memory_fields[KPM_MEMORY_FIELDS];

/* Use and limits of the tracking tables. */
struct kpm_capacity {
	uint64_t objects;       /* entries in the object table: objects, or samples of them */
	uint64_t objects_rated; /* entries that the table is made for */
	uint64_t tags;          /* kernel tags in use */
	uint64_t tags_max;
	uint64_t kernel_bytes; /* kernel memory that the tables occupy */
};

#define KPM_CAPACITY_FIELDS KPM_FIELDS_OF(struct kpm_capacity)
extern const struct kpm_field kpm_capacity_fields[KPM_CAPACITY_FIELDS];

/* Parts of a snapshot that a source may not know. */
enum kpm_have {
	KPM_HAVE_MEMORY = 1 << 0,
	KPM_HAVE_LOSS = 1 << 1,
	KPM_HAVE_CAPACITY = 1 << 2,
	KPM_HAVE_RESCUE = 1 << 3, /* programs have second copies */
	KPM_HAVE_ASKED = 1 << 4,
	KPM_HAVE_HOOKS = 1 << 5, /* the states of the hooks */
	KPM_HAVE_AUDIT = 1 << 6, /* the audit has gone through the whole table */
};

struct kpm_snapshot {
	uint32_t have; /* enum kpm_have */
	/* Fields of a known part that are not known themselves, as in recordings of a version that
	 * had fewer: bit i for row i of the part's table. */
	struct {
		uint32_t memory, capacity;
	} unknown;
	int64_t wall_ns;    /* CLOCK_REALTIME */
	int64_t mono_ns;    /* CLOCK_MONOTONIC */
	int64_t started_ns; /* CLOCK_MONOTONIC when tracking began */
	char host[65];
	char kernel[65]; /* release */
	struct kpm_hook_state hooks[KPM_HOOKS];
	enum kpm_second_copies second; /* not in recordings */
	char missing[KPM_MISSING_LEN]; /* kpm_hooks_missing() of these */
	/* why there is no audit though probes are missing; empty: there is, or none is needed */
	char no_audit[sizeof(((struct kpm_err *)NULL)->text)];
	struct kpm_memory memory;
	struct kpm_loss loss;
	struct kpm_capacity capacity;
	struct kpm_row *rows; /* row i is of tag i */
	uint32_t count;
	uint32_t rows_capacity; /* rows that fit */
};

void kpm_snapshot_init(struct kpm_snapshot *snap);
void kpm_snapshot_done(struct kpm_snapshot *snap);

/* Makes `count` zeroed rows, keeping the allocation. 0 or -ENOMEM (rows unchanged). */
int kpm_snapshot_reset(struct kpm_snapshot *snap, uint32_t count);

/* Both kinds together. */
struct kpm_counts kpm_row_sum(const struct kpm_row *row);

#endif
