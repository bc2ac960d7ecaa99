// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of the hooks, and the list that turns them on and off. */
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

const char *kpm_attach_name(enum kpm_attach attach)
{
	static const char *const names[] = {
		[KPM_ATTACH_MISSING] = "missing",    [KPM_ATTACH_NOT_NEEDED] = "not needed",
		[KPM_ATTACH_FENTRY] = "fentry",      [KPM_ATTACH_KPROBE] = "kprobe",
		[KPM_ATTACH_BOTH] = "fentry+kprobe",
	};

	return names[attach];
}

const char *kpm_second_copies_name(enum kpm_second_copies second)
{
	static const char *const names[] = {
		[KPM_SECOND_NONE] = "none",
		[KPM_SECOND_FREES] = "frees",
		[KPM_SECOND_WEAK] = "all (classic missing)",
		[KPM_SECOND_CLASSIC] = "classic",
	};

	return names[second];
}

bool kpm_hook_unproven(const struct kpm_hook_state *state)
{
	return state->attach >= KPM_ATTACH_FENTRY && !state->runs;
}

bool kpm_hooks_unseen(const enum kpm_attach attach[KPM_HOOKS])
{
	for (int i = 0; i < KPM_HOOKS; i++)
		if (kpm_hook_table[i].frees && attach[i] == KPM_ATTACH_MISSING)
			return true;
	return false;
}

char *kpm_hooks_missing(const struct kpm_hook_state *states, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (int i = 0; i < KPM_HOOKS && used < size; i++)
		if (states[i].attach == KPM_ATTACH_MISSING)
			used += snprintf(buf + used, size - used, "%s%s", used ? " " : "",
					 kpm_hook_table[i].name);
	return buf;
}
