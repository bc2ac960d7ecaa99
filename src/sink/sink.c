// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of formats. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sink/sink.h"

const struct kpm_sink kpm_sink_folded = {.name = "folded", .suffixes = "folded"};
const struct kpm_sink kpm_sink_svg = {.name = "svg", .suffixes = "svg"};
const struct kpm_sink kpm_sink_pprof = {.name = "pprof", .suffixes = "pprof pb.gz"};

static const struct kpm_sink *const sinks[KPM_FORMATS] = {
	[KPM_FORMAT_NONE] = &kpm_sink_table,    [KPM_FORMAT_TABLE] = &kpm_sink_table,
	[KPM_FORMAT_CSV] = &kpm_sink_csv,       [KPM_FORMAT_JSON] = &kpm_sink_json,
	[KPM_FORMAT_RECORD] = &kpm_sink_record, [KPM_FORMAT_PROMETHEUS] = &kpm_sink_prometheus,
	[KPM_FORMAT_FOLDED] = &kpm_sink_folded, [KPM_FORMAT_SVG] = &kpm_sink_svg,
	[KPM_FORMAT_PPROF] = &kpm_sink_pprof,
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

static enum kpm_format format_for(const char *file, bool of_samples)
{
	const char *slash = strrchr(file, '/');
	const char *dot = slash ? slash : file;

	/* a suffix may have a dot of its own: the longest counts */
	while ((dot = strchr(dot, '.'))) {
		dot++;
		for (enum kpm_format f = KPM_FORMAT_NONE + 1; f < KPM_FORMATS; f++)
			if ((sinks[f]->sample != NULL) == of_samples &&
			    kpm_word_in(sinks[f]->suffixes, dot))
				return f;
	}
	return KPM_FORMAT_NONE;
}

enum kpm_format kpm_format_for_file(const char *file)
{
	return format_for(file, true);
}

enum kpm_format kpm_stacks_format_for(const char *file)
{
	return kpm_format_for_file(file) == KPM_FORMAT_JSON ? KPM_FORMAT_JSON
							    : format_for(file, false);
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
