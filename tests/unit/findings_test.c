// SPDX-License-Identifier: GPL-2.0-or-later
/* Suspects by cause, on made-up growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "view/findings_text.h"

#define TICKS  61
#define TAGS   40
#define NOBODY 0
#define WORKER 900
#define HIT    1000 /* the process of an interrupt */

/* A tag of the scene. */
struct grown {
	const char *symbol, *owner;
	uint32_t process; /* pid, NOBODY: many, HIT: none, as an interrupt allocated */
	uint32_t size;
	double each;         /* objects by each unit of the scene */
	uint32_t start;      /* objects that are there from the beginning */
	double (*at)(int t); /* units so far */
	const char *path[3];
};

struct scene {
	struct kpm_snapshot snap;
	struct kpm_tagset *tags;
	struct kpm_trend *trend;
	struct kpm_who *who;
	const struct grown *grown;
	struct kpm_suspect suspects[TAGS];
	struct kpm_findings_of of;
	struct kpm_findings findings;
};

static double even(int t)
{
	return t;
}
static double bursts(int t)
{
	return t / 7 * 7 + t % 7 / 3;
}
static double other_bursts(int t)
{
	return t + 12 * (t > 30) + 5 * (t > 50);
}

static void path_of(void *arg, uint32_t tag, struct kpm_path *path)
{
	const struct scene *s = arg;

	path->count = 0;
	for (int i = 0; i < 3 && s->grown[tag].path[i]; i++)
		path->step[path->count++] = (struct kpm_path_step){s->grown[tag].path[i], "kernel"};
}

static bool is_helper(void *arg, const char *symbol)
{
	(void)arg;
	return !strcmp(symbol, "__alloc_skb");
}

static void add_party(struct scene *s, uint32_t tag, struct kpm_party party)
{
	int64_t number = kpm_who_party(s->who, &party);

	assert_true(number >= 0);
	assert_int_equal(kpm_who_add(s->who, tag, number, 10), 0);
}

static void behind(struct scene *s, uint32_t tag, const struct grown *g)
{
	if (g->owner)
		add_party(s, tag,
			  (struct kpm_party){
				  .kind = KPM_OWNER, .name = g->owner, .module = "kernel"});
	if (g->process == HIT)
		add_party(s, tag, (struct kpm_party){.kind = KPM_PROCESS, .name = KPM_INTERRUPT});
	for (uint32_t i = 0; g->process == NOBODY && i < 5; i++)
		add_party(
			s, tag,
			(struct kpm_party){.kind = KPM_PROCESS, .name = "unshare", .pid = 500 + i});
	if (g->process && g->process != HIT)
		add_party(
			s, tag,
			(struct kpm_party){.kind = KPM_PROCESS,
					   .name = g->process == WORKER ? "kworker/0:1" : "python3",
					   .pid = g->process});
}

/* Plays the growth and makes findings of it. */
static void play(struct scene *s, const struct grown *grown, uint32_t count)
{
	uint32_t found;

	*s = (struct scene){.tags = kpm_tagset_new(),
			    .trend = kpm_trend_new(),
			    .who = kpm_who_new(),
			    .grown = grown};
	kpm_snapshot_init(&s->snap);
	assert_int_equal(kpm_who_begin(s->who, count), 0);
	for (uint32_t i = 0; i < count; i++) {
		char text[100];

		snprintf(text, sizeof(text), "%s+0x10/0x100", grown[i].symbol);
		assert_int_equal(kpm_tagset_enter(s->tags, 0x1000 + i, text, NULL, false), i);
		behind(s, i, &grown[i]);
	}
	assert_int_equal(kpm_who_end(s->who), 0);
	for (int t = 0; t < TICKS; t++) {
		kpm_snapshot_reset(&s->snap, count);
		s->snap.mono_ns = t * KPM_SECOND;
		for (uint32_t i = 0; i < count; i++) {
			struct kpm_counts *k = &s->snap.rows[i].kind[KPM_NONP];
			double units = grown[i].at(t);

			s->snap.rows[i].tag = i;
			k->diff = k->allocs = grown[i].start + (uint64_t)(units * grown[i].each);
			k->bytes = k->diff * grown[i].size;
		}
		assert_int_equal(kpm_trend_push(s->trend, &s->snap), 0);
	}
	found = kpm_suspects_rank(&s->snap, s->tags, s->trend, s->who, NULL, s->suspects, TAGS);
	s->of = (struct kpm_findings_of){.snap = &s->snap,
					 .tags = s->tags,
					 .trend = s->trend,
					 .who = s->who,
					 .path = path_of,
					 .helper = is_helper,
					 .arg = s};
	assert_int_equal(kpm_findings_make(&s->of, s->suspects, found, &s->findings), 0);
}

static void done(struct scene *s)
{
	kpm_findings_done(&s->findings);
	kpm_snapshot_done(&s->snap);
	kpm_trend_free(s->trend);
	kpm_tagset_free(s->tags);
	kpm_who_free(s->who);
}

#define PLAY(s, ...)                                                                               \
	const struct grown grown_[] = {__VA_ARGS__};                                               \
	play(s, grown_, sizeof(grown_) / sizeof(*grown_))

static const char *symbol_of(const struct scene *s, uint32_t suspect)
{
	return kpm_tagset_get(s->tags, s->suspects[suspect].tag)->symbol;
}

static const char *lead(const struct scene *s, uint32_t finding)
{
	return symbol_of(s, s->findings.list[finding].members[0]);
}

/* Even growth at one rate says nothing: two processes leak, each by a way of its own. */
static void even_leaks(void **state)
{
	struct scene s;
	PLAY(&s, {"load_msg", "load_msg", 7, 4096, 10, 0, even, {"load_msg", "do_msgsnd"}},
	     {"alloc_pipe_info", "alloc_pipe_info", 8, 1024, 10, 0, even, {"alloc_pipe_info"}});

	(void)state;
	assert_int_equal(s.findings.count, 2);
	assert_string_equal(lead(&s, 0), "load_msg");
	assert_int_equal(s.findings.list[0].verdict, KPM_LEAK);
	assert_int_equal(s.findings.list[0].count, 1);
	done(&s);
}

/* What one process does in proportion is one thing, by whatever ways; a worker works for others. */
static void of_a_process(void **state)
{
	struct scene s;

	(void)state;
	{
		PLAY(&s, {"load_msg", "load_msg", 7, 4096, 11, 0, even, {"load_msg"}},
		     {"alloc_pipe_info", "b", 7, 1024, 3.4, 0, even, {"alloc_pipe_info"}});
		assert_int_equal(s.findings.count, 1);
		done(&s);
	}
	{
		PLAY(&s, {"load_msg", "load_msg", WORKER, 4096, 11, 0, even, {"load_msg"}},
		     {"alloc_pipe_info", "b", WORKER, 1024, 3.4, 0, even, {"alloc_pipe_info"}});
		assert_int_equal(s.findings.count, 2);
		done(&s);
	}
	{
		PLAY(&s, {"load_msg", "load_msg", 7, 4096, 11, 0, even, {"load_msg"}},
		     {"alloc_pipe_info", "b", 7, 1024, 3.4, 0, other_bursts, {"alloc_pipe_info"}});
		assert_int_equal(s.findings.count, 2);
		done(&s);
	}
}

/* Many tags of one thing: the owner is the function that all come through. */
static void namespaces(void **state)
{
	static char names[30][30];
	struct grown grown[30];
	struct scene s;
	uint64_t objects = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		snprintf(names[i], sizeof(names[i]), "setup_part_%d", i);
		grown[i] = (struct grown){
			names[i],
			names[i],
			NOBODY,
			64 + 32 * (i % 7),
			i < 4 ? 1 : i,
			100,
			bursts,
			{names[i], i % 3 ? "setup_net" : "copy_net_ns", i % 3 ? "copy_net_ns" : NULL}};
		objects += i < 4 ? 1 : i;
	}
	play(&s, grown, 30);
	assert_int_equal(s.findings.count, 1);
	assert_int_equal(s.findings.list[0].count, 30);
	assert_int_equal(s.findings.list[0].verdict, KPM_LEAK);
	assert_int_equal(s.findings.list[0].parties[KPM_OWNER], 1);
	assert_string_equal(s.findings.list[0].party[KPM_OWNER][0].name, "copy_net_ns");
	assert_string_equal(symbol_of(&s, s.findings.list[0].unit), "setup_part_3");
	assert_true(s.findings.list[0].per_unit > objects * 0.99 &&
		    s.findings.list[0].per_unit < objects * 1.01);
	done(&s);
}

/* The arrays of the allocator and helpers are in a finding, but it is not named after them. */
static void never_lead(void **state)
{
	struct scene s;
	PLAY(&s, {"alloc_slab_obj_exts", "queue_path", 7, 4096, 30, 0, even, {"queue_path"}},
	     {"__alloc_skb", "queue_path", 7, 1024, 20, 0, even, {"queue_path"}},
	     {"queue_entry", "queue_path", 7, 64, 10, 0, even, {"queue_path"}});

	(void)state;
	assert_int_equal(s.findings.count, 1);
	assert_string_equal(lead(&s, 0), "queue_entry");
	assert_int_equal(s.findings.list[0].verdict, KPM_LEAK);
	assert_int_equal(s.findings.list[0].bytes, 60 * (30 * 4096 + 20 * 1024 + 10 * 64));
	assert_true(s.findings.list[0].bytes_per_s > 143000 &&
		    s.findings.list[0].bytes_per_s < 144600);
	done(&s);
}

/* Nodes of a container are fewer than what is in it, and come in steps of their own. */
static void containers(void **state)
{
	struct scene s;

	(void)state;
	{
		PLAY(&s, {"key_alloc", "key_alloc", 7, 256, 10, 0, even, {"key_link"}},
		     {"__alloc_skb", "key_link", 7, 192, 2, 0, other_bursts, {"key_link"}});
		assert_int_equal(s.findings.count, 1);
		assert_string_equal(lead(&s, 0), "key_alloc");
		done(&s);
	}
	{
		/* more of them than of the other */
		PLAY(&s, {"key_alloc", "key_alloc", 7, 256, 2, 0, even, {"key_link"}},
		     {"__alloc_skb", "key_link", 7, 192, 10, 0, other_bursts, {"key_link"}});
		assert_int_equal(s.findings.count, 2);
		done(&s);
	}
	{
		/* by a way of its own */
		PLAY(&s, {"key_alloc", "key_alloc", 7, 256, 10, 0, even, {"key_link"}},
		     {"__alloc_skb", "other", 7, 192, 2, 0, other_bursts, {"other"}});
		assert_int_equal(s.findings.count, 2);
		done(&s);
	}
}

/* What an interrupt allocates for what a process does: as many, one to one. */
static void one_to_one(void **state)
{
	struct scene s;
	PLAY(&s, {"sk_prot_alloc", "sk_prot_alloc", 7, 2048, 5, 0, even, {"sk_prot_alloc"}},
	     {"reqsk_alloc", "reqsk_alloc", HIT, 256, 5, 0, even, {"reqsk_alloc"}});

	(void)state;
	assert_int_equal(s.findings.count, 1);
	assert_int_equal(s.findings.list[0].parties[KPM_PROCESS], 2);
	assert_int_equal(s.findings.list[0].party[KPM_PROCESS][0].pid, 7);
	assert_true(s.findings.list[0].party[KPM_PROCESS][0].share == 0.5);
	done(&s);
}

/* Uneven growth that is alike is one cause, whoever is behind it; and none that is not. */
static void uneven(void **state)
{
	struct scene s;

	(void)state;
	{
		PLAY(&s, {"a", NULL, NOBODY, 512, 9, 0, other_bursts, {NULL}},
		     {"b", NULL, NOBODY, 128, 2, 0, other_bursts, {NULL}});
		assert_int_equal(s.findings.count, 1);
		done(&s);
	}
	{
		PLAY(&s, {"a", "x", NOBODY, 512, 9, 0, other_bursts, {"x"}},
		     {"b", "x", NOBODY, 128, 9, 0, even, {"x"}});
		assert_int_equal(s.findings.count, 2);
		done(&s);
	}
}

/* An array of the allocator is none by itself, and what is rarer than all else is no unit. */
static void units(void **state)
{
	struct scene s;
	PLAY(&s, {"net_alloc", "x", 7, 4096, 1, 0, even, {"x"}},
	     {"ops_init", "x", 7, 512, 1, 0, even, {"x"}},
	     {"register_table", "x", 7, 512, 20, 0, even, {"x"}},
	     {"id_bitmap", "x", 7, 128, 0.25, 0, even, {"x"}},
	     {"alloc_slab_obj_exts", "y", 8, 4096, 7, 0, bursts, {"y"}});

	(void)state;
	assert_int_equal(s.findings.count, 1);
	assert_int_equal(s.findings.list[0].count, 4);
	assert_true(s.findings.list[0].per_unit > 22 && s.findings.list[0].per_unit < 22.5);
	done(&s);
}

/* What stays the same is no finding. */
static void nothing(void **state)
{
	struct scene s;
	PLAY(&s, {"a", "a", 7, 512, 0, 100, even, {"a"}}, {"b", "b", 7, 512, 0, 5, even, {"b"}});

	(void)state;
	assert_int_equal(s.findings.count, 0);
	done(&s);
}

static void words(void **state)
{
	struct scene s;
	char *text;
	size_t size;
	FILE *out;
	PLAY(&s, {"alloc_slab_obj_exts", "queue_path", 7, 4096, 30, 0, even, {"queue_path"}},
	     {"queue_entry", "queue_path", 7, 64, 10, 0, even, {"queue_path"}});

	(void)state;
	out = open_memstream(&text, &size);
	kpm_finding_print(out, &s.of, s.suspects, &s.findings.list[0]);
	fclose(out);
	assert_string_equal(
		text,
		" leak?    queue_entry+0x10, Nonp, 7.1M in 2400 objects of 2 tags, +7.1M/min\n"
		"          grew in 60 of 60 samples, +37.5K/min steady, 0.0% freed\n"
		"          with alloc_slab_obj_exts+0x10 7.0M\n"
		"          4.0 objects to one of queue_entry+0x10\n"
		"          owner queue_path [kernel] 100%; allocated by python3 (7) 100%\n"
		"          next: kpoolmon stacks 'queue_entry' shows the ways, kpoolmon find "
		"'queue_entry' the file\n");
	free(text);
	done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even_leaks), cmocka_unit_test(of_a_process),
		cmocka_unit_test(namespaces), cmocka_unit_test(containers),
		cmocka_unit_test(never_lead), cmocka_unit_test(one_to_one),
		cmocka_unit_test(uneven),     cmocka_unit_test(units),
		cmocka_unit_test(nothing),    cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
