/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens the source of a command and keeps its samples, with the tags, changes and trends that they
 * make. The numbers come from a recording if one is given, from pinned tables if there
 * are any, else from probes of its own.
 */
#ifndef KPM_SAMPLER_H
#define KPM_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/locations.h"
#include "base/error.h"
#include "cli/options.h"
#include "model/charges.h"
#include "model/history.h"
#include "model/recording.h"
#include "model/snapshot.h"
#include "model/tagset.h"
#include "model/samples.h"
#include "model/path.h"
#include "model/trend.h"
#include "model/who.h"
#include "resolve/ksyms.h"
#include "resolve/merged.h"
#include "resolve/owners.h"
#include "resolve/stays.h"
#include "source/source.h"
#include "view/verdict.h"

struct kpm_sampler {
	const struct kpm_options *options;
	struct kpm_tagset *tags;
	struct kpm_ksyms *ksyms;
	struct kpm_merged *merged;       /* names of caches; NULL: a recording has its own */
	struct kpm_locations *locations; /* NULL: none are looked for */
	struct kpm_source *source;       /* NULL: it was taken away (kpm_sampler_release) */
	struct kpm_recording *recording; /* the source's, NULL: it is the running kernel */
	bool tracked;              /* it has counted before: there is something to show at once */
	struct kpm_snapshot snap;  /* the latest sample, */
	struct kpm_snapshot spare; /* and the one before */
	struct kpm_history *history;
	struct kpm_trend *trend;
	bool wants_who;             /* samples are read with each snapshot */
	struct kpm_samples samples; /* of the latest one */
	bool charges_readable;
	bool wants_charges; /* with who: cgroups are those that the kernel charges */
	struct kpm_charges charges;
	int64_t charged_ns, charging_ns; /* when they were read, and what that took */
	struct kpm_owners *owners;       /* NULL: not asked for yet, or a recording */
	struct kpm_stays *stays;         /* likewise */
	/* who is behind the latest sample; NULL: not known. A recording's own */
	struct kpm_who *who;
	struct kpm_labels *own_labels; /* for the lists of helpers, if the command has none */
};

/* In `needs`, beside enum kpm_location_part: kpm_sampler_want_charges() may be called. */
#define KPM_NEEDS_CHARGES (1U << 31)

/*
 * Opens the source that the options ask for. Starts workers that find the facts in `needs` (enum
 * kpm_location_part); if that fails, `note`, which may be NULL, says so and the facts stay unknown.
 * Drops all rights but `rights` (base/rights.h). 0, or -errno and a sentence; close it in both
 * cases.
 */
int kpm_sampler_open(struct kpm_sampler *sampler, const struct kpm_options *options,
		     unsigned int needs, uint64_t rights, struct kpm_err *note,
		     struct kpm_err *err);
void kpm_sampler_close(struct kpm_sampler *sampler);
/* Closes the source alone: it has been taken away. The samples stay. */
void kpm_sampler_release(struct kpm_sampler *sampler);

/* Takes a sample: reads and enters it. On failure the one before stays the latest. */
int kpm_sampler_sample(struct kpm_sampler *sampler, struct kpm_err *err);
/* The two halves of that: into snap, and from there into history and trend. */
int kpm_sampler_read(struct kpm_sampler *sampler, struct kpm_err *err);
int kpm_sampler_enter(struct kpm_sampler *sampler, struct kpm_err *err);

/*
 * From the next sample on, finds out who is behind the tags; `labels` says what functions are
 * helpers, NULL: the file of labels that the options name, if it can be read. What is out of reach
 * stays unknown.
 */
void kpm_sampler_want_who(struct kpm_sampler *sampler, const struct kpm_labels *labels);

/*
 * From the next sample on, cgroups are those that the kernel charges, as far as it can be asked: it
 * takes some 300 ns an object, and a hundredth of the time at most.
 */
void kpm_sampler_want_charges(struct kpm_sampler *sampler, bool want);

/*
 * Has each allocation of the tags that grew most in `trend` sampled until about the next sample but
 * one, so that who is behind them is known well. Of a source that cannot, nothing.
 */
void kpm_sampler_raise_growing(struct kpm_sampler *sampler, const struct kpm_trend *trend,
			       int64_t interval_ns);

/* The functions that a tag comes through, as far as samples tell; none if they do not. */
void kpm_sampler_path(const struct kpm_sampler *sampler, uint32_t tag, struct kpm_path *path);

/* Has the source been taken away? 0, or -ESHUTDOWN and a sentence. */
int kpm_sampler_check(struct kpm_sampler *sampler, struct kpm_err *err);

/* The audit of the source; NULL where there is none or none is wanted. */
struct kpm_audit *kpm_sampler_audit(const struct kpm_sampler *sampler);
/*
 * Before the sample of a command that takes one only: runs both passes of the audit, for 1 % of
 * `for_ns` of processor time, 50 ms at least.
 */
void kpm_sampler_audit_once(const struct kpm_sampler *sampler, int64_t for_ns);

/* The known locations, [tag], for a frame; NULL: none. Borrowed until the next call. */
const struct kpm_location *const *kpm_sampler_locations(struct kpm_sampler *sampler);

/*
 * Gathers the evidence about a tag; with `ages` its objects are scanned one by one, which reads the
 * whole table.
 */
void kpm_sampler_evidence(struct kpm_sampler *sampler, uint32_t tag, bool ages,
			  struct kpm_evidence *evidence);

#endif
