// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The copies of the programs on the events, each alone on the running kernel: whichever of them
 * runs, the counts are the same. As on a kernel that preempts programs. Needs root and a kernel
 * with BTF and classic tracepoints.
 */
#include "live.h"
#include "source/classic.h"
#include "source/probes.h"

enum { KEPT = 60, GONE = 20000, FILES = 100 };

struct counting {
	struct kpm_probes probes;
	struct kpm_tables *tables;
	struct fixture f;
};

/* Attaches all and takes out the programs of the roles that are not in `stay`. */
static void begin(struct counting *c, unsigned int stay)
{
	const struct kpm_live_opts opts = {.preemptible = true, .hooks.classic = KPM_WISH_ON};
	struct kpm_tables_fds fds;
	struct kpm_err err;

	memset(c, 0, sizeof(*c));
	if (kpm_probes_load(&c->probes, &opts, &err) || kpm_probes_attach(&c->probes, &err))
		fail_msg("%s", err.text);
	assert_int_equal(c->probes.second, KPM_SECOND_CLASSIC);
	for (int i = 0; i < KPM_EVENTS; i++) {
		if (stay & 1U << kpm_event_table[i].role)
			continue;
		bpf_link__destroy(c->probes.links[i]);
		c->probes.links[i] = NULL;
	}
	kpm_probes_fds(&c->probes, &fds);
	assert_int_equal(kpm_tables_open(&fds, &c->tables, &err), 0);
	c->f.tags = kpm_tagset_new();
	kpm_snapshot_init(&c->f.snap);
}

static void end(struct counting *c)
{
	kpm_snapshot_done(&c->f.snap);
	kpm_tagset_free(c->f.tags);
	kpm_tables_close(c->tables);
	kpm_probes_unload(&c->probes);
}

/* Messages are of kmalloc, files of a slab cache; GONE messages come and go. */
static void count_with(unsigned int stay, bool rescued)
{
	int queue = make_queue(), fds[FILES];
	struct message m = {.type = 1};
	struct counting c;
	struct kpm_err err;

	begin(&c, stay);
	for (int i = 0; i < FILES; i++)
		fds[i] = open("/dev/null", O_RDONLY);
	for (int i = 0; i < GONE; i++) {
		msgsnd(queue, &m, i % 1000, IPC_NOWAIT);
		msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT);
	}
	send_messages(queue, KEPT, 200);
	kpm_probes_detach(&c.probes);
	assert_int_equal(kpm_tables_read(c.tables, c.f.tags, &c.f.snap, &err), 0);
	assert_int_equal(counts_of(&c.f, "load_msg").allocs, KEPT + GONE);
	assert_int_equal(counts_of(&c.f, "load_msg").diff, KEPT);
	assert_in_range(counts_of(&c.f, "alloc_empty_file").diff, FILES, FILES + 5);
	if (rescued)
		assert_true(c.f.snap.loss.rescued > KEPT + GONE);
	else
		assert_true(c.f.snap.loss.rescued < 1000);
	end(&c);
	for (int i = 0; i < FILES; i++)
		close(fds[i]);
	receive_messages(queue, KEPT);
	msgctl(queue, IPC_RMID, NULL);
}

#define FIRST   (1U << KPM_ROLE_FIRST)
#define AGAIN   (1U << KPM_ROLE_FREE_AGAIN | 1U << KPM_ROLE_ALLOC_AGAIN)
#define CLASSIC (1U << KPM_ROLE_CLASSIC)

static void all_copies(void **state)
{
	(void)state;
	count_with(FIRST | AGAIN | CLASSIC, false);
}

static void first_copies_alone(void **state)
{
	(void)state;
	count_with(FIRST, false);
}

static void second_copies_alone(void **state)
{
	(void)state;
	count_with(AGAIN, true);
}

static void classic_copies_alone(void **state)
{
	(void)state;
	count_with(CLASSIC, true);
}

/* Somebody else's perf events have the classic copies run first. */
static void classic_copies_first(void **state)
{
	static const char *const events[] = {"kmalloc", "kmem_cache_alloc", "kfree",
					     "kmem_cache_free"};
	int fds[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		fds[i] = kpm_classic_open(NULL, events[i]);
		assert_true(fds[i] >= 0);
	}
	count_with(FIRST | AGAIN | CLASSIC, true);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_copies),           cmocka_unit_test(first_copies_alone),
		cmocka_unit_test(second_copies_alone),  cmocka_unit_test(classic_copies_alone),
		cmocka_unit_test(classic_copies_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
