// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one object a sample, on one line.
 *
 *   {"version":1,"time":"2026-01-31T23:59:59Z","host":"box",...,"loss":{...},"rows":[{...},...]}
 *
 * What is not known is null. Sizes are bytes, `tracked_s` and the like are seconds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sink/sink.h"
#include "view/kind_names.h"

static json_t *words(const char *joined)
{
	json_t *array = json_array();
	char *copy = strdup(joined), *save = NULL;

	for (char *word = copy ? strtok_r(copy, "+", &save) : NULL; word;
	     word = strtok_r(NULL, "+", &save))
		json_array_append_new(array, kpm_json_text(word));
	free(copy);
	return array;
}

static json_t *cell_value(const struct kpm_cell *cell)
{
	switch (cell->type) {
	case KPM_CELL_UINT:
		return kpm_json_number(cell->u);
	case KPM_CELL_INT:
		return json_integer(cell->i);
	case KPM_CELL_SECONDS:
		/* to the millisecond, as in CSV */
		return json_real((cell->i / 1000000) / 1e3);
	case KPM_CELL_BOOL:
		return json_boolean(cell->u);
	case KPM_CELL_TEXT:
		return kpm_json_text(kpm_cell_text(cell));
	case KPM_CELL_LIST:
		return words(kpm_cell_text(cell));
	case KPM_CELL_MISSING:
		break;
	}
	return json_null();
}

static void set_column(json_t *object, const char *name, const struct kpm_frame *frame,
		       const struct kpm_row *row)
{
	struct kpm_cell cell;

	kpm_column_get(kpm_column_find(name), frame, row, &cell);
	json_object_set_new(object, name, cell_value(&cell));
}

/* An object of the fields of a struct; null for those that are not known, by bits of `unknown`. */
static json_t *fields(const void *from, const struct kpm_field *table, size_t count,
		      uint32_t unknown)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(object, table[i].name,
				    unknown & 1U << i
					    ? json_null()
					    : kpm_json_number(kpm_field_get(&table[i], from)));
	return object;
}

static json_t *memory(const struct kpm_snapshot *snap)
{
	if (!(snap->have & KPM_HAVE_MEMORY))
		return json_null();
	return fields(&snap->memory, kpm_memory_fields, KPM_MEMORY_FIELDS, snap->unknown.memory);
}

static json_t *losses(const struct kpm_snapshot *snap)
{
	json_t *object;

	if (!(snap->have & KPM_HAVE_LOSS))
		return json_null();
	object = fields(&snap->loss, kpm_loss_fields, KPM_LOSS_FIELDS, 0);
	if (!(snap->have & KPM_HAVE_RESCUE))
		json_object_set_new(object, "rescued", json_null());
	return object;
}

static json_t *capacity(const struct kpm_snapshot *snap)
{
	if (!(snap->have & KPM_HAVE_CAPACITY))
		return json_null();
	return fields(&snap->capacity, kpm_capacity_fields, KPM_CAPACITY_FIELDS,
		      snap->unknown.capacity);
}

static json_t *have(uint32_t mask)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{KPM_HAVE_MEMORY, "memory"}, {KPM_HAVE_LOSS, "loss"},   {KPM_HAVE_CAPACITY, "room"},
		{KPM_HAVE_RESCUE, "rescue"}, {KPM_HAVE_ASKED, "asked"}, {KPM_HAVE_HOOKS, "hooks"},
	};
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (mask & names[i].bit)
			json_array_append_new(array, json_string(names[i].name));
	return array;
}

/* An object for each hook that this kernel needs; null if the source does not know. */
static json_t *probes(const struct kpm_snapshot *snap)
{
	bool known = snap->have & KPM_HAVE_HOOKS;
	json_t *array = known ? json_array() : json_null();

	for (int i = 0; known && i < KPM_HOOKS; i++) {
		const struct kpm_hook_state *state = &snap->hooks[i];
		bool missing = state->attach == KPM_ATTACH_MISSING;
		json_t *object;

		if (state->attach == KPM_ATTACH_NOT_NEEDED)
			continue;
		object = json_object();
		json_object_set_new(object, "name", json_string(kpm_hook_table[i].name));
		json_object_set_new(object, "way", json_string(kpm_attach_name(state->attach)));
		json_object_set_new(object, "runs",
				    missing ? json_null() : kpm_json_number(state->runs));
		json_object_set_new(object, "unproven", json_boolean(kpm_hook_unproven(state)));
		json_object_set_new(object, "sees",
				    json_string(kpm_hook_table[i].frees ? "frees" : "allocs"));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *kind_totals(const struct kpm_counts *n)
{
	json_t *object = json_object();

	json_object_set_new(object, "allocs", kpm_json_number(n->allocs));
	json_object_set_new(object, "frees", kpm_json_number(n->frees));
	json_object_set_new(object, "diff", kpm_json_number(n->diff));
	json_object_set_new(object, "bytes", kpm_json_number(n->bytes));
	return object;
}

static json_t *totals(const struct kpm_frame *frame)
{
	json_t *object = json_object();

	for (unsigned int k = 0; k < KPM_KINDS; k++)
		if (frame->pool == KPM_KINDS || frame->pool == k)
			json_object_set_new(object, kpm_kind_names[k].key,
					    kind_totals(&frame->totals.kind[k]));
	return object;
}

static json_t *header(const struct kpm_frame *frame)
{
	const struct kpm_snapshot *snap = frame->part.snap;
	const struct kpm_row none = {.tag = KPM_NO_TAG};
	json_t *object = json_object();

	json_object_set_new(object, "version", json_integer(1));
	for (size_t i = 0; i < kpm_column_count; i++)
		if (kpm_columns[i].sample)
			set_column(object, kpm_columns[i].name, frame, &none);
	json_object_set_new(object, "probes", probes(snap));
	json_object_set_new(object, "have", have(snap->have));
	json_object_set_new(object, "memory", memory(snap));
	json_object_set_new(object, "room", capacity(snap));
	json_object_set_new(object, "loss", losses(snap));
	json_object_set_new(object, "pool", json_string(kpm_kind_names[frame->pool].key));
	json_object_set_new(object, "tags", kpm_json_number(snap->count));
	json_object_set_new(object, "matched", kpm_json_number(frame->matched));
	json_object_set_new(object, "totals", totals(frame));
	return object;
}

/* Who is behind a tag: the parties with their shares, largest first. */
static json_t *parties(const struct kpm_frame *frame, uint32_t tag, enum kpm_party_kind kind)
{
	const struct kpm_who *who = frame->part.who;
	json_t *array = json_array();
	uint32_t count;
	const struct kpm_share *shares = kpm_who_shares(who, tag, kind, &count);

	count = kpm_who_shown(shares, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct kpm_party *p = kpm_who_get(who, shares[i].party);
		json_t *object = json_object();

		json_object_set_new(object, "name", kpm_json_text(p->name));
		if (kind == KPM_OWNER)
			json_object_set_new(object, "module", kpm_json_text(p->module));
		if (kind == KPM_PROCESS)
			json_object_set_new(object, "pid",
					    p->pid ? kpm_json_number(p->pid) : json_null());
		json_object_set_new(object, "share",
				    kpm_json_real(kpm_who_millionths(shares[i].share) / 1e6, true));
		json_object_set_new(object, "error",
				    kpm_json_real(kpm_who_millionths(shares[i].error) / 1e6, true));
		json_object_set_new(object, "samples", kpm_json_number(shares[i].samples));
		json_array_append_new(array, object);
	}
	return array;
}

static void set_parties(json_t *row, const struct kpm_frame *frame, uint32_t tag)
{
	bool known = frame->part.who && !frame->part.by;

	json_object_set_new(row, "owners", known ? parties(frame, tag, KPM_OWNER) : json_null());
	json_object_set_new(row, "processes",
			    known ? parties(frame, tag, KPM_PROCESS) : json_null());
	json_object_set_new(row, "cgroups", known ? parties(frame, tag, KPM_CGROUP) : json_null());
	json_object_set_new(row, "samples_lost",
			    known ? kpm_json_number(kpm_who_lost(frame->part.who, tag))
				  : json_null());
}

static int json_sample(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts)
{
	const struct kpm_column_list *list = &opts->columns;
	json_t *object = header(frame), *rows = json_array();
	struct kpm_cell cell;
	int ret = 0;

	for (uint32_t i = 0; !ret && i < frame->count; i++) {
		const struct kpm_row *row = &frame->part.snap->rows[frame->order[i]];
		json_t *one = json_object();

		for (size_t c = 0; c < list->count; c++) {
			kpm_column_get(list->column[c], frame, row, &cell);
			if (json_object_set_new(one, list->column[c]->name, cell_value(&cell)))
				ret = -ENOMEM;
		}
		if (!frame->part.by)
			set_parties(one, frame, row->tag);
		if (json_array_append_new(rows, one))
			ret = -ENOMEM;
	}
	if (json_object_set_new(object, "rows", rows))
		ret = -ENOMEM;
	return kpm_json_line(out, object) ? -ENOMEM : ret;
}

const struct kpm_sink kpm_sink_json = {
	.name = "json",
	.suffixes = "json jsonl ndjson",
	.columns = "tag,cache,cache_aliases,type,allocs,frees,diff,bytes,per_alloc,nonp_bytes,"
		   "paged_bytes,waste_bytes,missed,refused,estimated,symbol,offset,module,"
		   "module_file,source_file,source_line,owner,label",
	.can_append = true,
	.who = true,
	.sample = json_sample,
};
