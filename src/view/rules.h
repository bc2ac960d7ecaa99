/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alert rules, readable as sentences:
 *
 *   bytes > 512M
 *   diff > 100k where tag load_msg*
 *   growth > 64M in 10m where module nvme* and type Nonp
 *   rate > 1M/min for 15m
 *   share > 20%
 *   growth > 64M in 10m where process java
 *   queue: bytes > 1G where cache msg_msg*
 *   verdict leak for 10m
 *
 * A name and a colon may come first. Sizes have K, M, G (1024), counts k, M, G (1000).
 */
#ifndef KPM_RULES_H
#define KPM_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/tagset.h"
#include "model/who.h"
#include "view/metrics.h"

struct kpm_rule {
	char *name; /* as given, else the text */
	char *text; /* the sentence without the name */
	const struct kpm_metric *metric;
	double threshold;           /* fires above it */
	double clear;               /* ends below it */
	int64_t window_ns;          /* of metrics that have one */
	unsigned int kind;          /* KPM_KINDS: both */
	char *tag, *module, *cache; /* patterns; NULL: any */
	/* by kind of party: one with a tenth of what is outstanding, or more, must match */
	char *party[KPM_PARTY_KINDS];
};

struct kpm_rules;

struct kpm_rules *kpm_rules_new(void); /* NULL: out of memory */
void kpm_rules_free(struct kpm_rules *rules);

/*
 * Adds a rule. 0, or -EINVAL and a sentence with the wrong word and the expected one;
 * `where` (`--alert`, `FILE:LINE`) begins it.
 */
int kpm_rules_add(struct kpm_rules *rules, const char *where, const char *text,
		  struct kpm_err *err);
/* Adds those of a file: a line each; empty lines and those that begin with # are left out. */
int kpm_rules_read(struct kpm_rules *rules, const char *file, struct kpm_err *err);

size_t kpm_rules_count(const struct kpm_rules *rules);
const struct kpm_rule *kpm_rules_get(const struct kpm_rules *rules, size_t i);

/* Is the rule about this tag? By its names; `who`, which may be NULL, says who is behind it. */
bool kpm_rule_selects(const struct kpm_rule *rule, const struct kpm_tag_name *name,
		      const struct kpm_who *who, uint32_t tag);
/* Does any rule ask for a verdict? */
bool kpm_rules_want_verdicts(const struct kpm_rules *rules);
/* Does any rule ask who is behind a tag, or for a verdict, which that belongs to? */
bool kpm_rules_want_who(const struct kpm_rules *rules);

/* A value of a rule's metric, `64.0M`, `1.2M/min`, `21.0%`. Returns buf of KPM_SIZE_LEN. */
char *kpm_rule_value(const struct kpm_rule *rule, double value, char *buf);

#endif
