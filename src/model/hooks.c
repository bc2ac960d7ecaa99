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
		[KPM_ATTACH_MISSING] = "missing",
		[KPM_ATTACH_NOT_NEEDED] = "not needed",
		[KPM_ATTACH_FENTRY] = "fentry",
		[KPM_ATTACH_KPROBE] = "kprobe",
	};

	return names[attach];
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

static int find(const char *name, size_t len)
{
	for (int i = 0; i < KPM_HOOKS; i++)
		if (strlen(kpm_hook_table[i].name) == len &&
		    !memcmp(kpm_hook_table[i].name, name, len))
			return i;
	return -1;
}

static int no_such_probe(const char *word, size_t len, struct kpm_err *err)
{
	char names[128] = "";

	for (int i = 0; i < KPM_HOOKS; i++) {
		strcat(names, kpm_hook_table[i].name);
		strcat(names, ", ");
	}
	return kpm_fail(err, -EINVAL,
			"--probes: '%.*s' is no + or - with one of %sfentry, kprobe, all",
			len < 40 ? (int)len : 40, word, names);
}

int kpm_hooks_choose(const char *list, struct kpm_hook_choice *choice, struct kpm_err *err)
{
	const uint32_t all = (1U << KPM_HOOKS) - 1;

	for (;;) {
		size_t len = strcspn(list, ","), rest = len ? len - 1 : 0;
		bool on = *list == '+';
		uint32_t bits = 0;

		if (*list != '+' && *list != '-')
			return no_such_probe(list, len, err);
		if (rest == 6 && !memcmp(list + 1, "fentry", 6)) {
			choice->no_fentry = !on;
		} else if (rest == 6 && !memcmp(list + 1, "kprobe", 6)) {
			choice->no_kprobe = !on;
		} else if (rest == 3 && !memcmp(list + 1, "all", 3)) {
			choice->off = on ? 0 : all;
		} else {
			int hook = find(list + 1, rest);

			if (hook < 0)
				return no_such_probe(list, len, err);
			bits = 1U << hook;
			choice->off = on ? choice->off & ~bits : choice->off | bits;
			choice->required = on ? choice->required | bits : choice->required & ~bits;
		}
		if (!list[len])
			return 0;
		list += len + 1;
	}
}
