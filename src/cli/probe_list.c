// SPDX-License-Identifier: GPL-2.0-or-later
/* Parses the list of --probes. */
#include <string.h>

#include "cli/probe_list.h"

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
	return kpm_usage(err,
			 "--probes: '%.*s' is not + or - and one of %sfentry, kprobe, classic, all",
			 len < 40 ? (int)len : 40, word, names);
}

int kpm_probe_list(const char *list, struct kpm_hook_choice *choice, struct kpm_err *err)
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
		} else if (rest == 7 && !memcmp(list + 1, "classic", 7)) {
			choice->classic = on ? KPM_WISH_ON : KPM_WISH_OFF;
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
