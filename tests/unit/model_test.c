// SPDX-License-Identifier: GPL-2.0-or-later
/* Tagset, snapshot and history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cli/probe_list.h"
#include "model/history.h"
#include "model/hooks.h"
#include "model/tagset.h"

static void tag_names(void **state)
{
	static const struct {
		const char *kernel, *text, *symbol, *module;
		uint64_t offset;
	} cases[] = {
		{"load_msg+0x41/0x1e0", "load_msg+0x41", "load_msg", "kernel", 0x41},
		{"kpm_leak+0x1f/0x60 [leaky]", "kpm_leak+0x1f [leaky]", "kpm_leak", "leaky", 0x1f},
		{"a.isra.0+0x0/0x10 [nf_nat 8c0ffee]", "a.isra.0+0x0 [nf_nat]", "a.isra.0",
		 "nf_nat", 0},
		{"operator+odd+0x8/0x9", "operator+odd+0x8", "operator+odd", "kernel", 8},
		{"0xffffffffc0001234", "0xffffffffc0001234", NULL, NULL, 0},
		{"", "0xffffffffc0001234", NULL, NULL, 0},
		{NULL, "0xffffffffc0001234", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kpm_tagset *set = kpm_tagset_new();
		const struct kpm_tag_name *name;

		assert_int_equal(
			kpm_tagset_enter(set, 0xffffffffc0001234, cases[i].kernel, NULL, false), 0);
		name = kpm_tagset_get(set, 0);
		assert_string_equal(name->text, cases[i].text);
		if (cases[i].symbol) {
			assert_string_equal(name->symbol, cases[i].symbol);
			assert_string_equal(name->module, cases[i].module);
			assert_int_equal(name->offset, cases[i].offset);
		} else {
			assert_null(name->symbol);
			assert_null(name->module);
		}
		assert_null(name->cache);
		kpm_tagset_free(set);
	}
}

/* Where the stack does not show the caller, the probe writes a text of its own. */
static void tags_without_site(void **state)
{
	struct kpm_tagset *set = kpm_tagset_new();
	const struct kpm_tag_name *name;
	int64_t a;

	(void)state;
	a = kpm_tagset_enter(set, 0, "(bulk) skbuff_head_cache", "skbuff_head_cache", true);
	name = kpm_tagset_get(set, a);
	assert_string_equal(name->text, "(bulk) skbuff_head_cache");
	assert_null(name->symbol);
	assert_null(name->module);
	assert_int_not_equal(kpm_tagset_enter(set, 0, "(bulk) bio-1", "bio-1", true), a);
	kpm_tagset_free(set);
}

static void missing_hooks(void **state)
{
	struct kpm_hook_state states[KPM_HOOKS] = {0};
	char text[KPM_MISSING_LEN], small[20];

	(void)state;
	for (int i = 0; i < KPM_HOOKS; i++)
		states[i].attach = i % 2 ? KPM_ATTACH_NOT_NEEDED : KPM_ATTACH_FENTRY;
	assert_string_equal(kpm_hooks_missing(states, text, sizeof(text)), "");
	states[KPM_HOOK_KFREE_RCU].attach = KPM_ATTACH_MISSING;
	states[KPM_HOOK_FREE_BULK].attach = KPM_ATTACH_MISSING;
	states[KPM_HOOK_ALLOC_BULK].attach = KPM_ATTACH_MISSING;
	assert_string_equal(kpm_hooks_missing(states, text, sizeof(text)),
			    "kfree_rcu free_bulk alloc_bulk");
	/* all of them fit */
	memset(states, 0, sizeof(states));
	assert_true(strlen(kpm_hooks_missing(states, text, sizeof(text))) < sizeof(text) - 1);
	assert_true(strlen(kpm_hooks_missing(states, small, sizeof(small))) < sizeof(small));

	assert_true(kpm_hook_unproven(&(struct kpm_hook_state){KPM_ATTACH_KPROBE, 0}));
	assert_false(kpm_hook_unproven(&(struct kpm_hook_state){KPM_ATTACH_KPROBE, 1}));
	assert_false(kpm_hook_unproven(&(struct kpm_hook_state){KPM_ATTACH_MISSING, 0}));
	assert_false(kpm_hook_unproven(&(struct kpm_hook_state){KPM_ATTACH_NOT_NEEDED, 0}));
}

static void chosen_hooks(void **state)
{
	static const char *const bad[] = {"",     "kfree_rcu",   "+",           "-kfree",
					  "+a,",  "-kfree_rcu,", "-kfree_rcux", ",-fentry",
					  "- all"};
	const uint32_t all = (1U << KPM_HOOKS) - 1, rcu = 1U << KPM_HOOK_KFREE_RCU;
	struct kpm_hook_choice choice = {0};
	struct kpm_err err;

	(void)state;
	assert_int_equal(kpm_probe_list("-fentry,-kfree_rcu", &choice, &err), 0);
	assert_true(choice.no_fentry && !choice.no_kprobe);
	assert_int_equal(choice.off, rcu);
	assert_int_equal(choice.required, 0);
	assert_int_equal(kpm_probe_list("-all,+kfree_rcu", &choice, &err), 0);
	assert_int_equal(choice.off, all & ~rcu);
	assert_int_equal(choice.required, rcu);
	assert_int_equal(kpm_probe_list("+all,+fentry,-kprobe,-kfree_rcu", &choice, &err), 0);
	assert_int_equal(choice.off, rcu);
	assert_int_equal(choice.required, 0);
	assert_true(!choice.no_fentry && choice.no_kprobe);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct kpm_hook_choice none = {0};

		assert_int_equal(kpm_probe_list(bad[i], &none, &err), -EINVAL);
		assert_non_null(strstr(err.text, "kmalloc_nolock, fentry, kprobe, classic, all"));
	}
}

static void tags_split_by_cache(void **state)
{
	struct kpm_tagset *set = kpm_tagset_new();
	int64_t a, b, k;

	(void)state;
	a = kpm_tagset_enter(set, 1, "mempool_alloc_slab+0x1/0x2", "bio-1", true);
	b = kpm_tagset_enter(set, 1, "mempool_alloc_slab+0x1/0x2", "bio-2", true);
	assert_int_not_equal(a, b);
	assert_int_equal(kpm_tagset_enter(set, 1, "mempool_alloc_slab+0x1/0x2", "bio-1", true), a);
	/* kmalloc: one tag, its caches joined, each once */
	k = kpm_tagset_enter(set, 1, "mempool_alloc_slab+0x1/0x2", "kmalloc-64", false);
	assert_true(k != a && k != b);
	kpm_tagset_enter(set, 1, "mempool_alloc_slab+0x1/0x2", "kmalloc-6", false);
	kpm_tagset_enter(set, 1, "mempool_alloc_slab+0x1/0x2", "kmalloc-64", false);
	kpm_tagset_enter(set, 1, "mempool_alloc_slab+0x1/0x2", NULL, false);
	assert_string_equal(kpm_tagset_get(set, k)->cache, "kmalloc-64+kmalloc-6");
	assert_int_equal(kpm_tagset_count(set), 3);
	kpm_tagset_free(set);
}

static bool namer(void *arg, uint64_t site, char *buf, size_t size)
{
	++*(int *)arg;
	snprintf(buf, size, "helper+0x%x [mod]", (unsigned int)site);
	return site != 7;
}

static void the_namer_is_asked_where_the_kernel_was_not(void **state)
{
	struct kpm_tagset *set = kpm_tagset_new();
	int asked = 0;

	(void)state;
	kpm_tagset_set_namer(set, namer, &asked);
	assert_int_equal(kpm_tagset_enter(set, 1, "a+0x1/0x2", NULL, false), 0);
	assert_int_equal(asked, 0);
	assert_int_equal(kpm_tagset_enter(set, 0x1f, "", NULL, false), 1);
	assert_string_equal(kpm_tagset_get(set, 1)->text, "helper+0x1f [mod]");
	assert_string_equal(kpm_tagset_get(set, 1)->module, "mod");
	assert_int_equal(kpm_tagset_enter(set, 7, NULL, NULL, false), 2);
	assert_string_equal(kpm_tagset_get(set, 2)->text, "0x7");
	assert_int_equal(asked, 2);
	kpm_tagset_free(set);
}

static void many_tags_keep_their_numbers(void **state)
{
	struct kpm_tagset *set = kpm_tagset_new();
	char symbol[64];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 20000; i++) {
			snprintf(symbol, sizeof(symbol), "f%d+0x%x/0xffff", i / 3, i);
			assert_int_equal(kpm_tagset_enter(set, i, symbol, NULL, false), i);
		}
	assert_int_equal(kpm_tagset_count(set), 20000);
	kpm_tagset_free(set);
}

static void changes_and_rates(void **state)
{
	struct kpm_history *h = kpm_history_new();
	struct kpm_snapshot s;
	struct kpm_change c;
	double rate;

	(void)state;
	kpm_snapshot_init(&s);
	assert_int_equal(kpm_snapshot_reset(&s, 1), 0);
	s.mono_ns = 1000000000;
	s.rows[0].kind[KPM_NONP] =
		(struct kpm_counts){.allocs = 10, .frees = 2, .diff = 8, .bytes = 80};
	assert_int_equal(kpm_history_push(h, &s), 0);
	assert_false(kpm_history_change(h, 0, KPM_KINDS, &c));
	assert_false(kpm_history_rate(h, 0, KPM_KINDS, &rate));
	assert_int_equal(kpm_history_interval(h), 0);

	assert_int_equal(kpm_snapshot_reset(&s, 2), 0);
	s.mono_ns = 3000000000;
	s.rows[0].kind[KPM_NONP] =
		(struct kpm_counts){.allocs = 11, .frees = 6, .diff = 5, .bytes = 50};
	s.rows[0].kind[KPM_PAGED] = (struct kpm_counts){.allocs = 1, .diff = 1, .bytes = 64};
	s.rows[1].kind[KPM_PAGED] = (struct kpm_counts){.allocs = 4, .diff = 4, .bytes = 400};
	assert_int_equal(kpm_history_push(h, &s), 0);
	assert_true(kpm_history_change(h, 0, KPM_NONP, &c));
	assert_int_equal(c.allocs, 1);
	assert_int_equal(c.frees, 4);
	assert_int_equal(c.diff, -3);
	assert_int_equal(c.bytes, -30);
	assert_true(kpm_history_change(h, 0, KPM_KINDS, &c));
	assert_int_equal(c.bytes, 34);
	/* a new tag was zero before */
	assert_true(kpm_history_change(h, 1, KPM_KINDS, &c));
	assert_int_equal(c.diff, 4);
	assert_int_equal(kpm_history_interval(h), 2000000000);
	assert_true(kpm_history_rate(h, 1, KPM_PAGED, &rate));
	assert_true(rate > 199.9 && rate < 200.1);
	/* the first of three samples is forgotten */
	s.mono_ns = 4000000000;
	assert_int_equal(kpm_history_push(h, &s), 0);
	assert_true(kpm_history_change(h, 1, KPM_KINDS, &c));
	assert_int_equal(c.diff, 0);
	assert_int_equal(kpm_history_interval(h), 1000000000);
	kpm_snapshot_done(&s);
	kpm_history_free(h);
}

static void rows_are_zeroed_and_numbered(void **state)
{
	struct kpm_snapshot s;

	(void)state;
	kpm_snapshot_init(&s);
	assert_int_equal(kpm_snapshot_reset(&s, 100), 0);
	s.rows[50].kind[0].allocs = 7;
	assert_int_equal(kpm_snapshot_reset(&s, 90), 0);
	for (uint32_t i = 0; i < 90; i++) {
		assert_int_equal(s.rows[i].tag, i);
		assert_int_equal(s.rows[i].kind[0].allocs, 0);
	}
	kpm_snapshot_done(&s);
}

/* Every member of a struct of figures has a row in its table, and one only. */
static void tables_have_all_members(void **state)
{
	static const struct {
		const struct kpm_field *fields;
		size_t count;
	} tables[] = {
		{kpm_counters, KPM_COUNTERS},
		{kpm_loss_fields, KPM_LOSS_FIELDS},
		{kpm_memory_fields, KPM_MEMORY_FIELDS},
		{kpm_capacity_fields, KPM_CAPACITY_FIELDS},
	};

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++) {
		uint64_t members = 0;

		for (size_t i = 0; i < tables[t].count; i++) {
			assert_non_null(tables[t].fields[i].name);
			members |= 1ULL << tables[t].fields[i].offset / sizeof(uint64_t);
		}
		assert_int_equal(members, (1ULL << tables[t].count) - 1);
	}
}

static void sums_have_all_counters(void **state)
{
	struct kpm_row row = {0};
	struct kpm_counts sum;

	(void)state;
	for (size_t i = 0; i < KPM_COUNTERS; i++) {
		kpm_field_set(&kpm_counters[i], &row.kind[KPM_NONP], i + 1);
		kpm_field_set(&kpm_counters[i], &row.kind[KPM_PAGED], 100 * i);
	}
	sum = kpm_row_sum(&row);
	for (size_t i = 0; i < KPM_COUNTERS; i++)
		assert_int_equal(kpm_field_get(&kpm_counters[i], &sum), 101 * i + 1);
	assert_int_equal(kpm_missed(sum), sum.missed + sum.audited);
}

static void losses_are_what_no_counter_has(void **state)
{
	struct kpm_loss loss = {.skipped = 1,
				.rescued = 2,
				.lost_max = 4,
				.allocs = 8,
				.refused = 16,
				.tags_full = 32,
				.missed = 64,
				.audited = 128};

	(void)state;
	assert_int_equal(kpm_loss_events(&loss), 4 + 8 + 16 + 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tag_names),
		cmocka_unit_test(tags_split_by_cache),
		cmocka_unit_test(tags_without_site),
		cmocka_unit_test(missing_hooks),
		cmocka_unit_test(chosen_hooks),
		cmocka_unit_test(the_namer_is_asked_where_the_kernel_was_not),
		cmocka_unit_test(many_tags_keep_their_numbers),
		cmocka_unit_test(changes_and_rates),
		cmocka_unit_test(rows_are_zeroed_and_numbered),
		cmocka_unit_test(tables_have_all_members),
		cmocka_unit_test(sums_have_all_counters),
		cmocka_unit_test(losses_are_what_no_counter_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
