// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns, filter, order, sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample.h"
#include "sink/sink.h"
#include "view/column_list.h"
#include "view/filter.h"

struct built {
	struct sample sample;
	struct kpm_view *view;
	struct kpm_frame frame;
};

static void build(struct built *b, const struct kpm_view_opts *opts, bool history)
{
	struct kpm_frame_parts parts = {
		.snap = &b->sample.snap,
		.tags = b->sample.tags,
		.history = history ? b->sample.history : NULL,
	};

	b->view = kpm_view_new(opts);
	assert_non_null(b->view);
	assert_int_equal(kpm_view_build(b->view, &parts, &b->frame, NULL), 0);
}

/* The symbols of the rows in their order, first letters only. */
static const char *letters(const struct built *b, char *buf)
{
	const struct kpm_frame *f = &b->frame;

	for (uint32_t i = 0; i < f->count; i++)
		buf[i] = kpm_tagset_get(f->part.tags, f->part.snap->rows[f->order[i]].tag)->text[0];
	buf[f->count] = '\0';
	return buf;
}

static void expect(const struct kpm_view_opts *opts, const char *order)
{
	struct built b;
	char buf[16];

	sample_open(&b.sample);
	build(&b, opts, false);
	assert_string_equal(letters(&b, buf), order);
	kpm_view_free(b.view);
	sample_close(&b.sample);
}

static void orders(void **state)
{
	static const struct {
		const char *column, *falling_or_natural;
	} cases[] = {
		{"bytes", "latg"}, {"tag", "aglt"},       {"allocs", "latg"}, {"frees", "agtl"},
		{"diff", "latg"},  {"per_alloc", "latg"}, {"module", "latg"},
	};

	(void)state;
	expect(&(struct kpm_view_opts){.pool = KPM_KINDS}, "latg");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kpm_view_opts opts = {.pool = KPM_KINDS,
					     .sort = kpm_column_find(cases[i].column)};

		if (!strcmp(cases[i].column, "module"))
			expect(&opts, "algt"); /* equal: by tag */
		else
			expect(&opts, cases[i].falling_or_natural);
	}
	/* missing cells stay at the end: gone has no bytes per object */
	expect(&(struct kpm_view_opts){.pool = KPM_KINDS,
				       .sort = kpm_column_find("per_alloc"),
				       .reverse = true},
	       "talg");
	expect(&(struct kpm_view_opts){.pool = KPM_KINDS, .limit = 2}, "la");
}

static void pools(void **state)
{
	struct kpm_view_opts opts = {.pool = KPM_PAGED};
	struct kpm_cell cell;
	struct built b;
	char buf[16];

	(void)state;
	expect(&(struct kpm_view_opts){.pool = KPM_NONP}, "ltg");
	sample_open(&b.sample);
	build(&b, &opts, false);
	assert_string_equal(letters(&b, buf), "at");
	/* the part of the pool, the type of the tag */
	kpm_column_get(kpm_column_find("bytes"), &b.frame, &b.sample.snap.rows[2], &cell);
	assert_int_equal(cell.u, 40);
	kpm_column_get(kpm_column_find("type"), &b.frame, &b.sample.snap.rows[2], &cell);
	assert_string_equal(kpm_cell_text(&cell), "Mixed");
	assert_int_equal(b.frame.totals.kind[KPM_PAGED].diff, 52);
	kpm_view_free(b.view);
	sample_close(&b.sample);
}

static void filters(void **state)
{
	static const struct {
		const char *include[3], *exclude[3];
		const char *order;
	} cases[] = {
		{{"load*"}, {NULL}, "l"},
		{{"nvme"}, {NULL}, "tg"},
		{{"ext4_inode_cache"}, {NULL}, "a"},
		{{"alloc_inode"}, {NULL}, "a"},
		{{"LOAD*"}, {NULL}, ""},
		{{"two+0x? [nvme]"}, {NULL}, "t"},
		{{NULL}, {"nvme"}, "la"},
		{{"nvme", "load*"}, {"gone*"}, "lt"},
		{{"*"}, {"*"}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		expect(&(struct kpm_view_opts){.pool = KPM_KINDS,
					       .include = cases[i].include,
					       .exclude = cases[i].exclude},
		       cases[i].order);
}

static void unloaded_module(void **state)
{
	struct kpm_frame frame = {.pool = KPM_KINDS};
	struct kpm_cell cell;
	struct sample s;

	(void)state;
	sample_open(&s);
	frame.part.tags = s.tags;
	frame.part.snap = &s.snap;
	kpm_column_get(kpm_column_find("module"), &frame, &s.snap.rows[3], &cell);
	assert_string_equal(kpm_cell_text(&cell), "nvme");
	s.snap.rows[3].unloaded = true;
	kpm_column_get(kpm_column_find("module"), &frame, &s.snap.rows[3], &cell);
	assert_string_equal(kpm_cell_text(&cell), "nvme (unloaded)");
	sample_close(&s);
}

static void joined_caches(void **state)
{
	struct kpm_tag_name name = {.text = "f+0x1", .cache = "kmalloc-64+kmalloc-128"};

	(void)state;
	assert_true(kpm_filter_matches("kmalloc-64", &name));
	assert_true(kpm_filter_matches("kmalloc-128", &name));
	assert_true(kpm_filter_matches("kmalloc-64+kmalloc-128", &name));
	assert_false(kpm_filter_matches("kmalloc-6", &name));
}

/* Who asks for an alias gets the whole of the cache; who leaves one out does not lose the others. */
static void merged_cache(void **state)
{
	static const struct kpm_merged_cache merged = {.name = "merged:A-0000192",
						       .aliases = "cred+pid"};
	static const struct kpm_tag_name name = {
		.text = "f+0x1", .cache = "merged:A-0000192", .by_cache = true, .merged = &merged};
	static const struct {
		const char *pattern;
		bool included, excluded;
	} cases[] = {
		{"merged:A-0000192", true, true},
		{"merged:*", true, true},
		{"cred", true, false},
		{"pid", true, false},
		{"pi?", true, false},
		{"re", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const list[] = {cases[i].pattern, NULL};

		assert_int_equal(kpm_filter_passes(list, NULL, &name), cases[i].included);
		assert_int_equal(kpm_filter_passes(NULL, list, &name), !cases[i].excluded);
		assert_int_equal(kpm_filter_matches_alias(cases[i].pattern, &name),
				 cases[i].included);
	}
}

static void changes(void **state)
{
	struct kpm_view_opts opts = {.pool = KPM_KINDS, .by_change = true};
	struct kpm_cell cell;
	struct built b;
	char buf[16];

	(void)state;
	sample_open(&b.sample);
	assert_int_equal(kpm_history_push(b.sample.history, &b.sample.snap), 0);
	/* before a second sample nothing is known of changes */
	build(&b, &opts, true);
	kpm_column_get(kpm_column_find("bytes_change"), &b.frame, &b.sample.snap.rows[0], &cell);
	assert_int_equal(cell.type, KPM_CELL_MISSING);
	kpm_view_free(b.view);

	sample_row(&b.sample, "alloc_inode+0x20/0x90", "ext4_inode_cache", KPM_PAGED, 80, 60, 1000);
	sample_row(&b.sample, "gone+0x1/0x2 [nvme]", "x", KPM_NONP, 18, 8, 64);
	b.sample.snap.mono_ns += 1000000000;
	assert_int_equal(kpm_history_push(b.sample.history, &b.sample.snap), 0);
	build(&b, &opts, true);
	assert_string_equal(letters(&b, buf), "glta");
	kpm_column_get(kpm_column_find("bytes_change"), &b.frame, &b.sample.snap.rows[1], &cell);
	assert_int_equal(cell.i, -30000);
	kpm_column_get(kpm_column_find("bytes_per_s"), &b.frame, &b.sample.snap.rows[1], &cell);
	assert_int_equal(cell.i, -30000);
	kpm_view_free(b.view);
	sample_close(&b.sample);
}

static void text_is(const struct built *b, const char *column, uint32_t row, const char *want)
{
	struct kpm_cell cell;

	kpm_column_get(kpm_column_find(column), &b->frame, &b->sample.snap.rows[row], &cell);
	if (!want)
		assert_int_equal(cell.type, KPM_CELL_MISSING);
	else
		assert_string_equal(kpm_cell_text(&cell), want);
}

static void locations(void **state)
{
	static const struct kpm_location location = {.file = "/lib/a.ko",
						     .build = KPM_BUILD_OTHER,
						     .build_id = "0102",
						     .srcversion = "ABC",
						     .vendor = "linux-image",
						     .builtin = "snd",
						     .source = "a.c",
						     .line = 7,
						     .inlined = ""};
	const struct kpm_location *list[] = {NULL, &location, NULL, NULL, NULL};
	struct kpm_cell cell;
	struct built b;

	(void)state;
	sample_open(&b.sample);
	build(&b, &(struct kpm_view_opts){.pool = KPM_KINDS}, false);
	text_is(&b, "module_file", 1, NULL);
	b.frame.part.locations = list;
	text_is(&b, "module_file", 0, NULL);
	text_is(&b, "build", 0, NULL);
	text_is(&b, "module_file", 1, "/lib/a.ko");
	text_is(&b, "build", 1, "other");
	text_is(&b, "build_id", 1, "0102");
	text_is(&b, "srcversion", 1, "ABC");
	text_is(&b, "vendor", 1, "linux-image");
	text_is(&b, "builtin", 1, "snd");
	text_is(&b, "source_file", 1, "a.c");
	text_is(&b, "inlined", 1, ""); /* known: none */
	kpm_column_get(kpm_column_find("source_line"), &b.frame, &b.sample.snap.rows[1], &cell);
	assert_int_equal(cell.u, 7);
	kpm_column_get(kpm_column_find("source_line"), &b.frame, &b.sample.snap.rows[0], &cell);
	assert_int_equal(cell.type, KPM_CELL_MISSING);
	kpm_view_free(b.view);
	sample_close(&b.sample);
}

/* The usual table opens no file; what does says so. */
static void needs(void **state)
{
	struct kpm_column_list list = {.count = 0};

	(void)state;
	assert_int_equal(kpm_columns_parse(&list, kpm_sink_table.columns, NULL), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.column[i]->needs, 0);
	assert_int_equal(kpm_column_find("module_file")->needs, KPM_LOCATION_FILE);
	assert_int_equal(kpm_column_find("source_line")->needs, KPM_LOCATION_LINE);
	assert_int_equal(kpm_column_find("vendor")->needs, KPM_LOCATION_VENDOR);
}

static void column_table(void **state)
{
	struct kpm_column_list list = {.count = 0};
	struct kpm_err err;

	(void)state;
	assert_true(kpm_column_count <= KPM_COLUMNS_MAX);
	for (size_t i = 0; i < kpm_column_count; i++) {
		const struct kpm_column *c = &kpm_columns[i];

		assert_ptr_equal(kpm_column_find(c->name), c); /* no name twice */
		assert_true(!c->change || kpm_column_find(c->change));
	}
	assert_int_equal(kpm_columns_parse(&list, "tag,bytes,tag", &err), 0);
	assert_int_equal(list.count, 2);
	assert_true(kpm_columns_parse(&list, "tag,,bytes", &err) < 0);
	assert_true(kpm_columns_parse(&list, "tag,nonsense", &err) < 0);
	assert_non_null(strstr(err.text, "nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),          cmocka_unit_test(pools),
		cmocka_unit_test(unloaded_module), cmocka_unit_test(filters),
		cmocka_unit_test(joined_caches),   cmocka_unit_test(merged_cache),
		cmocka_unit_test(changes),         cmocka_unit_test(column_table),
		cmocka_unit_test(locations),       cmocka_unit_test(needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
