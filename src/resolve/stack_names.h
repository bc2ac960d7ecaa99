/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks of samples as functions with names: each is named once, by the symbols of the time when
 * it came by, and keeps its names when its module goes.
 */
#ifndef KPM_STACK_NAMES_H
#define KPM_STACK_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map64.h"
#include "model/samples.h"
#include "resolve/helpers.h"
#include "resolve/ksyms.h"
#include "resolve/labels.h"

/* Callers of a function that are told apart. */
#define KPM_CALLERS_MAX 8

struct kpm_function {
	char *name, *module;
	enum kpm_function_role role;
	/* by what was taken, of the present samples; kept by who counts it (resolve/owners.c) */
	struct {
		uint32_t function;
		uint64_t taken;
	} callers[KPM_CALLERS_MAX];
	uint32_t caller_count;
	uint64_t taken;
	bool fan_out;
};

#define KPM_NO_FUNCTION UINT32_MAX

struct kpm_named_stack {
	uint64_t hash;
	int64_t time_ns;
	uint32_t frames;
	bool interrupt;
	uint32_t frame[KPM_FRAMES_MAX]; /* its function; KPM_NO_FUNCTION: it has no name */
};

struct kpm_stack_names {
	struct kpm_ksyms *ksyms;         /* may be NULL */
	const struct kpm_labels *labels; /* likewise */
	uint32_t modules;                /* the number of changes that the symbols are of */
	struct kpm_function *functions;  /* [function_count]; what they are stays */
	uint32_t function_count, function_capacity;
	struct kpm_map64 by_name;
	struct kpm_named_stack *stacks;
	uint32_t stack_count, stack_capacity;
	struct kpm_map64 by_stack; /* hash and time */
	uint32_t *of;              /* [stack of the samples] number in `stacks` */
	uint32_t of_capacity;
};

void kpm_stack_names_done(struct kpm_stack_names *names);

/* The number of a function, entered if it is new; KPM_NO_FUNCTION: out of memory. */
uint32_t kpm_stack_names_enter(struct kpm_stack_names *names, const char *name, const char *module);
/* Cuts what compilers append to the name of a part or copy of a function: `.constprop.0`. */
void kpm_cut_suffix(char *name);

/* Names the stacks that are new among the samples. 0 or -ENOMEM. */
int kpm_stack_names_update(struct kpm_stack_names *names, const struct kpm_samples *samples);
/* A stack of these samples. */
const struct kpm_named_stack *kpm_stack_names_get(const struct kpm_stack_names *names,
						  uint32_t stack);

#endif
