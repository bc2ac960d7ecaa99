/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the tests on the running kernel: probes of their own, load, and expected counts. */
#ifndef KPM_TESTS_LIVE_H
#define KPM_TESTS_LIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <bpf/bpf.h>

#include "source/live.h"
#include "source/sample_check.h"
#include "source/tables.h"

struct message {
	long type;
	char text[8000];
};

struct fixture {
	struct kpm_source *source;
	struct kpm_tagset *tags;
	struct kpm_snapshot snap;
};

static inline struct fixture *open_with(struct kpm_live_opts opts)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct kpm_err err;

	assert_non_null(f);
	f->tags = kpm_tagset_new();
	kpm_snapshot_init(&f->snap);
	if (kpm_live_open(&opts, f->tags, &f->source, &err))
		fail_msg("%s", err.text);
	return f;
}

static inline struct fixture *open_live(uint64_t objects)
{
	return open_with((struct kpm_live_opts){.objects = objects});
}

static inline void close_live(struct fixture *f)
{
	kpm_source_close(f->source);
	kpm_snapshot_done(&f->snap);
	kpm_tagset_free(f->tags);
	free(f);
}

static inline void sample(struct fixture *f)
{
	struct kpm_err err;

	if (f->source->ops->sample(f->source, &f->snap, &err))
		fail_msg("%s", err.text);
}

/* The row of a call site by its function, NULL if it has none. */
static inline const struct kpm_row *row_of(const struct fixture *f, const char *symbol)
{
	for (uint32_t i = 0; i < f->snap.count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(f->tags, i);

		if (name->symbol && !strcmp(name->symbol, symbol))
			return &f->snap.rows[i];
	}
	return NULL;
}

/* The counts of a function, all its call sites together. */
static inline struct kpm_counts counts_of(const struct fixture *f, const char *symbol)
{
	struct kpm_counts sum = {0};

	for (uint32_t i = 0; i < f->snap.count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(f->tags, i);
		struct kpm_counts c = kpm_row_sum(&f->snap.rows[i]);

		if (!name->symbol || strcmp(name->symbol, symbol))
			continue;
		sum.allocs += c.allocs;
		sum.frees += c.frees;
		sum.diff += c.diff;
		sum.bytes += c.bytes;
		sum.asked += c.asked;
		sum.audited += c.audited;
	}
	return sum;
}

static inline int add_weight(const struct kpm_slot *entry, void *arg)
{
	((uint64_t *)arg)[entry->w1 >> KPM_TAG_SHIFT] += 1ULL << (entry->w0 & KPM_W0_WEIGHT);
	return 0;
}

/* A tag's entries are what its counters say. Closes the source: nothing is counted meanwhile. */
static inline void check_identity(struct fixture *f)
{
	uint64_t *weights = calloc(KPM_TAGS_MAX, sizeof(*weights));
	struct kpm_tables_fds fds;
	struct kpm_tables *tables;
	struct kpm_counters c;
	struct kpm_err err;
	unsigned int tags = 0;

	kpm_live_fds(f->source, &fds);
	assert_int_equal(kpm_tables_open(&fds, &tables, &err), 0);
	kpm_source_close(f->source);
	f->source = NULL;
	usleep(100000);
	assert_int_equal(kpm_tables_walk(tables, add_weight, weights), 0);
	for (uint32_t t = 0; t < kpm_tables_tag_slots(tables); t++) {
		if (!kpm_tables_tag(tables, t, &c))
			continue;
		assert_int_equal(weights[t], c.allocs - c.frees - c.reused - c.moved - c.audited);
		tags++;
	}
	assert_true(tags > 5);
	kpm_tables_close(tables);
	free(weights);
}

static inline void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int churn_queue;

/* Alloc and free at full speed: messages of all sizes, files, sockets, processes. */
static inline pid_t start_churn(int cpu)
{
	int queue = churn_queue = msgget(IPC_PRIVATE, 0600);
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin_to(cpu);
	for (unsigned int i = 0;; i++) {
		struct message m = {.type = 1};
		int fds[2];

		for (int k = 0; k < 50; k++) {
			msgsnd(queue, &m, (i * 37 + k * 101) % sizeof(m.text), IPC_NOWAIT);
			msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT | MSG_NOERROR);
		}
		close(open("/proc/self/status", O_RDONLY));
		close(eventfd(0, 0));
		if (!socketpair(AF_UNIX, SOCK_DGRAM, 0, fds)) {
			if (write(fds[0], &m, 500) == 500 && read(fds[1], &m, 500) < 0)
				_exit(1);
			close(fds[0]);
			close(fds[1]);
		}
		if (i % 16 == 0) {
			pid_t child = fork();

			if (!child)
				_exit(0);
			waitpid(child, NULL, 0);
		}
	}
}

static inline void stop_churn(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	msgctl(churn_queue, IPC_RMID, NULL);
}

/* A System V queue; the group's setup has made room for many messages. */
static inline int make_queue(void)
{
	int queue = msgget(IPC_PRIVATE, 0600);

	assert_true(queue >= 0);
	return queue;
}

static inline void send_messages(int queue, unsigned int count, size_t size)
{
	struct message m = {.type = 1};

	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(msgsnd(queue, &m, size, IPC_NOWAIT), 0);
}

static inline void receive_messages(int queue, unsigned int count)
{
	struct message m;

	for (unsigned int i = 0; i < count; i++)
		assert_true(msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT) >= 0);
}

static pid_t churn;

static inline int begin_churn(void **state)
{
	(void)state;
	churn = start_churn(1);
	pin_to(0);
	return churn < 0;
}

static inline int end_churn(void **state)
{
	(void)state;
	stop_churn(churn);
	return 0;
}

static unsigned int old_limit;

static inline int set_queue_limit(const char *mode, const char *format, unsigned int *bytes)
{
	FILE *f = fopen("/proc/sys/kernel/msgmnb", mode);
	int done;

	if (!f)
		return -1;
	done = *mode == 'r' ? fscanf(f, format, bytes) : fprintf(f, format, *bytes);
	return fclose(f) || done < 1;
}

static inline int make_room(void **state)
{
	unsigned int room = 1 << 20;

	(void)state;
	return set_queue_limit("r", "%u", &old_limit) || set_queue_limit("w", "%u", &room);
}

static inline int restore_room(void **state)
{
	(void)state;
	return set_queue_limit("w", "%u", &old_limit);
}

#endif
