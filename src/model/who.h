/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is behind the tags: the owners, processes and cgroups of what is outstanding under each, with
 * their shares. Made of samples for each snapshot, or read from a recording.
 *
 * A share is that of the weights of the living samples; its error is the standard error of that,
 * from the squares of the weights. An owner that needs no samples has share 1 and no error.
 */
#ifndef KPM_WHO_H
#define KPM_WHO_H

#include <stdbool.h>
#include <stdint.h>

enum kpm_party_kind { KPM_OWNER, KPM_PROCESS, KPM_CGROUP, KPM_PARTY_KINDS };

/* Somebody who may hold memory. Numbers stay what they are as long as the struct kpm_who. */
struct kpm_party {
	enum kpm_party_kind kind;
	const char *name;   /* of an owner its function; the command; the path */
	const char *module; /* of an owner, "kernel" for built-in code; NULL for others */
	uint32_t pid;       /* of a process; 0: none, as for KPM_INTERRUPT */
	int64_t started_ns; /* of a process, CLOCK_BOOTTIME */
};

/* The name of the process where an interrupt allocates: the one that it hit has no part in it. */
#define KPM_INTERRUPT "(interrupt)"

struct kpm_share {
	uint32_t party;
	uint32_t samples;
	double share, error; /* of the tag's objects, 0 to 1 */
	bool exact;          /* counted, not estimated */
};

/* Samples of a tag that were old some time ago, and the share of what they stood for that still lives. */
struct kpm_stay {
	uint32_t samples; /* 0: not known */
	double share;
};

struct kpm_who;

struct kpm_who *kpm_who_new(void); /* NULL: out of memory */
void kpm_who_free(struct kpm_who *who);

/* The number of a party, entered if it is new; strings are copied. -ENOMEM: out of memory. */
int64_t kpm_who_party(struct kpm_who *who, const struct kpm_party *party);
const struct kpm_party *kpm_who_get(const struct kpm_who *who, uint32_t party);
uint32_t kpm_who_parties(const struct kpm_who *who);
/* Forgets all parties, and with them all shares: numbers begin again. */
void kpm_who_forget(struct kpm_who *who);

/*
 * Fills in a snapshot: begin, any number of adds, end; then it is read. Each returns 0 or -ENOMEM.
 * kpm_who_add() adds a living sample of that weight; kpm_who_set() a share that is known;
 * kpm_who_charge() adds to one that was counted: samples tell only of what is left of the tag.
 */
int kpm_who_begin(struct kpm_who *who, uint32_t tags);
int kpm_who_add(struct kpm_who *who, uint32_t tag, uint32_t party, double weight);
int kpm_who_set(struct kpm_who *who, uint32_t tag, const struct kpm_share *share);
int kpm_who_charge(struct kpm_who *who, uint32_t tag, uint32_t party, double share);
void kpm_who_count(struct kpm_who *who, uint32_t tag, uint32_t samples, uint64_t lost);
void kpm_who_set_stay(struct kpm_who *who, uint32_t tag, const struct kpm_stay *stay);
int kpm_who_end(struct kpm_who *who);

/* The shares of a tag, largest first; *count of them. */
const struct kpm_share *kpm_who_shares(const struct kpm_who *who, uint32_t tag,
				       enum kpm_party_kind kind, uint32_t *count);
/*
 * How many of a list are told in lists, of which recordings have no more: those with a percent or
 * more, eight at most; and a share or error as they tell it.
 */
uint32_t kpm_who_shown(const struct kpm_share *shares, uint32_t count);
static inline uint32_t kpm_who_millionths(double share)
{
	return share * 1e6 + 0.5;
}

/* The party with the largest share, if that is a half or more; else NULL. */
const struct kpm_share *kpm_who_first(const struct kpm_who *who, uint32_t tag,
				      enum kpm_party_kind kind);
/* Living samples of a tag, and samples that should have been taken and were not. */
uint32_t kpm_who_samples(const struct kpm_who *who, uint32_t tag);
uint64_t kpm_who_lost(const struct kpm_who *who, uint32_t tag);
struct kpm_stay kpm_who_stay(const struct kpm_who *who, uint32_t tag);

#endif
