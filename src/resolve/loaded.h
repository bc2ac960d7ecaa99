/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The builds of the running kernel and its loaded modules, by build-id. */
#ifndef KPM_RESOLVE_LOADED_H
#define KPM_RESOLVE_LOADED_H

#include "base/roots.h"
#include "model/location.h"

struct kpm_loaded;

/* Records the builds that are loaded now, as a module may be unloaded later. 0 or -ENOMEM. */
int kpm_loaded_read(const struct kpm_roots *roots, struct kpm_loaded **loaded);
void kpm_loaded_free(struct kpm_loaded *loaded);

/* Compares a file's build-id (empty: it has none) with the module's, now and when it was read. */
enum kpm_build kpm_loaded_compare(const struct kpm_loaded *loaded, const char *module,
				  const char *build_id);

#endif
