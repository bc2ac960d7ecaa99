// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a comparison as table, CSV or JSON. One list of columns with a getter each; an unknown
 * value is `-`, empty or null.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/diff_output.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/text.h"

enum form { TEXT, COUNT, SIZE, REAL };

struct value {
	bool known;
	const char *text;
	int64_t i;
	double real;
};

typedef const struct kpm_compared *compared_t;
typedef const struct kpm_compared_row *row_t;

static const struct kpm_dataset_row none;

static const struct kpm_dataset_row *one(row_t r)
{
	return r->b ? r->b : r->a;
}

static struct value text(const char *t)
{
	return (struct value){.known = t != NULL, .text = t};
}

static struct value integer(int64_t i)
{
	return (struct value){.known = true, .i = i};
}

static struct value get_tag(compared_t c, row_t r)
{
	(void)c;
	return text(one(r)->tag);
}

static struct value get_cache(compared_t c, row_t r)
{
	(void)c;
	return text(one(r)->cache);
}

static struct value get_module(compared_t c, row_t r)
{
	(void)c;
	return text(one(r)->module);
}

static struct value get_state(compared_t c, row_t r)
{
	(void)c;
	return text(!r->a ? "new" : !r->b ? "gone" : NULL);
}

static struct value get_diff_a(compared_t c, row_t r)
{
	(void)c;
	return r->a ? integer(r->a->diff) : (struct value){0};
}

static struct value get_diff_b(compared_t c, row_t r)
{
	(void)c;
	return r->b ? integer(r->b->diff) : (struct value){0};
}

static struct value get_diff_growth(compared_t c, row_t r)
{
	(void)c;
	return integer(r->diff);
}

static struct value get_bytes_a(compared_t c, row_t r)
{
	(void)c;
	return r->a ? integer(r->a->bytes) : (struct value){0};
}

static struct value get_bytes_b(compared_t c, row_t r)
{
	(void)c;
	return r->b ? integer(r->b->bytes) : (struct value){0};
}

static struct value get_bytes_growth(compared_t c, row_t r)
{
	(void)c;
	return integer(r->bytes);
}

static struct value get_bytes_per_s(compared_t c, row_t r)
{
	return c->seconds > 0 ? integer(llround(r->bytes / c->seconds)) : (struct value){0};
}

static uint64_t allocs_between(compared_t c, row_t r)
{
	uint64_t before = (r->a && c->same_run ? r->a : &none)->allocs;

	return r->b && r->b->allocs > before ? r->b->allocs - before : 0;
}

static struct value get_allocs(compared_t c, row_t r)
{
	return r->b ? integer(allocs_between(c, r)) : (struct value){0};
}

static struct value get_freed(compared_t c, row_t r)
{
	uint64_t allocs = allocs_between(c, r),
		 before = (r->a && c->same_run ? r->a : &none)->frees;

	if (!allocs || r->b->frees < before)
		return (struct value){0};
	return (struct value){.known = true, .real = 100.0 * (r->b->frees - before) / allocs};
}

static struct value get_objects_per_op(compared_t c, row_t r)
{
	return c->per_op ? (struct value){.known = true, .real = (double)r->diff / c->per_op}
			 : (struct value){0};
}

static struct value get_bytes_per_op(compared_t c, row_t r)
{
	return c->per_op ? (struct value){.known = true, .real = (double)r->bytes / c->per_op}
			 : (struct value){0};
}

static const struct column {
	const char *name, *title;
	enum form form;
	bool sign;   /* with + in the table */
	bool per_op; /* only with --per-op */
	struct value (*get)(compared_t c, row_t r);
} columns[] = {
	{"tag", "Tag", TEXT, false, false, get_tag},
	{"state", "State", TEXT, false, false, get_state},
	{"diff_before", "Diff A", COUNT, false, false, get_diff_a},
	{"diff_after", "Diff B", COUNT, false, false, get_diff_b},
	{"diff_growth", "Growth", COUNT, true, false, get_diff_growth},
	{"bytes_before", "Bytes A", SIZE, false, false, get_bytes_a},
	{"bytes_after", "Bytes B", SIZE, false, false, get_bytes_b},
	{"bytes_growth", "Growth", SIZE, true, false, get_bytes_growth},
	{"bytes_per_s", "Per-Second", SIZE, true, false, get_bytes_per_s},
	{"allocs", "Allocs", COUNT, false, false, get_allocs},
	{"freed_percent", "Freed%", REAL, false, false, get_freed},
	{"objects_per_op", "Objects/Op", REAL, true, true, get_objects_per_op},
	{"bytes_per_op", "Bytes/Op", REAL, true, true, get_bytes_per_op},
	{"module", "Module", TEXT, false, false, get_module},
	{"cache", "Cache", TEXT, false, false, get_cache},
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

static bool shown(compared_t c, const struct column *column)
{
	return !column->per_op || c->per_op;
}

static void show(const struct column *column, const struct value *v, bool exact, char *buf,
		 size_t size)
{
	const char *sign = column->sign && (v->i > 0 || v->real > 0) ? "+" : "";
	char amount[KPM_SIZE_LEN];

	if (!v->known)
		snprintf(buf, size, "-");
	else if (column->form == TEXT)
		kpm_clean(v->text, buf, size);
	else if (column->form == REAL)
		snprintf(buf, size, "%s%.1f", sign, v->real);
	else if (column->form == COUNT || exact)
		snprintf(buf, size, "%s%" PRId64, sign, v->i);
	else
		snprintf(buf, size, "%s%s", v->i < 0 ? "-" : sign,
			 kpm_format_size(v->i < 0 ? -(uint64_t)v->i : (uint64_t)v->i, amount));
}

static void put(FILE *out, const char *word, size_t width, bool right, bool last)
{
	size_t fill = width - kpm_text_width(word);

	fprintf(out, " %*s%s%*s", right ? (int)fill : 0, "", word, right || last ? 0 : (int)fill,
		"");
}

static void write_table(FILE *out, compared_t c, bool exact)
{
	size_t width[COLUMNS];
	char buf[KPM_CLEAN_LEN], length[KPM_SIZE_LEN];

	if (c->seconds > 0)
		fprintf(out, " growth in %s%s\n\n",
			kpm_format_duration((int64_t)(c->seconds * 1e9), length),
			c->same_run ? "" : ", of two runs of tracking");
	for (size_t k = 0; k < COLUMNS; k++) {
		width[k] = kpm_text_width(columns[k].title);
		for (uint32_t i = 0; i < c->count; i++) {
			struct value v = columns[k].get(c, &c->rows[i]);

			show(&columns[k], &v, exact, buf, sizeof(buf));
			if (kpm_text_width(buf) > width[k])
				width[k] = kpm_text_width(buf);
		}
	}
	for (size_t k = 0; k < COLUMNS; k++)
		if (shown(c, &columns[k]))
			put(out, columns[k].title, width[k], columns[k].form != TEXT,
			    k + 1 == COLUMNS);
	fputc('\n', out);
	for (uint32_t i = 0; i < c->count; i++) {
		for (size_t k = 0; k < COLUMNS; k++) {
			struct value v = columns[k].get(c, &c->rows[i]);

			if (!shown(c, &columns[k]))
				continue;
			show(&columns[k], &v, exact, buf, sizeof(buf));
			put(out, buf, width[k], columns[k].form != TEXT, k + 1 == COLUMNS);
		}
		fputc('\n', out);
	}
}

static void write_csv(FILE *out, compared_t c)
{
	for (size_t k = 0, n = 0; k < COLUMNS; k++)
		if (shown(c, &columns[k]))
			fprintf(out, "%s%s", n++ ? "," : "", columns[k].name);
	fputs("\r\n", out);
	for (uint32_t i = 0; i < c->count; i++) {
		for (size_t k = 0; k < COLUMNS; k++) {
			struct value v = columns[k].get(c, &c->rows[i]);

			if (!shown(c, &columns[k]))
				continue;
			if (k)
				fputc(',', out);
			if (v.known && columns[k].form == TEXT)
				kpm_csv_text(out, v.text);
			else if (v.known && columns[k].form == REAL)
				fprintf(out, "%.3f", v.real);
			else if (v.known)
				fprintf(out, "%" PRId64, v.i);
		}
		fputs("\r\n", out);
	}
}

static json_t *json_value(const struct column *column, const struct value *v)
{
	if (!v->known)
		return json_null();
	if (column->form == TEXT)
		return kpm_json_text(v->text);
	return column->form == REAL ? json_real(round(v->real * 1000) / 1000) : json_integer(v->i);
}

static json_t *json_side(const struct kpm_dataset *s)
{
	json_t *side = json_object();

	json_object_set_new(side, "time", kpm_json_time(s->wall_ns));
	json_object_set_new(side, "host", kpm_json_text(s->host));
	json_object_set_new(side, "kernel", kpm_json_text(s->kernel));
	return side;
}

static int write_json(FILE *out, compared_t c)
{
	json_t *object = json_object(), *rows = json_array();

	json_object_set_new(object, "version", json_integer(1));
	json_object_set_new(object, "before", json_side(&c->a));
	json_object_set_new(object, "after", json_side(&c->b));
	json_object_set_new(object, "same_run", json_boolean(c->same_run));
	json_object_set_new(object, "seconds", kpm_json_real(c->seconds, c->seconds > 0));
	for (uint32_t i = 0; i < c->count; i++) {
		json_t *row = json_object();

		for (size_t k = 0; k < COLUMNS; k++) {
			struct value v = columns[k].get(c, &c->rows[i]);

			if (shown(c, &columns[k]))
				json_object_set_new(row, columns[k].name,
						    json_value(&columns[k], &v));
		}
		json_array_append_new(rows, row);
	}
	json_object_set_new(object, "rows", rows);
	return kpm_json_line(out, object);
}

int kpm_compared_write(FILE *out, compared_t c, enum kpm_format format, bool exact)
{
	if (format == KPM_FORMAT_JSON)
		return write_json(out, c);
	if (format == KPM_FORMAT_CSV)
		write_csv(out, c);
	else
		write_table(out, c, exact);
	return ferror(out) ? -ENOMEM : 0;
}
