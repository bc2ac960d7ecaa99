/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that are loaded but not attached, and fired with made-up arguments (BPF_PROG_TEST_RUN on
 * raw_tp). Needs root and a kernel with BTF.
 */
#ifndef KPM_BPF_FIXTURE_H
#define KPM_BPF_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "source/probes.h"
#include "source/sample_check.h"

#include "kpoolmon.skel.h"

#define GFP_RECLAIMABLE 0x10
#define GFP_DMA         0x01
/* no code lies here: named by its address */
#define SITE(n) (0xffffc10000000000ULL + (n)*16)
#define PTR(n)  (0xffff888100000000ULL + (uint64_t)(n)*8)

struct fixture {
	struct kpm_probes probes;
	struct kpm_tables *tables;
	struct kpm_tagset *tags;
	struct kpm_snapshot snap;
};

__attribute__((unused)) static struct fixture *load_with(struct kpm_live_opts opts)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct kpm_tables_fds fds;
	struct kpm_err err;

	assert_non_null(f);
	if (kpm_probes_load(&f->probes, &opts, &err))
		fail_msg("%s", err.text);
	kpm_probes_fds(&f->probes, &fds);
	assert_int_equal(kpm_tables_open(&fds, &f->tables, &err), 0);
	f->tags = kpm_tagset_new();
	kpm_snapshot_init(&f->snap);
	return f;
}

__attribute__((unused)) static struct fixture *load_from(const char *sys, uint64_t objects,
							 uint32_t tags)
{
	return load_with(
		(struct kpm_live_opts){.roots.sys = sys, .objects = objects, .tags = tags});
}

__attribute__((unused)) static struct fixture *load(uint64_t objects, uint32_t tags)
{
	return load_from(NULL, objects, tags);
}

/* As on a kernel that preempts programs, with classic copies or, where they are missing, without. */
__attribute__((unused)) static struct fixture *load_preemptible(bool classic)
{
	cpu_set_t cpu;

	/* the copies of an event run on one CPU, unless a test says otherwise */
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	return load_with(
		(struct kpm_live_opts){.objects = 1000,
				       .tags = 64,
				       .preemptible = true,
				       .hooks.classic = classic ? KPM_WISH_ON : KPM_WISH_OFF});
}

__attribute__((unused)) static void unload(struct fixture *f)
{
	kpm_snapshot_done(&f->snap);
	kpm_tagset_free(f->tags);
	kpm_tables_close(f->tables);
	kpm_probes_unload(&f->probes);
	free(f);
}

__attribute__((unused)) static void fire(const struct fixture *f, enum kpm_event event, uint64_t a,
					 uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t args[6] = {a, b, c, d, e, -1ULL};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (bpf_prog_test_run_opts(bpf_program__fd(kpm_probes_program(&f->probes, event)), &opts))
		fail_msg("BPF_PROG_TEST_RUN failed");
}

__attribute__((unused)) static void alloc(const struct fixture *f, uint64_t site, uint64_t ptr,
					  uint64_t asked, uint64_t size)
{
	fire(f, KPM_EVENT_KMALLOC, site, ptr, asked, size, 0);
}

__attribute__((unused)) static void free_ptr(const struct fixture *f, uint64_t ptr)
{
	fire(f, KPM_EVENT_KFREE, 0, ptr, 0, 0, 0);
}

__attribute__((unused)) static int add_weight(const struct kpm_slot *entry, void *arg)
{
	((uint64_t *)arg)[entry->w1 >> KPM_TAG_SHIFT] += 1ULL << (entry->w0 & KPM_W0_WEIGHT);
	return 0;
}

/* Rule 1: for every tag the entries in the table are what the counters say. */
__attribute__((unused)) static void check_identity(const struct fixture *f)
{
	uint64_t *weights = calloc(KPM_TAGS_MAX, sizeof(*weights));
	struct kpm_counters c;

	assert_int_equal(kpm_tables_walk(f->tables, add_weight, weights), 0);
	for (uint32_t t = 0; t < kpm_tables_tag_slots(f->tables); t++) {
		if (!kpm_tables_tag(f->tables, t, &c)) {
			assert_int_equal(weights[t], 0);
			continue;
		}
		assert_int_equal(weights[t], c.allocs - c.frees - c.reused - c.moved - c.audited);
	}
	free(weights);
}

/* Rule 2: each sample has its object, and the other way round. */
__attribute__((unused)) static void check_samples(const struct fixture *f)
{
	struct kpm_sample_check check;

	assert_int_equal(kpm_check_samples(f->tables, &check), 0);
	assert_int_equal(check.without_object, 0);
	assert_int_equal(check.without_sample, 0);
}

__attribute__((unused)) static void sample(struct fixture *f)
{
	struct kpm_err err;

	f->snap.have = 0;
	memset(&f->snap.loss, 0, sizeof(f->snap.loss));
	assert_int_equal(kpm_tables_read(f->tables, f->tags, &f->snap, &err), 0);
	check_identity(f);
	check_samples(f);
}

/* The counts of a call site, both kinds. Site addresses have no name: the text is the address. */
__attribute__((unused)) static struct kpm_counts at(struct fixture *f, uint64_t site)
{
	for (uint32_t i = 0; i < f->snap.count; i++)
		if (kpm_tagset_get(f->tags, i)->site == site)
			return kpm_row_sum(&f->snap.rows[i]);
	return (struct kpm_counts){0};
}

#endif
