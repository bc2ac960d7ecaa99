// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of formats. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sink/sink.h"

static const struct kpm_sink *const sinks[KPM_FORMATS] = {
	[KPM_FORMAT_NONE] = &kpm_sink_table,    [KPM_FORMAT_TABLE] = &kpm_sink_table,
	[KPM_FORMAT_CSV] = &kpm_sink_csv,       [KPM_FORMAT_JSON] = &kpm_sink_json,
	[KPM_FORMAT_RECORD] = &kpm_sink_record, [KPM_FORMAT_PROMETHEUS] = &kpm_sink_prometheus,
};

const struct kpm_sink *kpm_sink_of(enum kpm_format format)
{
	return sinks[format];
}

enum kpm_format kpm_format_find(const char *name)
{
	for (enum kpm_format f = KPM_FORMAT_NONE + 1; f < KPM_FORMATS; f++)
		if (!strcmp(sinks[f]->name, name))
			return f;
	return KPM_FORMAT_NONE;
}

enum kpm_format kpm_format_for_file(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *dot = strrchr(slash ? slash : file, '.');

	for (enum kpm_format f = KPM_FORMAT_NONE + 1; dot && f < KPM_FORMATS; f++)
		if (kpm_word_in(sinks[f]->suffixes, dot + 1))
			return f;
	return KPM_FORMAT_NONE;
}

char *kpm_format_names(char *buf, size_t size)
{
	size_t used = 0;

	for (enum kpm_format f = KPM_FORMAT_NONE + 1; f < KPM_FORMATS && used < size; f++)
		used += snprintf(buf + used, size - used, "%s%s",
				 used && f + 1 == KPM_FORMATS ? " and "
				 : used                       ? ", "
							      : "",
				 sinks[f]->name);
	return buf;
}
