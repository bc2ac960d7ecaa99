// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of columns. A getter leaves an unknown cell alone: kpm_column_get has made the
 * cell missing before. Rows of no tag (totals) have no names.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/alerts.h"
#include "view/columns.h"
#include "view/kind_names.h"
#include "view/verdict.h"

typedef const struct kpm_frame *frame_t;
typedef const struct kpm_row *row_t;
typedef struct kpm_cell *cell_t;

static void set_uint(cell_t cell, uint64_t u)
{
	cell->type = KPM_CELL_UINT;
	cell->u = u;
}

static void set_int(cell_t cell, int64_t i)
{
	cell->type = KPM_CELL_INT;
	cell->i = i;
}

static void set_text(cell_t cell, const char *text)
{
	if (!text)
		return;
	cell->type = KPM_CELL_TEXT;
	cell->text = text == cell->own ? NULL : text; /* cells are moved about */
}

static const struct kpm_tag_name *name_of(frame_t f, row_t r)
{
	static const struct kpm_tag_name total = {.text = "Total"};

	return r->tag == KPM_NO_TAG ? &total : kpm_tagset_get(f->part.tags, r->tag);
}

/* Of the sample. */

static void get_time(frame_t f, row_t r, cell_t c)
{
	(void)r;
	set_text(c, kpm_format_time(f->part.snap->wall_ns, c->own));
}

static void get_host(frame_t f, row_t r, cell_t c)
{
	(void)r;
	set_text(c, f->part.snap->host);
}

static void get_kernel(frame_t f, row_t r, cell_t c)
{
	(void)r;
	set_text(c, f->part.snap->kernel);
}

static void get_tracked_s(frame_t f, row_t r, cell_t c)
{
	(void)r;
	c->type = KPM_CELL_SECONDS;
	c->i = f->part.snap->mono_ns - f->part.snap->started_ns;
}

static void get_lost(frame_t f, row_t r, cell_t c)
{
	const struct kpm_loss *loss = &f->part.snap->loss;

	(void)r;
	if (f->part.snap->have & KPM_HAVE_LOSS)
		set_uint(c, kpm_loss_events(loss));
}

static void get_missing_probes(frame_t f, row_t r, cell_t c)
{
	(void)r;
	set_text(c, f->part.snap->missing);
}

/* Names. */

static void get_tag(frame_t f, row_t r, cell_t c)
{
	set_text(c, name_of(f, r)->text);
}

/* A group's name stands in the column of what it is a group of. */
static const char *group_text(frame_t f, row_t r, enum kpm_rollup_by by)
{
	return f->part.by == by && r->tag != KPM_NO_TAG ? name_of(f, r)->text : NULL;
}

static void get_cache(frame_t f, row_t r, cell_t c)
{
	const char *group = group_text(f, r, KPM_BY_CACHE);

	set_text(c, group ? group : name_of(f, r)->cache);
}

static void get_cache_aliases(frame_t f, row_t r, cell_t c)
{
	const struct kpm_merged_cache *merged = name_of(f, r)->merged;

	if (!merged)
		return;
	set_text(c, merged->aliases);
	c->type = KPM_CELL_LIST;
}

static void get_type(frame_t f, row_t r, cell_t c)
{
	(void)f;
	set_text(c, kpm_row_type(r));
}

static void get_symbol(frame_t f, row_t r, cell_t c)
{
	set_text(c, name_of(f, r)->symbol);
}

static void get_offset(frame_t f, row_t r, cell_t c)
{
	const struct kpm_tag_name *name = name_of(f, r);

	if (!name->symbol)
		return;
	snprintf(c->own, sizeof(c->own), "0x%" PRIx64, name->offset);
	set_text(c, c->own);
}

static void get_address(frame_t f, row_t r, cell_t c)
{
	const struct kpm_tag_name *name = name_of(f, r);

	if (!name->site)
		return;
	snprintf(c->own, sizeof(c->own), "0x%" PRIx64, name->site);
	set_text(c, c->own);
}

static void get_module(frame_t f, row_t r, cell_t c)
{
	const char *group = group_text(f, r, KPM_BY_MODULE);
	const char *module = group ? group : name_of(f, r)->module;

	if (!module || !r->unloaded) {
		set_text(c, module);
		return;
	}
	snprintf(c->own, sizeof(c->own), "%s (unloaded)", module);
	set_text(c, c->own);
}

static void get_label(frame_t f, row_t r, cell_t c)
{
	if (f->part.labels && r->tag != KPM_NO_TAG)
		set_text(c, f->part.labels[r->tag]);
}

/* Locations on disk. */

static const struct kpm_location *location_of(frame_t f, row_t r)
{
	static const struct kpm_location nowhere = {0};
	const struct kpm_location *location = NULL;

	if (f->part.locations && r->tag != KPM_NO_TAG)
		location = f->part.locations[r->tag];
	return location ? location : &nowhere;
}

#define LOCATION(member)                                                                           \
	static void get_##member(frame_t f, row_t r, cell_t c)                                     \
	{                                                                                          \
		set_text(c, location_of(f, r)->member);                                            \
	}

LOCATION(file)
LOCATION(source)
LOCATION(inlined)
LOCATION(build_id)
LOCATION(srcversion)
LOCATION(vendor)
LOCATION(builtin)

static void get_line(frame_t f, row_t r, cell_t c)
{
	if (location_of(f, r)->line)
		set_uint(c, location_of(f, r)->line);
}

static void get_build(frame_t f, row_t r, cell_t c)
{
	enum kpm_build build = location_of(f, r)->build;

	if (build != KPM_BUILD_UNKNOWN)
		set_text(c, build == KPM_BUILD_LOADED ? "loaded" : "other");
}

/* Who is behind the tag: the party of the largest share, from a half of it on. */

static const struct kpm_share *first_of(frame_t f, row_t r, enum kpm_party_kind kind)
{
	return f->part.who && r->tag != KPM_NO_TAG ? kpm_who_first(f->part.who, r->tag, kind)
						   : NULL;
}

static const struct kpm_party *party_of(frame_t f, row_t r, enum kpm_party_kind kind)
{
	const struct kpm_share *first = first_of(f, r, kind);

	return first ? kpm_who_get(f->part.who, first->party) : NULL;
}

/* `(not sampled)` is the name of a group and no party. */
#define PARTY(column, kind, group_by, member)                                                      \
	static void get_##column(frame_t f, row_t r, cell_t c)                                     \
	{                                                                                          \
		const struct kpm_party *party = party_of(f, r, kind);                              \
                                                                                                   \
		set_text(c, party ? party->member : group_text(f, r, group_by));                   \
	}

PARTY(owner, KPM_OWNER, KPM_BY_OWNER, name)
PARTY(owner_module, KPM_OWNER, KPM_ROLLUPS, module)
PARTY(process, KPM_PROCESS, KPM_BY_PROCESS, name)
PARTY(cgroup, KPM_CGROUP, KPM_BY_CGROUP, name)

static void get_owner_share(frame_t f, row_t r, cell_t c)
{
	const struct kpm_share *first = first_of(f, r, KPM_OWNER);

	if (!first || f->part.by)
		return;
	c->type = KPM_CELL_UINT;
	c->u = first->share * 100 + 0.5;
}

static void get_pid(frame_t f, row_t r, cell_t c)
{
	const struct kpm_party *party = party_of(f, r, KPM_PROCESS);

	if (party && party->pid)
		set_uint(c, party->pid);
}

static void get_samples(frame_t f, row_t r, cell_t c)
{
	if (f->part.who && r->tag != KPM_NO_TAG && !f->part.by)
		set_uint(c, kpm_who_samples(f->part.who, r->tag));
}

/* Figures. */

#define COUNT(member)                                                                              \
	static void get_##member(frame_t f, row_t r, cell_t c)                                     \
	{                                                                                          \
		set_uint(c, kpm_frame_counts(f, r).member);                                        \
	}

COUNT(allocs)
COUNT(frees)
COUNT(diff)
COUNT(bytes)
COUNT(missed)
COUNT(audited)
COUNT(refused)

static void get_per_alloc(frame_t f, row_t r, cell_t c)
{
	struct kpm_counts n = kpm_frame_counts(f, r);

	if (n.diff)
		set_uint(c, n.bytes / n.diff);
}

static void get_nonp_bytes(frame_t f, row_t r, cell_t c)
{
	(void)f;
	set_uint(c, r->kind[KPM_NONP].bytes);
}

static void get_paged_bytes(frame_t f, row_t r, cell_t c)
{
	(void)f;
	set_uint(c, r->kind[KPM_PAGED].bytes);
}

static void get_asked_bytes(frame_t f, row_t r, cell_t c)
{
	if (f->part.snap->have & KPM_HAVE_ASKED)
		set_uint(c, kpm_frame_counts(f, r).asked);
}

static void get_waste_bytes(frame_t f, row_t r, cell_t c)
{
	struct kpm_counts n = kpm_frame_counts(f, r);

	/* read while the probes count, `asked` may be ahead of `bytes` for a moment */
	if (f->part.snap->have & KPM_HAVE_ASKED)
		set_uint(c, n.bytes > n.asked ? n.bytes - n.asked : 0);
}

static void get_estimated(frame_t f, row_t r, cell_t c)
{
	(void)f;
	c->type = KPM_CELL_BOOL;
	c->u = r->estimated;
}

static void get_error(frame_t f, row_t r, cell_t c)
{
	if (f->part.by >= KPM_BY_OWNER && r->tag != KPM_NO_TAG)
		set_uint(c, r->error + 0.5);
}

/* Changes. */

static bool change_of(frame_t f, row_t r, struct kpm_change *change)
{
	return f->part.history && r->tag != KPM_NO_TAG &&
	       kpm_history_change(f->part.history, r->tag, f->pool, change);
}

#define CHANGE(member)                                                                             \
	static void get_##member##_change(frame_t f, row_t r, cell_t c)                            \
	{                                                                                          \
		struct kpm_change change;                                                          \
                                                                                                   \
		if (change_of(f, r, &change))                                                      \
			set_int(c, change.member);                                                 \
	}

CHANGE(allocs)
CHANGE(frees)
CHANGE(diff)
CHANGE(bytes)

static void get_per_alloc_change(frame_t f, row_t r, cell_t c)
{
	struct kpm_counts n = kpm_frame_counts(f, r);
	struct kpm_change change;
	int64_t before;

	if (!change_of(f, r, &change))
		return;
	before = n.diff - change.diff;
	if (n.diff && before > 0)
		set_int(c, n.bytes / n.diff - (int64_t)(n.bytes - change.bytes) / before);
}

static void get_bytes_rate(frame_t f, row_t r, cell_t c)
{
	double rate;

	if (f->part.history && r->tag != KPM_NO_TAG &&
	    kpm_history_rate(f->part.history, r->tag, f->pool, &rate))
		set_int(c, rate);
}

static void get_since_mark(frame_t f, row_t r, cell_t c)
{
	struct kpm_change change;

	if (f->part.history && r->tag != KPM_NO_TAG &&
	    kpm_history_change_since(f->part.history, KPM_BASE_MARK, r->tag, f->pool, &change))
		set_int(c, change.bytes);
}

static void get_age(frame_t f, row_t r, cell_t c)
{
	if (!f->part.trend || r->tag == KPM_NO_TAG)
		return;
	c->type = KPM_CELL_SECONDS;
	c->i = kpm_trend_steps(f->part.trend, r->tag).seen_ns;
}

/* Judgement. */

static void get_alert(frame_t f, row_t r, cell_t c)
{
	struct kpm_alert list[2];
	uint32_t count;

	if (!f->part.alerts || r->tag == KPM_NO_TAG)
		return;
	count = kpm_alerts_list(f->part.alerts, r->tag, list, 2);
	if (!count)
		return;
	snprintf(c->own, sizeof(c->own), "%.70s%s", list[0].rule->name, count > 1 ? " +" : "");
	set_text(c, c->own);
}

static void get_verdict(frame_t f, row_t r, cell_t c)
{
	struct kpm_evidence evidence;

	if (!f->part.trend || r->tag == KPM_NO_TAG)
		return;
	kpm_evidence_gather(f->part.snap, r, name_of(f, r), f->part.trend, NULL, &evidence);
	set_text(c, kpm_verdict_name(kpm_verdict_on(&evidence)));
}

#define TEXT(n, t, h, g)                                                                           \
	{                                                                                          \
		.name = n, .title = t, .help = h, .get = g                                         \
	}
#define WHERE(n, t, need, h, g)                                                                    \
	{                                                                                          \
		.name = n, .title = t, .help = h, .get = g, .needs = need                          \
	}
#define SAMPLE(n, t, h, g)                                                                         \
	{                                                                                          \
		.name = n, .title = t, .help = h, .get = g, .sample = true                         \
	}
#define WHO(n, t, h, g)                                                                            \
	{                                                                                          \
		.name = n, .title = t, .help = h, .get = g, .who = true                            \
	}
#define WHO_NUMBER(n, t, h, g)                                                                     \
	{                                                                                          \
		.name = n, .title = t, .right = true, .falling = true, .help = h, .get = g,        \
		.who = true                                                                        \
	}
#define NUMBER(n, t, u, ch, h, g)                                                                  \
	{                                                                                          \
		.name = n, .title = t, .unit = u, .right = true, .falling = true, .change = ch,    \
		.help = h, .get = g                                                                \
	}

const struct kpm_column kpm_columns[] = {
	SAMPLE("time", "Time", "when the sample was taken, UTC", get_time),
	SAMPLE("host", "Host", "name of the machine", get_host),
	SAMPLE("kernel", "Kernel", "release of its kernel", get_kernel),
	{.name = "tracked_s",
	 .title = "Tracked",
	 .unit = KPM_UNIT_SECONDS,
	 .right = true,
	 .falling = true,
	 .sample = true,
	 .help = "seconds of tracking",
	 .get = get_tracked_s},
	TEXT("tag", "Tag", "call site, symbol+offset [module]", get_tag),
	TEXT("cache", "Cache", "slab cache", get_cache),
	TEXT("type", "Type", "Nonp, Paged or Mixed", get_type),
	NUMBER("allocs", "Allocs", KPM_UNIT_OBJECTS, "allocs_change", "objects allocated",
	       get_allocs),
	NUMBER("frees", "Frees", KPM_UNIT_OBJECTS, "frees_change", "of these freed", get_frees),
	NUMBER("diff", "Diff", KPM_UNIT_OBJECTS, "diff_change", "objects outstanding", get_diff),
	NUMBER("bytes", "Bytes", KPM_UNIT_BYTES, "bytes_change", "bytes they occupy", get_bytes),
	NUMBER("per_alloc", "Per-Alloc", KPM_UNIT_BYTES, "per_alloc_change", "bytes / diff",
	       get_per_alloc),
	NUMBER("nonp_bytes", "Nonp", KPM_UNIT_BYTES, NULL, "of bytes, unreclaimable",
	       get_nonp_bytes),
	NUMBER("paged_bytes", "Paged", KPM_UNIT_BYTES, NULL, "of bytes, reclaimable",
	       get_paged_bytes),
	NUMBER("waste_bytes", "Waste", KPM_UNIT_BYTES, NULL, "of bytes, not asked for",
	       get_waste_bytes),
	NUMBER("missed", "Missed", KPM_UNIT_OBJECTS, NULL,
	       "of frees, seen only when the address was used again", get_missed),
	NUMBER("audited", "Audited", KPM_UNIT_OBJECTS, NULL,
	       "of frees, not seen: the audit found the object free", get_audited),
	NUMBER("refused", "Refused", KPM_UNIT_OBJECTS, NULL,
	       "of allocs, not tracked: the table was full", get_refused),
	TEXT("estimated", "Estimated", "the figures are an estimate", get_estimated),
	TEXT("symbol", "Symbol", "function of the call site", get_symbol),
	TEXT("offset", "Offset", "of the return address in it", get_offset),
	TEXT("module", "Module", "its module, or kernel", get_module),
	WHERE("module_file", "File", KPM_LOCATION_FILE, "the module's file", get_file),
	WHERE("source_file", "Source", KPM_LOCATION_LINE, "source file of the call site",
	      get_source),
	{.name = "source_line",
	 .title = "Line",
	 .right = true,
	 .needs = KPM_LOCATION_LINE,
	 .help = "line in it",
	 .get = get_line},
	WHO("owner", "Owner", "function answerable for most of it", get_owner),
	TEXT("label", "Label", "from the file given with -g", get_label),
	{.name = "lost",
	 .title = "Lost",
	 .unit = KPM_UNIT_OBJECTS,
	 .right = true,
	 .falling = true,
	 .sample = true,
	 .help = "events that could not be accounted",
	 .get = get_lost},
	SAMPLE("missing_probes", "Missing", "probes that are not attached", get_missing_probes),
	NUMBER("since_mark", "Since-mark", KPM_UNIT_BYTES, NULL, "change of bytes since the mark",
	       get_since_mark),
	NUMBER("age_s", "Age", KPM_UNIT_SECONDS, NULL, "seconds since the tag was first seen",
	       get_age),
	TEXT("alert", "Alert", "rule that fires for the tag", get_alert),
	TEXT("verdict", "Verdict", "leak?, growing, churn, cache or steady", get_verdict),
	TEXT("cache_aliases", "Aliases", "the kernel's caches that a merged one is",
	     get_cache_aliases),
	TEXT("address", "Address", "return address of the call site", get_address),
	WHERE("inlined", "Inlined", KPM_LOCATION_LINE, "functions inlined at the call site",
	      get_inlined),
	WHERE("build", "Build", KPM_LOCATION_FILE, "is the file the loaded build? loaded or other",
	      get_build),
	WHERE("build_id", "Build-Id", KPM_LOCATION_FILE, "build-id of the file", get_build_id),
	WHERE("srcversion", "Srcversion", KPM_LOCATION_FILE, "version of its source",
	      get_srcversion),
	WHERE("vendor", "Vendor", KPM_LOCATION_VENDOR, "package that owns the file", get_vendor),
	WHERE("builtin", "Builtin", KPM_LOCATION_BUILTIN, "name of the built-in module",
	      get_builtin),
	NUMBER("asked_bytes", "Asked", KPM_UNIT_BYTES, NULL, "bytes that were asked for",
	       get_asked_bytes),
	NUMBER("allocs_change", "(Allocs)", KPM_UNIT_OBJECTS, NULL, "change of allocs",
	       get_allocs_change),
	NUMBER("frees_change", "(Frees)", KPM_UNIT_OBJECTS, NULL, "change of frees",
	       get_frees_change),
	NUMBER("diff_change", "(Diff)", KPM_UNIT_OBJECTS, NULL, "change of diff", get_diff_change),
	NUMBER("bytes_change", "(Bytes)", KPM_UNIT_BYTES, NULL, "change of bytes",
	       get_bytes_change),
	NUMBER("per_alloc_change", "(Per-Alloc)", KPM_UNIT_BYTES, NULL, "change of per_alloc",
	       get_per_alloc_change),
	NUMBER("error", "Error", KPM_UNIT_OBJECTS, NULL,
	       "standard error of diff, of owners, processes and cgroups", get_error),
	WHO("owner_module", "Owner-module", "its module, or kernel", get_owner_module),
	WHO_NUMBER("owner_share", "Owner%", "its part of diff, percent", get_owner_share),
	WHO("process", "Process", "command that allocated most of it", get_process),
	WHO_NUMBER("pid", "PID", "number of that process", get_pid),
	WHO("cgroup", "Cgroup", "cgroup of what allocated most of it", get_cgroup),
	WHO_NUMBER("samples", "Samples", "living objects whose stacks are known", get_samples),
	NUMBER("bytes_per_s", "Bytes/s", KPM_UNIT_BYTES_PER_SECOND, NULL,
	       "change of bytes in a second", get_bytes_rate),
};
const size_t kpm_column_count = sizeof(kpm_columns) / sizeof(*kpm_columns);

void kpm_column_get(const struct kpm_column *column, const struct kpm_frame *frame,
		    const struct kpm_row *row, struct kpm_cell *cell)
{
	cell->type = KPM_CELL_MISSING;
	cell->u = 0;
	cell->i = 0;
	cell->text = NULL;
	column->get(frame, row, cell);
}

const char *kpm_group_columns(enum kpm_rollup_by by, bool machine)
{
#define MACHINE(key)                                                                               \
	"time,host,kernel,tracked_s," key ",type,allocs,frees,diff,bytes,per_alloc,nonp_bytes,"    \
	"paged_bytes,estimated,error,lost,missing_probes"
#define TABLE(key) key ",type,diff,error,bytes,per_alloc"
	static const char *const columns[KPM_ROLLUPS][2] = {
		[KPM_BY_TAG] = {"", ""},
		[KPM_BY_MODULE] = {"module,type,allocs,frees,diff,bytes,per_alloc",
				   MACHINE("module")},
		[KPM_BY_CACHE] = {"cache,type,allocs,frees,diff,bytes,per_alloc", MACHINE("cache")},
		[KPM_BY_OWNER] = {TABLE("owner,owner_module"), MACHINE("owner,owner_module")},
		[KPM_BY_PROCESS] = {TABLE("process,pid"), MACHINE("process,pid")},
		[KPM_BY_CGROUP] = {TABLE("cgroup"), MACHINE("cgroup")},
	};

	return columns[by][machine];
}
