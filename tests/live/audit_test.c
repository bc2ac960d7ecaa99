// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The audit on the running kernel: no live object is taken out, whatever its memory looks
 * like; free ones are. Needs root, BTF and Linux 6.13; takes two minutes.
 */
#include "live.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "source/audit.h"
#include "source/cache_counts.h"

#include "app/verify.h"

enum { MESSAGES = 100000, PER_QUEUE = 250, WAITING = 4000, FILES = 2000, PROCESSES = 100 };

static struct kpm_audit *audit_of(struct fixture *f)
{
	struct kpm_audit *audit;
	struct kpm_err err;

	if (f->source->ops->audit(f->source, true, &audit, &err))
		fail_msg("%s", err.text);
	return audit;
}

static struct kpm_counts counts_by_cache(const struct fixture *f, const char *cache)
{
	struct kpm_counts sum = {0};

	for (uint32_t i = 0; i < f->snap.count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(f->tags, i);
		struct kpm_counts c = kpm_row_sum(&f->snap.rows[i]);

		if (name->by_cache && name->cache && !strcmp(name->cache, cache))
			kpm_counts_add(&sum, &c);
	}
	return sum;
}

/* Connections that are over on our side and wait: TIME_WAIT sockets. */
static void make_waiting(int count)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(listen(listener, 64), 0);
	for (int i = 0; i < count; i++) {
		int client = socket(AF_INET, SOCK_STREAM, 0), server;

		assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
		server = accept(listener, NULL, NULL);
		assert_true(server >= 0);
		close(client);
		close(server);
	}
	close(listener);
}

/* Resources that are held: their objects are tracked from the start and must stay so. */
struct held {
	int queues[MESSAGES / PER_QUEUE];
	int files[FILES];
	char folder[64];
	pid_t processes[PROCESSES];
};

static void hold(struct held *h)
{
	char path[128];

	for (int q = 0; q < MESSAGES / PER_QUEUE; q++) {
		h->queues[q] = make_queue();
		send_messages(h->queues[q], PER_QUEUE, 16);
	}
	make_waiting(WAITING);
	strcpy(h->folder, "/tmp/kpoolmon-audit-XXXXXX");
	assert_non_null(mkdtemp(h->folder));
	/* open files, their dentries, and inodes, whose cache has a constructor */
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "%s/%d", h->folder, i);
		h->files[i] = open(path, O_CREAT | O_RDWR, 0600);
		assert_true(h->files[i] >= 0);
	}
	/* mm_struct, signal_struct; sighand_cache and anon_vma are SLAB_TYPESAFE_BY_RCU */
	for (int i = 0; i < PROCESSES; i++) {
		h->processes[i] = fork();
		if (!h->processes[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
}

static void release(struct held *h)
{
	char path[128];

	for (int q = 0; q < MESSAGES / PER_QUEUE; q++)
		msgctl(h->queues[q], IPC_RMID, NULL);
	for (int i = 0; i < FILES; i++) {
		close(h->files[i]);
		snprintf(path, sizeof(path), "%s/%d", h->folder, i);
		unlink(path);
	}
	rmdir(h->folder);
	for (int i = 0; i < PROCESSES; i++) {
		kill(h->processes[i], SIGKILL);
		waitpid(h->processes[i], NULL, 0);
	}
}

/* Of a function or a cache: none of so many objects may be taken off. */
struct least {
	const char *function, *cache;
	uint64_t objects;
};

static void nothing_live_is_taken_off(void **state)
{
	static const struct least kinds[] = {
		{"load_msg", NULL, MESSAGES},       {"inet_twsk_alloc", NULL, WAITING},
		{"alloc_empty_file", NULL, FILES},  {"__d_alloc", NULL, FILES},
		{NULL, "sighand_cache", PROCESSES}, {NULL, "signal_cache", PROCESSES},
		{NULL, "mm_struct", PROCESSES},     {NULL, "task_struct", PROCESSES},
	};
	static struct held held;
	struct rlimit files = {FILES * 2, FILES * 2};
	struct fixture *f;
	struct kpm_audit *audit;
	const struct kpm_audit_report *report;

	(void)state;
	setrlimit(RLIMIT_NOFILE, &files);
	stop_churn(churn);
	f = open_live(500000);
	audit = audit_of(f);
	hold(&held);
	churn = start_churn(1);
	sleep(KPM_AUDIT_MIN_AGE_S + 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(kpm_audit_whole(audit), 0);
	report = kpm_audit_done(audit);
	stop_churn(churn);
	sample(f);
	print_message("%llu objects scanned in 100 audits, %llu free ones taken off\n",
		      (unsigned long long)report->scanned,
		      (unsigned long long)kpm_audit_taken(report));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct kpm_counts c = kinds[i].function ? counts_of(f, kinds[i].function)
							: counts_by_cache(f, kinds[i].cache);

		if (c.diff < kinds[i].objects)
			fail_msg("%s: %llu objects of %llu, %llu taken off by the audit",
				 kinds[i].function ? kinds[i].function : kinds[i].cache,
				 (unsigned long long)c.diff, (unsigned long long)kinds[i].objects,
				 (unsigned long long)c.audited);
	}
	/* these are made by nobody else */
	assert_int_equal(counts_of(f, "load_msg").diff, MESSAGES);
	assert_int_equal(counts_of(f, "load_msg").audited, 0);
	assert_int_equal(counts_of(f, "inet_twsk_alloc").audited, 0);
	assert_true(report->rounds >= 100);
	release(&held);
	check_identity(f);
	close_live(f);
	churn = start_churn(1);
}

/* Load that frees through RCU and in bulk: mappings, sockets, files, processes. */
static void make_phantoms(int seconds)
{
	time_t end = time(NULL) + seconds;
	char buf[1400] = {0};

	while (time(NULL) < end) {
		struct sockaddr_in a = {.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
		socklen_t len = sizeof(a);
		void *maps[64];

		if (!bind(in, (struct sockaddr *)&a, sizeof(a)) &&
		    !getsockname(in, (struct sockaddr *)&a, &len))
			for (int i = 0; i < 64; i++)
				sendto(out, buf, i * 20, 0, (struct sockaddr *)&a, sizeof(a));
		close(in);
		close(out);
		for (int i = 0; i < 64; i++)
			maps[i] = mmap(NULL, 8192, i % 2 ? PROT_READ : PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int i = 0; i < 64; i++)
			munmap(maps[i], 8192);
		if (!fork())
			_exit(0);
		wait(NULL);
	}
}

/* The caches that have more tracked objects than the kernel counts. */
static unsigned int too_many(struct kpm_audit *audit, const char **first)
{
	static char name[sizeof(((struct kpm_cache_count *)NULL)->name)];
	struct kpm_cache_count *counts;
	unsigned int n = 0;
	uint64_t outside;
	uint32_t count;
	struct kpm_err err;

	if (kpm_count_caches(audit, &(struct kpm_roots){0}, 0, &counts, &count, &outside, &err))
		fail_msg("%s", err.text);
	assert_true(count > 50);
	for (uint32_t i = 0; i < count; i++)
		if (counts[i].known && counts[i].tracked > counts[i].active && !n++)
			*first = strcpy(name, counts[i].name);
	free(counts);
	return n;
}

static void free_objects_are_taken_out(void **state)
{
	struct fixture *f;
	struct kpm_audit *audit;
	struct kpm_counts before, after;
	const char *first = "none";

	(void)state;
	stop_churn(churn);
	f = open_live(500000);
	audit = audit_of(f);
	make_phantoms(20);
	sleep(10);
	/* its samples audit, too: what it was without it is what is left and what was taken */
	for (int i = 0; i < 5; i++) {
		assert_int_equal(kpm_audit_whole(audit), 0);
		sample(f);
		after = counts_by_cache(f, "maple_node");
		before = after;
		before.diff += after.audited;
		if (after.diff * 50 <= before.diff)
			break;
		/* what others on this machine have freed since is not old enough yet */
		sleep(KPM_AUDIT_MIN_AGE_S + 1);
	}
	print_message("%llu tracked objects of maple_node without the audit, %llu with it\n",
		      (unsigned long long)before.diff, (unsigned long long)after.diff);
	/* those of this process and the few that are really live */
	if (f->snap.missing[0])
		assert_true(before.diff > 1000 && after.diff * 50 <= before.diff);
	if (too_many(audit, &first))
		fail_msg("%s: more tracked objects than the kernel counts", first);
	check_identity(f);
	close_live(f);
	churn = start_churn(1);
}

/* More tracked objects than a kernel counts that claims to have few of a cache. */
static void too_many_are_told(void **state)
{
	char proc[] = "/tmp/kpoolmon-proc-XXXXXX", path[64];
	struct kpm_roots roots = {.proc = proc};
	struct kpm_verified verified = {.counts = NULL};
	struct fixture *f;
	struct kpm_err err;
	FILE *info;
	int queue;

	(void)state;
	stop_churn(churn);
	f = open_live(100000);
	queue = make_queue();
	send_messages(queue, 100, 400);
	assert_non_null(mkdtemp(proc));
	snprintf(path, sizeof(path), "%s/slabinfo", proc);
	info = fopen(path, "w");
	assert_non_null(info);
	fputs("slabinfo - version: 2.1\nmsg_msg-512 7 7\nkmalloc-cg-512 7 7\nkmalloc-512 7 7\n",
	      info);
	fclose(info);
	assert_int_equal(kpm_verify(audit_of(f), &roots, &verified, &err), 0);
	assert_int_equal(kpm_verified_judge(&verified, &err), -EUCLEAN);
	assert_non_null(
		strstr(err.text, "512 are tracked, the kernel reports 7: frees were not seen"));
	assert_true(verified.counts[0].tracked >= 100);
	kpm_verified_done(&verified);
	unlink(path);
	rmdir(proc);
	msgctl(queue, IPC_RMID, NULL);
	close_live(f);
	churn = start_churn(1);
}

/* Above all the live ones: what is on no list costs the least. */
static void a_million_cost_little(void **state)
{
	enum { QUEUES = 4000 };
	static int queues[QUEUES];
	struct fixture *f;
	struct kpm_audit *audit;
	int64_t before, cost;

	(void)state;
	stop_churn(churn);
	f = open_with((struct kpm_live_opts){.objects = 1000000, .no_sampling = true});
	audit = audit_of(f);
	for (int q = 0; q < QUEUES; q++) {
		queues[q] = make_queue();
		send_messages(queues[q], 250, 16);
	}
	sleep(KPM_AUDIT_MIN_AGE_S + 1);
	before = kpm_audit_done(audit)->cpu_ns;
	assert_int_equal(kpm_audit_whole(audit), 0);
	cost = kpm_audit_done(audit)->cpu_ns - before;
	print_message("1,000,000 objects audited in %.0f ms of processor time\n", cost / 1e6);
	assert_true(cost <= 3000000000LL);
	sample(f);
	assert_in_range(counts_of(f, "load_msg").diff, 1000000 - f->snap.loss.refused, 1000000);
	assert_int_equal(counts_of(f, "load_msg").audited, 0);
	for (int q = 0; q < QUEUES; q++)
		msgctl(queues[q], IPC_RMID, NULL);
	check_identity(f);
	close_live(f);
	churn = start_churn(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_live_is_taken_off, begin_churn, end_churn),
		cmocka_unit_test_setup_teardown(free_objects_are_taken_out, begin_churn, end_churn),
		cmocka_unit_test_setup_teardown(too_many_are_told, begin_churn, end_churn),
		cmocka_unit_test_setup_teardown(a_million_cost_little, begin_churn, end_churn),
	};

	return cmocka_run_group_tests(tests, make_room, restore_room);
}
