// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of names. */
#include <stdbool.h>
#include <stddef.h>

#include "view/kind_names.h"

const struct kpm_kind_names kpm_kind_names[KPM_KINDS + 1] = {
	[KPM_NONP] = {"nonp", "Nonp", "non-paged (unreclaimable)", "Nonp only"},
	[KPM_PAGED] = {"paged", "Paged", "paged (reclaimable)", "Paged only"},
	[KPM_KINDS] = {"both", "Mixed", "both", "both pools"},
};

const char *kpm_row_type(const struct kpm_row *row)
{
	bool nonp = row->kind[KPM_NONP].allocs, paged = row->kind[KPM_PAGED].allocs;

	if (!nonp && !paged)
		return NULL;
	return kpm_kind_names[nonp && paged ? KPM_KINDS : nonp ? KPM_NONP : KPM_PAGED].type;
}
