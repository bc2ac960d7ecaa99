// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prometheus' text format, for node_exporter's textfile collector: base units, counters end in
 * _total, no times. What is not known is absent. So that no leak makes series without end, only
 * the first rows are there; the sums are those of all.
 *
 *   # HELP kpoolmon_tag_outstanding_bytes Bytes that outstanding objects of a tag occupy.
 *   # TYPE kpoolmon_tag_outstanding_bytes gauge
 *   kpoolmon_tag_outstanding_bytes{tag="load_msg+0x41",cache="msg_msg-2k",module="kernel"} 8062976
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "sink/sink.h"
#include "view/kind_names.h"

/* Rows at most: four series each. */
#define ROWS_MAX 100

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP kpoolmon_%s %s\n# TYPE kpoolmon_%s %s\n", name, help, name, type);
}

static void single(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	fprintf(out, "kpoolmon_%s %" PRIu64 "\n", name, value);
}

/* The value of a label; a backslash and a quote are escaped, line feeds cannot be. */
static void label(FILE *out, const char *name, const char *raw, bool first)
{
	char text[KPM_CLEAN_LEN];

	fprintf(out, "%s%s=\"", first ? "{" : ",", name);
	for (const char *p = kpm_clean(raw ? raw : "", text, sizeof(text)); *p; p++)
		fprintf(out, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
	fputc('"', out);
}

static uint64_t bytes_of(const struct kpm_counts *n)
{
	return n->bytes;
}

static uint64_t objects_of(const struct kpm_counts *n)
{
	return n->diff;
}

static uint64_t allocs_of(const struct kpm_counts *n)
{
	return n->allocs;
}

static uint64_t frees_of(const struct kpm_counts *n)
{
	return n->frees;
}

static const struct {
	const char *name, *type, *help;
	uint64_t (*get)(const struct kpm_counts *n);
} series[] = {
	{"tag_outstanding_bytes", "gauge", "Bytes that outstanding objects of a tag occupy.",
	 bytes_of},
	{"tag_outstanding_objects", "gauge", "Objects of a tag allocated and not freed.",
	 objects_of},
	{"tag_allocs_total", "counter", "Objects of a tag allocated since tracking began.",
	 allocs_of},
	{"tag_frees_total", "counter", "Objects of a tag freed since tracking began.", frees_of},
};

static void put_rows(FILE *out, const struct kpm_frame *frame)
{
	uint32_t count = frame->count < ROWS_MAX ? frame->count : ROWS_MAX;

	for (size_t k = 0; count && k < sizeof(series) / sizeof(*series); k++) {
		head(out, series[k].name, series[k].type, series[k].help);
		for (uint32_t i = 0; i < count; i++) {
			const struct kpm_row *row = &frame->part.snap->rows[frame->order[i]];
			const struct kpm_tag_name *name =
				kpm_tagset_get(frame->part.tags, row->tag);
			struct kpm_counts n = kpm_frame_counts(frame, row);

			fprintf(out, "kpoolmon_%s", series[k].name);
			label(out, "tag", name->text, true);
			label(out, "cache", name->cache, false);
			label(out, "module", name->module, false);
			fprintf(out, "} %" PRIu64 "\n", series[k].get(&n));
		}
	}
}

/*
 * Who is behind a tag: a series of its own, since a label that changes begins a new series, which
 * the figures of a tag must not.
 */
static void put_who(FILE *out, const struct kpm_frame *frame)
{
	static const char *const names[KPM_PARTY_KINDS] = {"owner", "process", "cgroup"};
	uint32_t count = frame->count < ROWS_MAX ? frame->count : ROWS_MAX;
	const struct kpm_who *who = frame->part.who;

	if (!count || !who)
		return;
	head(out, "tag_owner_info", "gauge",
	     "Function, process and cgroup behind most of what is outstanding under a tag.");
	for (uint32_t i = 0; i < count; i++) {
		const struct kpm_row *row = &frame->part.snap->rows[frame->order[i]];
		const struct kpm_tag_name *name = kpm_tagset_get(frame->part.tags, row->tag);
		const struct kpm_share *first[KPM_PARTY_KINDS];
		const struct kpm_party *party[KPM_PARTY_KINDS];

		for (int kind = 0; kind < KPM_PARTY_KINDS; kind++) {
			first[kind] = kpm_who_first(who, row->tag, kind);
			party[kind] = first[kind] ? kpm_who_get(who, first[kind]->party) : NULL;
		}
		if (!party[KPM_OWNER] && !party[KPM_PROCESS] && !party[KPM_CGROUP])
			continue;
		fputs("kpoolmon_tag_owner_info", out);
		label(out, "tag", name->text, true);
		label(out, "cache", name->cache, false);
		label(out, "module", name->module, false);
		for (int kind = 0; kind < KPM_PARTY_KINDS; kind++)
			if (party[kind])
				label(out, names[kind], party[kind]->name, false);
		if (party[KPM_OWNER])
			label(out, "owner_module", party[KPM_OWNER]->module, false);
		fputs("} 1\n", out);
	}
}

static void put_sample(FILE *out, const struct kpm_frame *frame, const char *version)
{
	const struct kpm_snapshot *snap = frame->part.snap;
	unsigned int missing = 0;

	head(out, "info", "gauge", "Version of kpoolmon and release of the kernel.");
	fputs("kpoolmon_info", out);
	label(out, "version", version, true);
	label(out, "kernel", snap->kernel, false);
	fputs("} 1\n", out);
	head(out, "tracked_seconds", "gauge", "Seconds since tracking began.");
	fprintf(out, "kpoolmon_tracked_seconds %.3f\n",
		(snap->mono_ns - snap->started_ns) / 1000000 / 1e3);
	head(out, "outstanding_bytes", "gauge", "Bytes of outstanding objects of all tags.");
	for (int k = 0; k < KPM_KINDS; k++)
		fprintf(out, "kpoolmon_outstanding_bytes{type=\"%s\"} %" PRIu64 "\n",
			kpm_kind_names[k].key, frame->tracked[k]);
	if (snap->have & KPM_HAVE_CAPACITY) {
		single(out, "objects", "gauge", "Entries in the table of objects.",
		       snap->capacity.objects);
		single(out, "objects_rated", "gauge", "Entries that the table is made for.",
		       snap->capacity.objects_rated);
		single(out, "tags", "gauge", "Tags in use.", snap->capacity.tags);
		single(out, "tags_limit", "gauge", "Tags that there is room for.",
		       snap->capacity.tags_max);
		single(out, "kernel_memory_bytes", "gauge", "Kernel memory of the tables.",
		       snap->capacity.kernel_bytes);
	}
	if (snap->have & KPM_HAVE_LOSS) {
		single(out, "lost_events_total", "counter",
		       "Events that could not be accounted, at most.",
		       kpm_loss_events(&snap->loss));
		single(out, "lost_frees_total", "counter",
		       "Frees not seen, at most, of these: rows are too high.",
		       snap->loss.lost_max);
		single(out, "lost_allocs_total", "counter",
		       "Allocations not seen, at most, of these: rows are too low.",
		       snap->loss.allocs);
		single(out, "missed_frees_total", "counter",
		       "Frees that were seen only when the address was used again.",
		       snap->loss.missed);
		single(out, "audited_frees_total", "counter",
		       "Frees that were not seen: the audit found the object free.",
		       snap->loss.audited);
	}
	if (!(snap->have & KPM_HAVE_HOOKS))
		return;
	for (int i = 0; i < KPM_HOOKS; i++)
		missing += snap->hooks[i].attach == KPM_ATTACH_MISSING;
	single(out, "missing_probes", "gauge", "Probes that this kernel does not permit.", missing);
}

static int prometheus_sample(FILE *out, const struct kpm_frame *frame,
			     const struct kpm_sink_opts *opts)
{
	put_sample(out, frame, opts->version);
	put_rows(out, frame);
	put_who(out, frame);
	return ferror(out) ? -ENOMEM : 0;
}

const struct kpm_sink kpm_sink_prometheus = {
	.name = "prometheus",
	.suffixes = "prom",
	.columns = "tag,cache,module",
	.who = true,
	.sample = prometheus_sample,
};
