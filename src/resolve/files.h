/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resolver's files, one for each module that has tags, with the facts that are known of it. */
#ifndef KPM_RESOLVE_FILES_H
#define KPM_RESOLVE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/roots.h"
#include "model/location.h"
#include "resolve/elffile.h"
#include "resolve/modtree.h"

#define KPM_NONE UINT32_MAX

/* Of a fact that takes a request to a worker. */
enum kpm_request_state { KPM_NOT_REQUESTED, KPM_REQUESTED, KPM_REPLIED };

/* A module, or the kernel itself, and its file. */
struct kpm_code {
	char *module;
	const char *path; /* NULL: it has none */
	char *own_path;   /* `path`, if it is not borrowed from the tree */
	enum kpm_request_state facts, vendor;
	enum kpm_build build;
	char build_id[KPM_BUILD_ID_LEN], srcversion[KPM_SRCVERSION_LEN];
	char *vendor_name;
	bool readable;
	unsigned int failures; /* workers that crashed or timed out on it */
	uint32_t waiting;      /* the first tag that waits for the facts; KPM_NONE: none */
};

struct kpm_files {
	struct kpm_roots roots;
	const char *release;
	struct kpm_modtree *tree; /* NULL: the kernel has no module files */
	char *tree_dir;
	struct kpm_code **list; /* locations borrow strings: no element ever moves */
	uint32_t count, capacity;
};

/* Reads the kernel's tree of modules; strings are borrowed. */
void kpm_files_open(struct kpm_files *files, const struct kpm_roots *roots, const char *release);
void kpm_files_close(struct kpm_files *files);

/* The number of a module's file, which is added if it is new; KPM_NONE: out of memory. */
uint32_t kpm_files_of(struct kpm_files *files, const char *module);

#endif
