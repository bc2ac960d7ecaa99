// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines: one object a sample, on one line.
 *
 *   {"version":1,"time":"2026-01-31T23:59:59Z","host":"box",...,"loss":{...},"rows":[{...},...]}
 *
 * What is not known is null. Sizes are bytes, `tracked_s` and the like are seconds.
 */
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "sink/sink.h"

static json_t *text(const char *raw)
{
	char clean[KPM_CLEAN_LEN];

	return json_string(kpm_clean(raw, clean, sizeof(clean)));
}

/* JSON's readers have 64 bits with a sign at best; no counter comes near it. */
static json_t *number(uint64_t u)
{
	return json_integer(u > INT64_MAX ? INT64_MAX : (json_int_t)u);
}

static json_t *cell_value(const struct kpm_cell *cell)
{
	switch (cell->type) {
	case KPM_CELL_UINT:
		return number(cell->u);
	case KPM_CELL_INT:
		return json_integer(cell->i);
	case KPM_CELL_SECONDS:
		/* to the millisecond, as in CSV */
		return json_real((cell->i / 1000000) / 1e3);
	case KPM_CELL_BOOL:
		return json_boolean(cell->u);
	case KPM_CELL_TEXT:
		return text(kpm_cell_text(cell));
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

struct part {
	const char *name;
	size_t offset;
};

/* An object of 64-bit members of a struct; null if the source does not know it. */
static json_t *numbers(const void *base, const struct part *parts, size_t count, bool known)
{
	json_t *object = known ? json_object() : json_null();

	for (size_t i = 0; known && i < count; i++)
		json_object_set_new(
			object, parts[i].name,
			number(*(const uint64_t *)((const char *)base + parts[i].offset)));
	return object;
}

#define NUMBERS(base, parts, known) numbers(base, parts, sizeof(parts) / sizeof(*(parts)), known)

static json_t *memory(const struct kpm_snapshot *snap)
{
	static const struct part parts[] = {
		{"total", offsetof(struct kpm_memory, total)},
		{"available", offsetof(struct kpm_memory, available)},
		{"slab_nonp", offsetof(struct kpm_memory, slab_nonp)},
		{"slab_paged", offsetof(struct kpm_memory, slab_paged)},
		{"kernel_stack", offsetof(struct kpm_memory, kernel_stack)},
		{"page_tables", offsetof(struct kpm_memory, page_tables)},
		{"vmalloc_used", offsetof(struct kpm_memory, vmalloc_used)},
		{"percpu", offsetof(struct kpm_memory, percpu)},
	};

	return NUMBERS(&snap->memory, parts, snap->have & KPM_HAVE_MEMORY);
}

static json_t *losses(const struct kpm_snapshot *snap)
{
	static const struct part parts[] = {
		{"skipped", offsetof(struct kpm_loss, skipped)},
		{"rescued", offsetof(struct kpm_loss, rescued)},
		{"lost_max", offsetof(struct kpm_loss, lost_max)},
		{"allocs", offsetof(struct kpm_loss, allocs)},
		{"refused", offsetof(struct kpm_loss, refused)},
		{"tags_full", offsetof(struct kpm_loss, tags_full)},
		{"missed", offsetof(struct kpm_loss, missed)},
		{"audited", offsetof(struct kpm_loss, audited)},
	};
	json_t *object = NUMBERS(&snap->loss, parts, snap->have & KPM_HAVE_LOSS);

	if (snap->have & KPM_HAVE_LOSS && !(snap->have & KPM_HAVE_RESCUE))
		json_object_set_new(object, "rescued", json_null());
	return object;
}

static json_t *room(const struct kpm_snapshot *snap)
{
	const struct kpm_room *room = &snap->room;
	json_t *object;

	if (!(snap->have & KPM_HAVE_ROOM))
		return json_null();
	object = json_object();
	json_object_set_new(object, "objects", number(room->objects));
	json_object_set_new(object, "objects_rated", number(room->objects_rated));
	json_object_set_new(object, "tags", number(room->tags));
	json_object_set_new(object, "tags_max", number(room->tags_max));
	json_object_set_new(object, "kernel_bytes", number(room->kernel_bytes));
	return object;
}

static json_t *have(uint32_t mask)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{KPM_HAVE_MEMORY, "memory"}, {KPM_HAVE_LOSS, "loss"},   {KPM_HAVE_ROOM, "room"},
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
		json_object_set_new(object, "runs", missing ? json_null() : number(state->runs));
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

	json_object_set_new(object, "allocs", number(n->allocs));
	json_object_set_new(object, "frees", number(n->frees));
	json_object_set_new(object, "diff", number(n->diff));
	json_object_set_new(object, "bytes", number(n->bytes));
	return object;
}

static json_t *totals(const struct kpm_frame *frame)
{
	static const char *const names[KPM_KINDS] = {"nonp", "paged"};
	json_t *object = json_object();

	for (unsigned int k = 0; k < KPM_KINDS; k++)
		if (frame->pool == KPM_KINDS || frame->pool == k)
			json_object_set_new(object, names[k], kind_totals(&frame->totals.kind[k]));
	return object;
}

static json_t *header(const struct kpm_frame *frame)
{
	static const char *const pools[] = {"nonp", "paged", "both"};
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
	json_object_set_new(object, "room", room(snap));
	json_object_set_new(object, "loss", losses(snap));
	json_object_set_new(object, "pool", json_string(pools[frame->pool]));
	json_object_set_new(object, "tags", number(snap->count));
	json_object_set_new(object, "matched", number(frame->matched));
	json_object_set_new(object, "totals", totals(frame));
	return object;
}

/* The library's setters take NULL and fail: whether memory ran out is seen at the end. */
static int json_sample(FILE *out, const struct kpm_frame *frame, const struct kpm_sink_opts *opts)
{
	const struct kpm_column_list *list = &opts->columns;
	json_t *object = header(frame), *rows = json_array();
	struct kpm_cell cell;
	int ret = object && rows ? 0 : -ENOMEM;

	for (uint32_t i = 0; !ret && i < frame->count; i++) {
		const struct kpm_row *row = &frame->part.snap->rows[frame->order[i]];
		json_t *one = json_object();

		for (size_t c = 0; c < list->count; c++) {
			kpm_column_get(list->column[c], frame, row, &cell);
			if (json_object_set_new(one, list->column[c]->name, cell_value(&cell)))
				ret = -ENOMEM;
		}
		if (json_array_append_new(rows, one))
			ret = -ENOMEM;
	}
	if (json_object_set(object, "rows", rows) ||
	    (!ret && json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(15))))
		ret = -ENOMEM;
	fputc('\n', out);
	json_decref(rows);
	json_decref(object);
	return ferror(out) ? -ENOMEM : ret;
}

const struct kpm_sink kpm_sink_json = {
	.name = "json",
	.suffixes = "json jsonl ndjson",
	.columns = "tag,cache,type,allocs,frees,diff,bytes,per_alloc,nonp_bytes,paged_bytes,"
		   "waste_bytes,missed,refused,estimated,symbol,offset,module,module_file,"
		   "source_file,source_line,owner,label",
	.can_append = true,
	.sample = json_sample,
};
