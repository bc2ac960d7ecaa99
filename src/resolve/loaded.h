/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The builds of what is loaded: the kernel and its modules, by build-id. */
#ifndef KPM_RESOLVE_LOADED_H
#define KPM_RESOLVE_LOADED_H

#include "base/roots.h"
#include "model/location.h"

struct kpm_loaded;

/* Remembers what is loaded now: a module may be gone when somebody asks. 0 or -ENOMEM. */
int kpm_loaded_read(const struct kpm_roots *roots, struct kpm_loaded **loaded);
void kpm_loaded_free(struct kpm_loaded *loaded);

/* Is a file's build-id (empty: it has none) that of the module, now and when it was read? */
enum kpm_build kpm_loaded_compare(const struct kpm_loaded *loaded, const char *module,
				  const char *build_id);

#endif
