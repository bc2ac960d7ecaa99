// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/visible.h"

static const char *const words[KPM_VISIBLES] = {
	[KPM_VISIBLE_DESCRIPTORS] = "descriptors",
	[KPM_VISIBLE_MAPPINGS] = "mappings",
	[KPM_VISIBLE_THREADS] = "threads",
	[KPM_VISIBLE_TIMERS] = "timers",
	[KPM_VISIBLE_LOCKS] = "locks",
	[KPM_VISIBLE_WATCHES] = "watches",
	[KPM_VISIBLE_IN_FLIGHT] = "in-flight",
	[KPM_VISIBLE_SIGNALS] = "signals",
	[KPM_VISIBLE_KEYS] = "keys",
	[KPM_VISIBLE_UNREAD] = "unread",
	[KPM_VISIBLE_MESSAGES] = "messages",
	[KPM_VISIBLE_SEMAPHORES] = "semaphores",
	[KPM_VISIBLE_SEGMENTS] = "segments",
	[KPM_VISIBLE_MOUNTS] = "mounts",
	[KPM_VISIBLE_NET_DEVICES] = "net-devices",
};

const char *kpm_visible_word(enum kpm_visible what)
{
	return words[what];
}

enum kpm_visible kpm_visible_of(const char *word)
{
	int what = 0;

	while (what < KPM_VISIBLES && strcmp(word, words[what]))
		what++;
	return what;
}
