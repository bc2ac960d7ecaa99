/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that are not answerable for what they allocate: the allocator's own and helpers, which
 * allocate for others; and entry points, where the kernel begins to run: above them nobody is.
 */
#ifndef KPM_HELPERS_H
#define KPM_HELPERS_H

#include <stdbool.h>

enum kpm_function_role {
	KPM_FUNCTION_PLAIN,
	KPM_FUNCTION_HELPER,    /* or the allocator */
	KPM_FUNCTION_ENTRY,     /* system call, thread, work */
	KPM_FUNCTION_INTERRUPT, /* entry of an interrupt of any kind */
};

/* What a function of that name is, by the lists; its name without what compilers append to it. */
enum kpm_function_role kpm_function_role(const char *name);

/* The same, but what the user's file says of a function goes first. NULL: there is no file. */
struct kpm_labels;
enum kpm_function_role kpm_function_role_by(const struct kpm_labels *labels, const char *name);

#endif
