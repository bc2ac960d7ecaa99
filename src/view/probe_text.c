// SPDX-License-Identifier: GPL-2.0-or-later
/* Two consequences: of hooks that free, and of hooks that allocate. */
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
