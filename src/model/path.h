/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that a tag's allocations come through. Tags of one cause have some of them in
 * common: a network namespace is made of a hundred tags, and all of them come through
 * copy_net_ns().
 */
#ifndef KPM_PATH_H
#define KPM_PATH_H

#include <stdint.h>

/* Of a longer path the functions next to the allocation are kept. */
#define KPM_PATH_MAX 16

struct kpm_path_step {
	/* the same pointers for the same function; "kernel" for built-in code */
	const char *name, *module;
};

struct kpm_path {
	uint32_t count;
	struct kpm_path_step step[KPM_PATH_MAX]; /* next to the allocation first */
};

#endif
