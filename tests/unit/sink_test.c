// SPDX-License-Identifier: GPL-2.0-or-later
/* What the sinks write, of one made-up sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "sample.h"
#include "sink/sink.h"

/* of sample.h: names, no prose */
#define MISSING "kfree_rcu alloc_bulk"
#define FROZEN                                                                                     \
	"time,host,kernel,tracked_s,tag,cache,type,allocs,frees,diff,bytes,per_alloc,nonp_bytes,"  \
	"paged_bytes,waste_bytes,missed,refused,estimated,symbol,offset,module,module_file,"       \
	"source_file,source_line,owner,label,lost,missing_probes\r\n"

/* The text that a sink makes of a sample; to be freed. */
static char *sunk(struct sample *s, const struct kpm_sink *sink, const char *columns,
		  struct kpm_sink_opts opts, struct kpm_view_opts view_opts)
{
	struct kpm_view *view = kpm_view_new(&view_opts);
	struct kpm_frame_parts parts = {.snap = &s->snap, .tags = s->tags};
	struct kpm_frame frame;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(kpm_columns_parse(&opts.columns, columns ? columns : sink->columns, NULL),
			 0);
	assert_int_equal(kpm_view_build(view, &parts, &frame, NULL), 0);
	if (sink->head)
		assert_int_equal(sink->head(out, &opts), 0);
	assert_int_equal(sink->sample(out, &frame, &opts), 0);
	fclose(out);
	kpm_view_free(view);
	return text;
}

static const struct kpm_view_opts everything = {.pool = KPM_KINDS};

static void csv(void **state)
{
	struct sample s;
	char *text;

	(void)state;
	sample_open(&s);
	s.snap.rows[2].estimated = true;
	text = sunk(&s, &kpm_sink_csv, NULL, (struct kpm_sink_opts){.exact = false}, everything);
	assert_string_equal(
		text, FROZEN
		"2025-12-31T23:59:59Z,box,6.18.0,10.004,load_msg+0x41,msg_msg-4k,Nonp,5000000000,1,"
		"4999999999,20479999995904,4096,20479999995904,0,4999999999,0,0,0,load_msg,0x41,"
		"kernel,,,,,,3," MISSING "\r\n"
		"2025-12-31T23:59:59Z,box,6.18.0,10.004,alloc_inode+0x20,ext4_inode_cache,Paged,70,"
		"20,50,50000,1000,0,50000,50,0,0,0,alloc_inode,0x20,kernel,,,,,,3," MISSING "\r\n"
		"2025-12-31T23:59:59Z,box,6.18.0,10.004,two+0x1 [nvme],both,Mixed,12,5,7,90,12,50,"
		"40,7,0,0,1,two,0x1,nvme,,,,,,3," MISSING "\r\n"
		"2025-12-31T23:59:59Z,box,6.18.0,10.004,gone+0x1 [nvme],x,Nonp,8,8,0,0,,0,0,0,0,0,"
		"0,gone,0x1,nvme,,,,,,3," MISSING "\r\n");
	free(text);
	/* what the source does not know is not zero */
	s.snap.have = 0;
	text = sunk(&s, &kpm_sink_csv, "waste_bytes,lost", (struct kpm_sink_opts){.exact = false},
		    everything);
	assert_string_equal(text, "waste_bytes,lost\r\n,\r\n,\r\n,\r\n,\r\n");
	free(text);
	sample_close(&s);
}

/* Names that would do something to a reader. */
static void hostile(void **state)
{
	static const struct {
		const char *name, *csv;
	} cases[] = {
		{"=1+1", "'=1+1"},
		{"+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
		{"-2", "'-2"},
		{"@SUM(1,2)", "\"'@SUM(1,2)\""},
		{" =1", "\"' =1\""},
		{"a\"b", "\"a\"\"b\""},
		{"a\r\nb", "a\\x0d\\x0ab"},
		{"\t=1", "\\x09=1"},
		{"\033[2Jx", "\\x1b[2Jx"},
		{"\x9b"
		 "2J",
		 "\\x9b2J"},
		{"\xc2\x9b"
		 "2J",
		 "\\xc2\\x9b2J"},
		{"\xe2\x80\xaetxt", "\\xe2\\x80\\xaetxt"},
		{"\xc0\xaf\xff", "\\xc0\\xaf\\xff"},
		{"M\xc3\xbcll", "M\xc3\xbcll"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct kpm_view_opts only = {.pool = KPM_KINDS,
						   .include = (const char *[]){"hostile", NULL}};
		struct sample s;
		char *text, want[100];
		json_t *json;

		sample_open(&s);
		sample_row(&s, "hostile+0x1/0x2", cases[i].name, KPM_NONP, 1, 0, 8);
		text = sunk(&s, &kpm_sink_csv, "cache,diff", (struct kpm_sink_opts){.exact = false},
			    only);
		snprintf(want, sizeof(want), "cache,diff\r\n%s,1\r\n", cases[i].csv);
		assert_string_equal(text, want);
		free(text);
		text = sunk(&s, &kpm_sink_table, "cache,diff",
			    (struct kpm_sink_opts){.exact = true}, only);
		for (const char *p = text; *p; p++)
			assert_true((unsigned char)*p >= 0x20 || *p == '\n');
		assert_null(strstr(text, "\xe2\x80"));
		free(text);
		text = sunk(&s, &kpm_sink_json, NULL, (struct kpm_sink_opts){.exact = false}, only);
		json = json_loads(text, 0, NULL);
		assert_non_null(json);
		json_decref(json);
		free(text);
		sample_close(&s);
	}
}

static json_t *row(json_t *sample, size_t i)
{
	return json_array_get(json_object_get(sample, "rows"), i);
}

static void json(void **state)
{
	struct sample s;
	json_t *json, *probe;
	char *text;

	(void)state;
	sample_open(&s);
	text = sunk(&s, &kpm_sink_json, NULL, (struct kpm_sink_opts){.exact = false}, everything);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "rows")), 4);
	assert_int_equal(json_integer_value(json_object_get(row(json, 0), "diff")), 4999999999);
	assert_true(json_is_null(json_object_get(row(json, 3), "per_alloc")));
	assert_true(json_is_null(json_object_get(row(json, 0), "owner")));
	assert_int_equal(json_integer_value(json_object_get(json, "lost")), 3);
	assert_string_equal(json_string_value(json_object_get(json, "missing_probes")), MISSING);
	/* all but the one that is not needed */
	assert_int_equal(json_array_size(json_object_get(json, "probes")), KPM_HOOKS - 1);
	probe = json_array_get(json_object_get(json, "probes"), 0);
	assert_string_equal(json_string_value(json_object_get(probe, "name")), "kfree_rcu");
	assert_string_equal(json_string_value(json_object_get(probe, "way")), "missing");
	assert_true(json_is_null(json_object_get(probe, "runs")));
	assert_string_equal(json_string_value(json_object_get(probe, "sees")), "frees");
	assert_null(strstr(text, "freed objects"));
	probe = json_array_get(json_object_get(json, "probes"), 2);
	assert_string_equal(json_string_value(json_object_get(probe, "way")), "kprobe");
	assert_true(json_is_true(json_object_get(probe, "unproven")));
	json_decref(json);
	free(text);
	s.snap.have = 0;
	text = sunk(&s, &kpm_sink_json, NULL, (struct kpm_sink_opts){.exact = false}, everything);
	json = json_loads(text, 0, NULL);
	assert_true(json_is_null(json_object_get(json, "memory")));
	assert_true(json_is_null(json_object_get(json, "loss")));
	assert_true(json_is_null(json_object_get(json, "lost")));
	assert_true(json_is_null(json_object_get(json, "probes")));
	assert_true(json_is_null(json_object_get(row(json, 0), "waste_bytes")));
	json_decref(json);
	free(text);
	sample_close(&s);
}

static void merged_cache(void **state)
{
	const json_t *list;
	struct sample s;
	json_t *json;
	char *text;

	(void)state;
	sample_open(&s);
	assert_int_equal(kpm_tagset_merge(s.tags, "msg_msg-4k", "a+b-\"c"), 0);
	text = sunk(&s, &kpm_sink_json, NULL, (struct kpm_sink_opts){.exact = false}, everything);
	json = json_loads(text, 0, NULL);
	list = json_object_get(row(json, 0), "cache_aliases");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "b-\"c");
	assert_true(json_is_null(json_object_get(row(json, 1), "cache_aliases")));
	json_decref(json);
	free(text);
	text = sunk(&s, &kpm_sink_csv, "cache_aliases", (struct kpm_sink_opts){.exact = false},
		    everything);
	assert_string_equal(text, "cache_aliases\r\n\"a+b-\"\"c\"\r\n\r\n\r\n\r\n");
	free(text);
	sample_close(&s);
}

static void table(void **state)
{
	static const char want[] =
		"   Tag              Type      Allocs Frees       Diff          Bytes Per-Alloc "
		"Module Cache\n"
		" ? load_msg+0x41    Nonp  5000000000     1 4999999999 20479999995904      4096 "
		"kernel msg_msg-4k\n"
		"   alloc_inode+0x20 Paged         70    20         50          50000      1000 "
		"kernel ext4_inode_cache\n"
		"~  two+0x1 [nvme]   Mixed         12     5          7             90        12 "
		"nvme   both\n"
		"   gone+0x1 [nvme]  Nonp           8     8          0              0         - "
		"nvme   x\n"
		"~? Total            Nonp  5000000017    13 5000000004 20479999995954      4095 "
		"-      -\n"
		"~  Total            Paged         73    21         52          50040       962 "
		"-      -\n";
	struct sample s;
	char *text;

	(void)state;
	sample_open(&s);
	s.snap.rows[0].kind[KPM_NONP].missed = 1;
	s.snap.rows[2].estimated = true;
	text = sunk(&s, &kpm_sink_table, NULL,
		    (struct kpm_sink_opts){.exact = true, .totals = true}, everything);
	assert_non_null(strstr(text, "\n\n"));
	assert_string_equal(strstr(text, "\n\n") + 2, want);
	/* a line for each consequence */
	assert_non_null(strstr(text, " Missing probes: kfree_rcu: freed objects"));
	assert_non_null(strstr(text, " Missing probes: alloc_bulk: allocated objects"));
	assert_non_null(strstr(text, " Unproven probes (not called yet): free_bulk\n"));
	assert_null(strstr(text, " Probe "));
	assert_non_null(strstr(
		text, "Lost: 3 (rows too high by at most 3 frees not seen; too low by at most"));
	free(text);
	text = sunk(&s, &kpm_sink_table, NULL, (struct kpm_sink_opts){.exact = false}, everything);
	assert_non_null(strstr(text, " 18.6T "));
	free(text);
	/* a narrow terminal: the texts are cut, the numbers stay whole, no line is wider */
	text = sunk(&s, &kpm_sink_table, NULL, (struct kpm_sink_opts){.exact = true, .width = 88},
		    everything);
	for (char *line = strstr(text, "\n\n") + 2, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_true(end - line <= 88);
	}
	assert_non_null(strstr(text, "4999999999 20479999995904"));
	assert_non_null(strstr(text, "ext4_in>\n"));
	free(text);
	sample_close(&s);
}

static void suffixes(void **state)
{
	(void)state;
	assert_int_equal(kpm_format_for_file("/a.json/x.csv"), KPM_FORMAT_CSV);
	assert_int_equal(kpm_format_for_file("x.jsonl"), KPM_FORMAT_JSON);
	assert_int_equal(kpm_format_for_file("poolsnap.log"), KPM_FORMAT_TABLE);
	assert_int_equal(kpm_format_for_file("/a.csv/x"), KPM_FORMAT_NONE);
	assert_int_equal(kpm_format_for_file("x."), KPM_FORMAT_NONE);
	assert_int_equal(kpm_format_find("xml"), KPM_FORMAT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),   cmocka_unit_test(hostile),  cmocka_unit_test(json),
		cmocka_unit_test(table), cmocka_unit_test(suffixes), cmocka_unit_test(merged_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
