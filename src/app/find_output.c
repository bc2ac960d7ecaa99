// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the output of find: a table for each NAME, or one JSON object. */
#include <errno.h>
#include <string.h>

#include "app/find_output.h"
#include "base/json.h"
#include "base/text.h"

static const char *const confidences[] = {
	[KPM_HIGH] = "high", [KPM_MEDIUM] = "medium", [KPM_LOW] = "low"};
static const char *const kinds[] = {
	[KPM_DEFINES] = "defines", [KPM_CREATES] = "creates", [KPM_CONTAINS] = "contains"};
static const char *const evidences[] = {[KPM_DEFINES] = "defines the function",
					[KPM_CREATES] = "creates the slab cache",
					[KPM_CONTAINS] = "contains the text"};

static const struct kpm_entry *entry_of(const struct kpm_find_output *r, const struct kpm_hit *h)
{
	size_t count;

	return &kpm_index_entries(r->index, &count)[h->entry];
}

static const char *path_of(const struct kpm_find_output *r, const struct kpm_hit *h)
{
	size_t size;

	return kpm_index_text(r->index, &size) + entry_of(r, h)->path;
}

static void table_of(FILE *out, const struct kpm_find_output *r, const struct kpm_found_files *f)
{
	char module[64], clean[4096];
	size_t width = strlen("Module");

	for (size_t i = 0; i < f->shown; i++) {
		size_t len = strlen(kpm_entry_module(r->index, entry_of(r, &f->hits[i]), module,
						     sizeof(module)));

		width = len > width ? len : width;
	}
	fprintf(out, "%s\n", kpm_clean(f->name, clean, sizeof(clean)));
	if (f->shown)
		fprintf(out, "   %-10s %-22s %-*s %s\n", "Confidence", "Evidence", (int)width,
			"Module", "File");
	for (size_t i = 0; i < f->shown; i++) {
		const struct kpm_hit *h = &f->hits[i];

		kpm_entry_module(r->index, entry_of(r, h), module, sizeof(module));
		fprintf(out, "   %-10s %-22s %-*s %s", confidences[h->confidence],
			evidences[h->evidence], (int)width, module,
			kpm_clean(path_of(r, h), clean, sizeof(clean)));
		if (strcmp(h->word, f->name))
			fprintf(out, "  '%s'", kpm_clean(h->word, clean, sizeof(clean)));
		fputc('\n', out);
	}
	if (f->count > f->shown)
		fprintf(out, "   and %zu more; --limit N shows more\n", f->count - f->shown);
	if (!f->count)
		fprintf(out, "   nothing found in %zu files\n", r->files);
	for (char **m = f->merged; m && *m; m++)
		fprintf(out, "%s%s", m == f->merged ? "   SLUB keeps it in one cache with: " : ", ",
			kpm_clean(*m, clean, sizeof(clean)));
	if (f->merged)
		fputc('\n', out);
}

int kpm_find_table(FILE *out, const void *output)
{
	const struct kpm_find_output *report = output;

	for (size_t i = 0; i < report->count; i++)
		table_of(out, report, &report->names[i]);
	return 0;
}

static json_t *hits_of(const struct kpm_find_output *r, const struct kpm_found_files *f)
{
	json_t *list = json_array();
	char module[64];

	for (size_t i = 0; i < f->shown; i++) {
		const struct kpm_hit *h = &f->hits[i];

		json_array_append_new(
			list,
			json_pack("{s:o s:s s:o s:s s:s s:o}", "file", kpm_json_text(path_of(r, h)),
				  "evidence", kinds[h->evidence], "module",
				  kpm_json_text(kpm_entry_module(r->index, entry_of(r, h), module,
								 sizeof(module))),
				  "confidence", confidences[h->confidence], "kind",
				  entry_of(r, h)->kind == KPM_KIND_MODULE ? "module" : "kernel",
				  "word", kpm_json_text(h->word)));
	}
	return list;
}

int kpm_find_json(FILE *out, const void *output)
{
	const struct kpm_find_output *report = output;
	json_t *names = json_array(), *all;

	for (size_t i = 0; i < report->count; i++) {
		const struct kpm_found_files *f = &report->names[i];
		json_t *merged = f->merged ? json_array() : json_null();

		for (char **m = f->merged; m && *m; m++)
			json_array_append_new(merged, kpm_json_text(*m));
		json_array_append_new(names,
				      json_pack("{s:o s:I s:o s:o}", "name", kpm_json_text(f->name),
						"found", (json_int_t)f->count, "merged_with",
						merged, "hits", hits_of(report, f)));
	}
	all = json_pack("{s:o s:I s:o}", "kernel", kpm_json_text(report->release), "files",
			(json_int_t)report->files, "names", names);
	return kpm_json_line(out, all);
}
