// SPDX-License-Identifier: GPL-2.0-or-later
/* Workers in one epoll with a timer for the one that has been at it longest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "resolve/worker.h"
#include "resolve/worker_pool.h"

#define SECOND 1000000000LL
/* A kernel with its debug information is mapped (0.4 GB), a module unpacked, and copied for
 * libdwfl. */
#define WORKER_MEMORY (3ULL << 30)
#define NO_FILE       UINT32_MAX
/* Jobs looked at to find one for a worker; the rest waits. */
#define LOOK_AHEAD 4096

struct member {
	struct kpm_worker worker;
	bool busy;
	struct kpm_job job;
	int64_t deadline;
	uint32_t file; /* that it has open */
};

struct kpm_crew {
	struct kpm_crew_opts opts;
	struct kpm_worker_opts worker_opts;
	struct kpm_examiner *examiner; /* the workers' */
	struct member *members;
	int epoll, timer;
	struct kpm_job *jobs;
	size_t first, count, capacity; /* jobs from `first` on, `count` in all */
	struct kpm_question question;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static int start(struct kpm_crew *c, struct member *m, struct kpm_err *err)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ret = kpm_worker_start(&c->worker_opts, &m->worker, err);

	m->busy = false;
	m->file = NO_FILE;
	if (!ret && epoll_ctl(c->epoll, EPOLL_CTL_ADD, m->worker.fd, &event))
		ret = kpm_fail(err, -errno, "start a worker: %s", strerror(errno));
	return ret;
}

void kpm_crew_free(struct kpm_crew *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; c->members && i < c->opts.workers; i++)
		kpm_worker_stop(&c->members[i].worker);
	if (c->epoll >= 0)
		close(c->epoll);
	if (c->timer >= 0)
		close(c->timer);
	kpm_examiner_free(c->examiner);
	free(c->members);
	free(c->jobs);
	free(c);
}

int kpm_crew_new(const struct kpm_crew_opts *opts, struct kpm_crew **crew, struct kpm_err *err)
{
	struct kpm_crew *c = calloc(1, sizeof(*c));
	struct epoll_event event = {.events = EPOLLIN};
	int ret = 0;

	if (!c)
		return kpm_fail(err, -ENOMEM, "out of memory");
	c->opts = *opts;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	c->examiner = kpm_examiner_new(opts->debug_dir, opts->file_max);
	c->members = calloc(opts->workers, sizeof(*c->members));
	c->worker_opts = (struct kpm_worker_opts){
		.answer = opts->answer ? opts->answer : kpm_examiner_answer,
		.arg = c->examiner,
		.room = sizeof(struct kpm_question),
		.memory = WORKER_MEMORY,
		.cpu_seconds = 1 + opts->patience_ns / SECOND,
	};
	_Static_assert(sizeof(struct kpm_question) >= sizeof(struct kpm_answer), "room");
	if (!c->examiner || !c->members || c->epoll < 0 || c->timer < 0 ||
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->timer, &event))
		ret = kpm_fail(err, -ENOMEM, "start the workers: out of memory or files");
	for (unsigned int i = 0; !ret && i < opts->workers; i++)
		ret = start(c, &c->members[i], err);
	if (ret) {
		kpm_crew_free(c);
		return ret;
	}
	*crew = c;
	return 0;
}

int kpm_crew_add(struct kpm_crew *c, const struct kpm_job *job)
{
	if (kpm_array_reserve(c->jobs, c->capacity, c->first + c->count + 1))
		return -ENOMEM;
	c->jobs[c->first + c->count++] = *job;
	return 0;
}

/* It will take it itself: what it has open need not be opened again. */
static bool another_has(const struct kpm_crew *c, const struct member *m, uint32_t file)
{
	for (unsigned int i = 0; i < c->opts.workers; i++)
		if (&c->members[i] != m && c->members[i].worker.pid && c->members[i].file == file)
			return true;
	return false;
}

/* Takes a job for a worker out of the queue: one about its file, else one that is nobody's. */
static bool take(struct kpm_crew *c, const struct member *m, struct kpm_job *job)
{
	size_t look = c->count < LOOK_AHEAD ? c->count : LOOK_AHEAD, best = look;

	for (size_t i = 0; i < look; i++) {
		uint32_t file = c->jobs[c->first + i].file;

		if (file == m->file) {
			best = i;
			break;
		}
		if (best == look && !another_has(c, m, file))
			best = i;
	}
	if (best == look)
		return false;
	*job = c->jobs[c->first + best];
	/* the ones before it move up: few, as jobs about one file stand together */
	memmove(&c->jobs[c->first + 1], &c->jobs[c->first], best * sizeof(*c->jobs));
	c->first++;
	if (!--c->count)
		c->first = 0;
	return true;
}

static void hand_out(struct kpm_crew *c, struct member *m)
{
	while (!m->busy && m->worker.pid && take(c, m, &m->job)) {
		if (!c->opts.fill(c->opts.arg, &m->job, &c->question)) {
			c->opts.done(c->opts.arg, &m->job, NULL);
			continue;
		}
		m->file = m->job.file;
		m->deadline = now() + c->opts.patience_ns;
		m->busy = true;
		/* if it is gone, the next step sees the end of its socket */
		if (send(m->worker.fd, &c->question, sizeof(c->question), MSG_NOSIGNAL) < 0)
			m->deadline = 0;
	}
}

/* Puts another in its place; the field that it was at stays empty. */
static void replace(struct kpm_crew *c, struct member *m)
{
	bool busy = m->busy;
	struct kpm_job job = m->job;

	kpm_worker_stop(&m->worker);
	m->busy = false;
	start(c, m, NULL);
	if (busy)
		c->opts.done(c->opts.arg, &job, NULL);
}

static void listen_to(struct kpm_crew *c, struct member *m)
{
	struct kpm_answer answer;
	ssize_t n;

	if (!m->worker.pid)
		return;
	n = recv(m->worker.fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (n == sizeof(answer) && m->busy) {
		m->busy = false;
		c->opts.done(c->opts.arg, &m->job, &answer);
	} else if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
		replace(c, m);
	} else if (m->busy && now() >= m->deadline) {
		replace(c, m);
	}
}

static void set_timer(struct kpm_crew *c)
{
	struct itimerspec when = {0};
	int64_t first = INT64_MAX;

	for (unsigned int i = 0; i < c->opts.workers; i++)
		if (c->members[i].busy && c->members[i].deadline < first)
			first = c->members[i].deadline;
	if (first != INT64_MAX) {
		when.it_value.tv_sec = first / SECOND;
		when.it_value.tv_nsec = first % SECOND + !first;
	}
	timerfd_settime(c->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void kpm_crew_step(struct kpm_crew *c)
{
	for (unsigned int i = 0; i < c->opts.workers; i++) {
		if (!c->members[i].worker.pid)
			start(c, &c->members[i], NULL);
		listen_to(c, &c->members[i]);
		hand_out(c, &c->members[i]);
	}
	/* without any worker (out of processes) nothing will come: say so instead of waiting */
	for (unsigned int i = 0; i < c->opts.workers; i++)
		if (c->members[i].worker.pid)
			goto out;
	while (c->count) {
		c->opts.done(c->opts.arg, &c->jobs[c->first++], NULL);
		c->count--;
	}
out:
	set_timer(c);
}

int kpm_crew_fd(const struct kpm_crew *c)
{
	return c->epoll;
}

bool kpm_crew_busy(const struct kpm_crew *c)
{
	for (unsigned int i = 0; i < c->opts.workers; i++)
		if (c->members[i].busy)
			return true;
	return c->count;
}
