// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "app/diagnosis_output.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/text.h"
#include "view/findings_text.h"
#include "view/kind_names.h"
#include "view/probe_text.h"

static const char *tag_text(const struct kpm_diagnosis *d, uint32_t suspect)
{
	return kpm_tagset_get(d->sampler->tags, d->suspects[suspect].tag)->text;
}

/* A cache that grows by what no event shows, as a finding without tags. */
#define UNSEEN "not tracked"

static char *unseen_evidence(const struct kpm_diagnosis *d, const struct kpm_untracked_cache *c,
			     char *buf, size_t size)
{
	snprintf(buf, size,
		 "%" PRId64
		 " objects more by the kernel's count, which no event showed, in each of "
		 "%" PRIu32 " looks",
		 c->grown, d->untracked.looks);
	return buf;
}

#define UNSEEN_NEXT                                                                                \
	"a way to allocate that is not probed: kpoolmon status --verify counts it, status shows "  \
	"which probes are missing"

/* Before which finding these stand, which have the verdict growing. */
static uint32_t place_of_unseen(const struct kpm_diagnosis *d)
{
	uint32_t place = 0;

	while (place < d->findings.count && d->findings.list[place].verdict <= KPM_GROWING)
		place++;
	return place;
}

/* Returns how many there are. */
static uint32_t put_unseen(FILE *out, const struct kpm_diagnosis *d)
{
	char size[KPM_SIZE_LEN], words[200];
	uint32_t found = 0;

	for (uint32_t i = 0; i < d->untracked.count; i++) {
		const struct kpm_untracked_cache *c = &d->untracked.caches[i];

		if (!c->grown)
			continue;
		found++;
		fprintf(out, "\n %-8s " UNSEEN " (%s), %s\n          %s\n          next: %s\n",
			kpm_verdict_name(KPM_GROWING), c->name,
			kpm_format_size(c->grown * c->size, size),
			unseen_evidence(d, c, words, sizeof(words)), UNSEEN_NEXT);
	}
	return found;
}

int kpm_diagnosis_table(FILE *out, const void *arg)
{
	const struct kpm_diagnosis *d = arg;
	const struct kpm_snapshot *snap = &d->sampler->snap;
	uint32_t place = place_of_unseen(d), found = 0;
	char time[KPM_SIZE_LEN];

	fprintf(out, " %s  Linux %s  watched for %s\n", snap->host, snap->kernel,
		kpm_format_duration(kpm_trend_span(d->of.trend), time));
	kpm_missing_probes_print(out, " Missing probes", snap->hooks);
	if (*snap->no_audit)
		fprintf(out, " No audit: %s\n", snap->no_audit);
	for (uint32_t i = 0; i <= d->findings.count; i++) {
		if (i == place)
			found = put_unseen(out, d);
		if (i == d->findings.count)
			break;
		fputc('\n', out);
		kpm_finding_print(out, &d->of, d->suspects, &d->findings.list[i]);
	}
	if (!d->findings.count && !found)
		fputs(" Nothing grew.\n", out);
	return 0;
}

/* The members of a tag's JSON object, which are columns of the CSV. */
enum field {
	VERDICT,
	TAG,
	CACHE,
	TYPE,
	MODULE,
	BYTES,
	DIFF,
	ALLOCS,
	FREES,
	MISSED,
	GREW,
	SAMPLES,
	SLOPE_10S,
	SLOPE_1MIN,
	SLOPE_15MIN,
	SLOPE,
	OLD_SHARE,
	EXHAUSTED,
	EVIDENCE,
	OWNER,
	OWNER_MODULE,
	OWNER_SHARE,
	PROCESS,
	PID,
	CGROUP,
	FIELDS
};

static const char *const field_names[FIELDS] = {
	[VERDICT] = "verdict",
	[TAG] = "tag",
	[CACHE] = "cache",
	[TYPE] = "type",
	[MODULE] = "module",
	[BYTES] = "bytes",
	[DIFF] = "diff",
	[ALLOCS] = "allocs",
	[FREES] = "frees",
	[MISSED] = "missed",
	[GREW] = "grew",
	[SAMPLES] = "samples",
	[SLOPE_10S] = "bytes_per_min_10s",
	[SLOPE_1MIN] = "bytes_per_min_1min",
	[SLOPE_15MIN] = "bytes_per_min_15min",
	[SLOPE] = "bytes_per_min",
	[OLD_SHARE] = "old_share",
	[EXHAUSTED] = "exhausted_in_s",
	[EVIDENCE] = "evidence",
	[OWNER] = "owner",
	[OWNER_MODULE] = "owner_module",
	[OWNER_SHARE] = "owner_share",
	[PROCESS] = "process",
	[PID] = "pid",
	[CGROUP] = "cgroup",
};

/* The party that most of a tag has. */
static const struct kpm_share *first_of(const struct kpm_diagnosis *d, uint32_t tag,
					enum kpm_party_kind kind)
{
	return d->of.who ? kpm_who_first(d->of.who, tag, kind) : NULL;
}

static const struct kpm_party *party_of(const struct kpm_diagnosis *d, uint32_t tag,
					enum kpm_party_kind kind)
{
	const struct kpm_share *first = first_of(d, tag, kind);

	return first ? kpm_who_get(d->of.who, first->party) : NULL;
}

static json_t *slope(const struct kpm_evidence *e, enum kpm_verdict_window window)
{
	return kpm_json_real(e->slope[window] * 60, e->known[window]);
}

static json_t *field_value(const struct kpm_diagnosis *d, const struct kpm_suspect *s,
			   enum field field)
{
	const struct kpm_snapshot *snap = &d->sampler->snap;
	const struct kpm_tag_name *name = kpm_tagset_get(d->sampler->tags, s->tag);
	const struct kpm_evidence *e = &s->evidence;
	const struct kpm_party *owner = party_of(d, s->tag, KPM_OWNER);
	const struct kpm_party *process = party_of(d, s->tag, KPM_PROCESS);
	const struct kpm_party *cgroup = party_of(d, s->tag, KPM_CGROUP);
	char words[KPM_EVIDENCE_LEN];
	int64_t end;

	switch (field) {
	case VERDICT:
		return kpm_json_text(kpm_verdict_name(s->verdict));
	case TAG:
		return kpm_json_text(name->text);
	case CACHE:
		return kpm_json_text(name->cache);
	case TYPE:
		return kpm_json_text(kpm_row_type(&snap->rows[s->tag]));
	case MODULE:
		return kpm_json_text(name->module);
	case BYTES:
		return kpm_json_number(e->bytes);
	case DIFF:
		return kpm_json_number(e->diff);
	case ALLOCS:
		return kpm_json_number(e->allocs);
	case FREES:
		return kpm_json_number(e->frees);
	case MISSED:
		return kpm_json_number(e->missed);
	case GREW:
		return kpm_json_number(e->steps.grew);
	case SAMPLES:
		return kpm_json_number(e->steps.steps);
	case SLOPE_10S:
		return slope(e, KPM_10S);
	case SLOPE_1MIN:
		return slope(e, KPM_1MIN);
	case SLOPE_15MIN:
		return slope(e, KPM_15MIN);
	case SLOPE:
		return slope(e, KPM_RUN);
	case OLD_SHARE:
		return kpm_json_real(e->old, e->ages_known);
	case EXHAUSTED:
		end = kpm_time_to_exhaustion(snap, e);
		return kpm_json_real(end / 1e9, end > 0);
	case EVIDENCE:
		return kpm_json_text(kpm_evidence_words(e, words));
	case OWNER:
		return kpm_json_text(owner ? owner->name : NULL);
	case OWNER_MODULE:
		return kpm_json_text(owner ? owner->module : NULL);
	case OWNER_SHARE:
		return owner ? kpm_json_real(first_of(d, s->tag, KPM_OWNER)->share, true)
			     : json_null();
	case PROCESS:
		return kpm_json_text(process ? process->name : NULL);
	case PID:
		return process && process->pid ? kpm_json_number(process->pid) : json_null();
	case CGROUP:
		return kpm_json_text(cgroup ? cgroup->name : NULL);
	case FIELDS:
		break;
	}
	return json_null();
}

static json_t *tag_object(const struct kpm_diagnosis *d, uint32_t suspect)
{
	json_t *object = json_object();

	for (enum field i = 0; i < FIELDS; i++)
		json_object_set_new(object, field_names[i],
				    field_value(d, &d->suspects[suspect], i));
	return object;
}

/* Owners have a name and a module, processes comm and pid, cgroups a path. */
static json_t *party_list(const struct kpm_finding *f, enum kpm_party_kind kind)
{
	static const char *const names[KPM_PARTY_KINDS] = {"name", "comm", "path"};
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->parties[kind]; i++) {
		const struct kpm_finding_party *p = &f->party[kind][i];
		json_t *one = json_object();

		json_object_set_new(one, names[kind], kpm_json_text(p->name));
		if (kind == KPM_OWNER)
			json_object_set_new(one, "module", kpm_json_text(p->module));
		if (kind == KPM_PROCESS)
			json_object_set_new(one, "pid",
					    p->pid ? kpm_json_number(p->pid) : json_null());
		json_object_set_new(one, "share", kpm_json_real(p->share, true));
		json_array_append_new(list, one);
	}
	return list;
}

/* Who visibly has it; null: nobody is known. */
static json_t *holder_object(const struct kpm_diagnosis *d, const struct kpm_finding *f)
{
	const struct kpm_holder *h = &f->holder;
	json_t *object;

	if (!f->has_holder)
		return json_null();
	object = json_object();
	json_object_set_new(object, "what", kpm_json_text(kpm_visible_word(h->what)));
	json_object_set_new(object, "comm", kpm_json_text(*h->comm ? h->comm : NULL));
	json_object_set_new(object, "pid", h->pid ? kpm_json_number(h->pid) : json_null());
	json_object_set_new(object, "rose", kpm_json_number(h->rose));
	json_object_set_new(object, "tag", kpm_json_text(tag_text(d, h->member)));
	return object;
}

static json_t *finding_object(const struct kpm_diagnosis *d, const struct kpm_finding *f)
{
	json_t *object = json_object(), *tags = json_array();
	char words[KPM_EVIDENCE_LEN], next[KPM_NEXT_LEN];
	int64_t end = kpm_finding_time_left(&d->of, f);

	for (uint32_t i = 0; i < f->count; i++)
		json_array_append_new(tags, tag_object(d, f->members[i]));
	json_object_set_new(object, "verdict", kpm_json_text(kpm_verdict_name(f->verdict)));
	json_object_set_new(object, "lead", kpm_json_text(tag_text(d, f->members[0])));
	json_object_set_new(object, "unit", kpm_json_text(tag_text(d, f->unit)));
	json_object_set_new(object, "per_unit", kpm_json_real(f->per_unit, f->per_unit > 0));
	json_object_set_new(object, "kind",
			    kpm_json_text(kpm_finding_kind(&d->of, d->suspects, f)));
	json_object_set_new(object, "objects", kpm_json_number(f->objects));
	json_object_set_new(object, "bytes", kpm_json_number(f->bytes));
	json_object_set_new(object, "bytes_per_s", kpm_json_real(f->bytes_per_s, true));
	json_object_set_new(object, "exhausted_in_s", kpm_json_real(end / 1e9, end > 0));
	json_object_set_new(object, "owners", party_list(f, KPM_OWNER));
	json_object_set_new(object, "processes", party_list(f, KPM_PROCESS));
	json_object_set_new(object, "cgroups", party_list(f, KPM_CGROUP));
	json_object_set_new(object, "holder", holder_object(d, f));
	json_object_set_new(
		object, "evidence",
		kpm_json_text(kpm_evidence_words(&d->suspects[f->members[0]].evidence, words)));
	kpm_finding_next(&d->of, d->suspects, f, next);
	json_object_set_new(object, "next", *next ? kpm_json_text(next) : json_null());
	json_object_set_new(object, "tags", tags);
	return object;
}

static json_t *unseen_object(const struct kpm_diagnosis *d, const struct kpm_untracked_cache *c)
{
	double seconds = kpm_trend_span(d->of.trend) / 1e9;
	char words[200];

	return json_pack(
		"{s:s, s:o, s:n, s:n, s:n, s:I, s:I, s:f, s:n, s:[], s:[], s:[], s:n, s:s, s:s, s:[]}",
		"verdict", kpm_verdict_name(KPM_GROWING), "lead",
		json_sprintf(UNSEEN " (%s)", c->name), "unit", "per_unit", "kind", "objects",
		(json_int_t)c->grown, "bytes", (json_int_t)(c->grown * c->size), "bytes_per_s",
		seconds > 0 ? c->grown * c->size / seconds : 0, "exhausted_in_s", "owners",
		"processes", "cgroups", "holder", "evidence",
		unseen_evidence(d, c, words, sizeof(words)), "next", UNSEEN_NEXT, "tags");
}

static void add_unseen(json_t *list, const struct kpm_diagnosis *d)
{
	for (uint32_t i = 0; i < d->untracked.count; i++)
		if (d->untracked.caches[i].grown)
			json_array_append_new(list, unseen_object(d, &d->untracked.caches[i]));
}

int kpm_diagnosis_json(FILE *out, const void *arg)
{
	const struct kpm_diagnosis *d = arg;
	const struct kpm_snapshot *snap = &d->sampler->snap;
	json_t *object = json_object(), *list = json_array();
	uint32_t place = place_of_unseen(d);

	json_object_set_new(object, "time", kpm_json_time(snap->wall_ns));
	json_object_set_new(object, "host", kpm_json_text(snap->host));
	json_object_set_new(object, "kernel", kpm_json_text(snap->kernel));
	json_object_set_new(object, "watched_s",
			    kpm_json_real(kpm_trend_span(d->of.trend) / 1e9, true));
	json_object_set_new(object, "missing_probes", kpm_json_text(snap->missing));
	for (uint32_t i = 0; i <= d->findings.count; i++) {
		if (i == place)
			add_unseen(list, d);
		if (i < d->findings.count)
			json_array_append_new(list, finding_object(d, &d->findings.list[i]));
	}
	json_object_set_new(object, "findings", list);
	return kpm_json_line(out, object);
}

static void put_csv_value(FILE *out, json_t *value)
{
	if (json_is_string(value))
		kpm_csv_text(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.3f", json_real_value(value));
	json_decref(value);
}

int kpm_diagnosis_csv(FILE *out, const void *arg)
{
	const struct kpm_diagnosis *d = arg;

	fputs("finding,finding_verdict", out);
	for (enum field i = 0; i < FIELDS; i++)
		fprintf(out, ",%s", field_names[i]);
	fputs("\r\n", out);
	for (uint32_t n = 0; n < d->findings.count; n++) {
		const struct kpm_finding *f = &d->findings.list[n];

		for (uint32_t m = 0; m < f->count; m++) {
			fprintf(out, "%" PRIu32 ",%s", n + 1, kpm_verdict_name(f->verdict));
			for (enum field i = 0; i < FIELDS; i++) {
				fputc(',', out);
				put_csv_value(out, field_value(d, &d->suspects[f->members[m]], i));
			}
			fputs("\r\n", out);
		}
	}
	return 0;
}
