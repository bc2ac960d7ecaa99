// SPDX-License-Identifier: GPL-2.0-or-later
/* Two consequences: of hooks that free, and of hooks that allocate. */
#include <inttypes.h>

#include "view/probe_text.h"

static const char *consequence(bool frees)
{
	return frees ? "freed objects stay in the rows until the audit finds them or their address is used again"
		     : "allocated objects are not in the rows";
}

const char *kpm_hook_consequence(enum kpm_hook hook)
{
	return consequence(kpm_hook_table[hook].frees);
}

void kpm_missing_probes_print(FILE *out, const char *lead,
			      const struct kpm_hook_state hooks[KPM_HOOKS])
{
	for (int frees = 1; frees >= 0; frees--) {
		bool any = false;

		for (int i = 0; i < KPM_HOOKS; i++) {
			if (hooks[i].attach != KPM_ATTACH_MISSING ||
			    kpm_hook_table[i].frees != frees)
				continue;
			if (!any)
				fprintf(out, "%s:", lead);
			fprintf(out, " %s", kpm_hook_table[i].name);
			any = true;
		}
		if (any)
			fprintf(out, ": %s\n", consequence(frees));
	}
}

void kpm_losses_print(FILE *out, const struct kpm_loss *loss, const char *between)
{
	fprintf(out, "rows too high by at most %" PRIu64 " frees not seen%s", loss->lost_max,
		between);
	fprintf(out, "too low by at most %" PRIu64 " allocations not seen", loss->allocs);
	if (loss->refused || loss->tags_full)
		fprintf(out,
			"%sby %" PRIu64 " without room in the table, %" PRIu64
			" in that of the tags",
			between, loss->refused, loss->tags_full);
}
