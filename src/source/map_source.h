/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The common part of the live and the pinned source, which both read the probes' maps: samples, the
 * objects of a tag, and the audit. They differ in where maps and programs come from.
 */
#ifndef KPM_MAP_SOURCE_H
#define KPM_MAP_SOURCE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/roots.h"
#include "model/hooks.h"
#include "source/audit.h"
#include "source/programs.h"
#include "source/source.h"
#include "source/tables.h"

struct kpm_map_source {
	struct kpm_source source; /* the first member: the functions below are its operations */
	struct kpm_roots roots;
	struct kpm_tables_fds fds;         /* for the audit; owned by the user of this struct */
	struct kpm_programs programs;      /* the same */
	int clock;                         /* the program kpm_now, the same */
	enum kpm_attach attach[KPM_HOOKS]; /* how each hook is attached */
	enum kpm_second_copies second;     /* of the programs on events */
	uint64_t lost_max, lost_allocs;    /* the most of the samples before */
	bool audit_unseen;                 /* the audit may be opened where frees are not seen */
	struct kpm_tables *tables;         /* owned */
	struct kpm_audit *audit;           /* owned; NULL: not opened */
	struct kpm_audit *walk;  /* for charges where there is no audit; owned, the same */
	struct kpm_err no_audit; /* why opening it failed */
	int audit_code;          /* the same as a code */
};

/* Operations of a source, see struct kpm_source_ops. */
int kpm_map_source_sample(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err);
int kpm_map_source_objects(struct kpm_source *src, uint32_t tag, uint32_t survive_s,
			   struct kpm_objects *objects);
int kpm_map_source_births(struct kpm_source *src, uint32_t since_s, struct kpm_births *births);
int kpm_map_source_check_samples(struct kpm_source *src, struct kpm_sample_check *check);
int kpm_map_source_raise(struct kpm_source *src, uint32_t tag, uint32_t seconds);
int kpm_map_source_samples(struct kpm_source *src, struct kpm_samples *samples);
uint32_t kpm_map_source_modules(struct kpm_source *src);
int kpm_map_source_charges(struct kpm_source *src, struct kpm_charges *charges);
int kpm_map_source_audit(struct kpm_source *src, bool anyway, struct kpm_audit **audit,
			 struct kpm_err *err);
int kpm_map_source_check(struct kpm_source *src, struct kpm_err *err);

/* Closes what it owns. */
void kpm_map_source_done(struct kpm_map_source *m);

#endif
