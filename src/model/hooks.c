// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and consequences of the hooks, and the list that turns them on and off. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/hooks.h"

const struct kpm_hook_info kpm_hook_table[KPM_HOOKS] = {
	[KPM_HOOK_KFREE_RCU] = {"kfree_rcu", "kvfree_call_rcu", true},
	[KPM_HOOK_KFREE_RCU_NOLOCK] = {"kfree_rcu_nolock", "kfree_call_rcu_nolock", true},
	[KPM_HOOK_FREE_BULK] = {"free_bulk", "kmem_cache_free_bulk", true},
	[KPM_HOOK_KFREE_NOLOCK] = {"kfree_nolock", "kfree_nolock", true},
	[KPM_HOOK_SHEAF] = {"sheaf", "rcu_free_sheaf", true},
	[KPM_HOOK_ALLOC_BULK] = {"alloc_bulk", "kmem_cache_alloc_bulk", false},
	[KPM_HOOK_KMALLOC_NOLOCK] = {"kmalloc_nolock", "kmalloc_nolock", false},
};

static const char *consequence(bool frees)
{
	return frees ? "freed objects stay in the rows until the audit finds them or their address is used again"
		     : "allocated objects are not in the rows";
}

const char *kpm_hook_consequence(enum kpm_hook hook)
{
	return consequence(kpm_hook_table[hook].frees);
}

const char *kpm_way_name(enum kpm_way way)
{
	static const char *const names[] = {
		[KPM_WAY_MISSING] = "missing",
		[KPM_WAY_NOT_NEEDED] = "not needed",
		[KPM_WAY_FENTRY] = "fentry",
		[KPM_WAY_KPROBE] = "kprobe",
	};

	return names[way];
}

bool kpm_hook_unproven(const struct kpm_hook_state *state)
{
	return state->way >= KPM_WAY_FENTRY && !state->runs;
}

bool kpm_hooks_unseen(const enum kpm_way way[KPM_HOOKS])
{
	for (int i = 0; i < KPM_HOOKS; i++)
		if (kpm_hook_table[i].frees && way[i] == KPM_WAY_MISSING)
			return true;
	return false;
}

char *kpm_hooks_missing(const struct kpm_hook_state *states, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (int frees = 1; frees >= 0; frees--) {
		bool any = false;

		for (int i = 0; i < KPM_HOOKS && used < size; i++) {
			if (states[i].way != KPM_WAY_MISSING || kpm_hook_table[i].frees != frees)
				continue;
			used += snprintf(buf + used, size - used, "%s%s",
					 any    ? " "
					 : used ? "; "
						: "",
					 kpm_hook_table[i].name);
			any = true;
		}
		if (any && used < size)
			used += snprintf(buf + used, size - used, ": %s", consequence(frees));
	}
	return buf;
}
