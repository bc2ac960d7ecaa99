// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of sinks. */
#include <string.h>

#include "sink/sink.h"

static const struct kpm_sink *const sinks[] = {
	&kpm_sink_table, &kpm_sink_csv, &kpm_sink_json, &kpm_sink_record, &kpm_sink_prometheus,
};

#define SINKS (sizeof(sinks) / sizeof(*sinks))

const struct kpm_sink *kpm_sink_find(const char *name)
{
	for (size_t i = 0; i < SINKS; i++)
		if (!strcmp(sinks[i]->name, name))
			return sinks[i];
	return NULL;
}

/* Is `word` one of the words of a list separated by blanks? */
static bool listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (;;) {
		size_t n = strcspn(list, " ");

		if (n == len && n && !memcmp(list, word, n))
			return true;
		if (!list[n])
			return false;
		list += n + 1;
	}
}

const struct kpm_sink *kpm_sink_for_file(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *dot = strrchr(slash ? slash : file, '.');

	for (size_t i = 0; dot && i < SINKS; i++)
		if (listed(sinks[i]->suffixes, dot + 1))
			return sinks[i];
	return NULL;
}
