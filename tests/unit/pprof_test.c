// SPDX-License-Identifier: GPL-2.0-or-later
/* The profile of made-up stacks, read again: what belongs to what, and inlined functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "sink/profile.pb-c.h"
#include "sink/stacks.h"

typedef Perftools__Profiles__Profile profile_t;

static profile_t *written(const struct kpm_held *held)
{
	static uint8_t plain[1 << 16];
	z_stream z = {.next_out = plain, .avail_out = sizeof(plain)};
	profile_t *p;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(kpm_stacks_pprof(f, held), 0);
	fclose(f);
	z.next_in = (Bytef *)text;
	z.avail_in = size;
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	p = perftools__profiles__profile__unpack(NULL, z.total_out, plain);
	assert_non_null(p);
	inflateEnd(&z);
	free(text);
	return p;
}

static const char *text(const profile_t *p, int64_t at)
{
	assert_true(at >= 0 && (size_t)at < p->n_string_table);
	return p->string_table[at];
}

static const Perftools__Profiles__Function *function(const profile_t *p,
						     const Perftools__Profiles__Line *line)
{
	assert_true(line->function_id >= 1 && line->function_id <= p->n_function);
	assert_int_equal(p->function[line->function_id - 1]->id, line->function_id);
	return p->function[line->function_id - 1];
}

static const char *name(const profile_t *p, const Perftools__Profiles__Line *line)
{
	return text(p, function(p, line)->name);
}

static void labels(const profile_t *p, const Perftools__Profiles__Sample *s, const char *process,
		   int64_t pid)
{
	int found = 0;

	for (size_t i = 0; i < s->n_label; i++) {
		const Perftools__Profiles__Label *l = s->label[i];

		if (!strcmp(text(p, l->key), "process")) {
			assert_string_equal(text(p, l->str), process);
			found++;
		} else if (!strcmp(text(p, l->key), "pid")) {
			assert_int_equal(l->num, pid);
			found++;
		} else if (!strcmp(text(p, l->key), "tag")) {
			assert_string_equal(text(p, l->str), "take+0x10 [drv]");
			found++;
		} else if (!strcmp(text(p, l->key), "cache")) {
			assert_string_equal(text(p, l->str), "drv_cache");
			found++;
		}
	}
	/* what has no pid has no label for it */
	assert_int_equal(found, pid ? 4 : 3);
}

static void stacks(void **state)
{
	struct kpm_tagset *tags = kpm_tagset_new(), *frames = kpm_tagset_new();
	struct kpm_who *who = kpm_who_new();
	const uint32_t numbers[] = {
		kpm_tagset_enter(frames, 1, "take+0x10/0x40 [drv]", NULL, false),
		kpm_tagset_enter(frames, 2, "call+0x10/0x40", NULL, false),
	};
	const struct kpm_location in_module = {
		.file = "/lib/drv.ko",
		.build_id = "beef",
		.source = "drv.c",
		.line = 12,
		.inlined = "inner < outer",
		.build = KPM_BUILD_LOADED,
		.line_in = 1,
	};
	const struct kpm_location *const locations[] = {&in_module, NULL};
	const struct kpm_held_process processes[] = {
		{.party = kpm_who_party(
			 who, &(struct kpm_party){.kind = KPM_PROCESS, .name = "a", .pid = 7}),
		 .objects = 3,
		 .bytes = 300},
		{.party = kpm_who_party(
			 who, &(struct kpm_party){.kind = KPM_PROCESS, .name = KPM_INTERRUPT}),
		 .objects = 1,
		 .bytes = 100},
	};
	const struct kpm_held_stack list[] = {
		{.tag = kpm_tagset_enter(tags, 1, "take+0x10/0x40 [drv]", "drv_cache", true),
		 .frames = numbers,
		 .frame_count = 2,
		 .objects = 4,
		 .bytes = 400,
		 .processes = processes,
		 .process_count = 2},
		{.tag = kpm_tagset_enter(tags, 3, "unseen+0x1/0x2 [drv]", NULL, false),
		 .objects = 5,
		 .bytes = 50},
	};
	const struct kpm_held held = {.tags = tags,
				      .who = who,
				      .frames = frames,
				      .locations = locations,
				      .stacks = list,
				      .count = 2,
				      .wall_ns = 1234};
	const Perftools__Profiles__Location *l;
	profile_t *p = written(&held);

	(void)state;
	assert_int_equal(p->time_nanos, 1234);
	assert_string_equal(text(p, 0), "");
	assert_int_equal(p->n_sample_type, 2);
	assert_string_equal(text(p, p->sample_type[1]->type), "inuse_space");
	assert_string_equal(text(p, p->sample_type[1]->unit), "bytes");
	assert_int_equal(p->default_sample_type, p->sample_type[1]->type);
	assert_int_equal(p->n_sample, 3);
	assert_int_equal(p->sample[0]->value[0], 3);
	assert_int_equal(p->sample[0]->value[1], 300);
	labels(p, p->sample[0], "a", 7);
	assert_int_equal(p->sample[1]->value[1], 100);
	labels(p, p->sample[1], KPM_INTERRUPT, 0);
	assert_int_equal(p->sample[2]->value[1], 50);
	/* both samples have the same places; the allocation's has its inlined functions first */
	assert_int_equal(p->sample[0]->n_location_id, 2);
	assert_int_equal(p->sample[0]->location_id[0], p->sample[1]->location_id[0]);
	l = p->location[p->sample[0]->location_id[0] - 1];
	assert_int_equal(l->n_line, 3);
	assert_string_equal(name(p, l->line[0]), "inner");
	assert_string_equal(text(p, function(p, l->line[0])->filename), "");
	assert_int_equal(l->line[0]->line, 0);
	assert_string_equal(name(p, l->line[1]), "outer");
	assert_string_equal(text(p, function(p, l->line[1])->filename), "drv.c");
	assert_int_equal(l->line[1]->line, 12);
	assert_string_equal(name(p, l->line[2]), "take");
	assert_string_equal(text(p, p->mapping[l->mapping_id - 1]->filename), "/lib/drv.ko");
	assert_string_equal(text(p, p->mapping[l->mapping_id - 1]->build_id), "beef");
	assert_true(p->mapping[l->mapping_id - 1]->has_line_numbers);
	l = p->location[p->sample[0]->location_id[1] - 1];
	assert_string_equal(name(p, l->line[0]), "call");
	assert_string_equal(text(p, p->mapping[l->mapping_id - 1]->filename), "kernel");
	assert_false(p->mapping[l->mapping_id - 1]->has_line_numbers);
	/* without a sample a tag stands for itself */
	l = p->location[p->sample[2]->location_id[0] - 1];
	assert_string_equal(name(p, l->line[0]), "unseen");
	/* in the same mapping as the module's other code */
	assert_string_equal(text(p, p->mapping[l->mapping_id - 1]->filename), "/lib/drv.ko");
	assert_int_equal(p->n_mapping, 2);
	perftools__profiles__profile__free_unpacked(p, NULL);
	kpm_tagset_free(tags);
	kpm_tagset_free(frames);
	kpm_who_free(who);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(stacks)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
