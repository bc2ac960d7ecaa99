// SPDX-License-Identifier: GPL-2.0-or-later
/* Workers in one epoll, with a timer for the one whose time is over first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "resolve/worker.h"
#include "resolve/worker_pool.h"

/*
 * Address space of a worker: a kernel with its debug information (0.4 GB) mapped, a module (512 MiB
 * at most) unpacked and copied for libdwfl, and the memory of libdw itself.
 */
#define WORKER_MEMORY (3ULL << 30)
#define NO_FILE       UINT32_MAX
/* Jobs that are looked at to find one for a worker, so that a step is cheap at any length. */
#define SCAN_MAX 4096

struct pool_worker {
	struct kpm_worker process;
	bool busy;
	struct kpm_job job;
	int64_t deadline; /* of the job, monotonic clock */
	uint32_t file;    /* that it has open */
};

struct kpm_worker_pool {
	struct kpm_worker_pool_opts opts;
	struct kpm_worker_opts worker_opts;
	struct kpm_request_handler *handler; /* copied into each worker by its fork */
	struct pool_worker *workers;
	int epoll, timer;
	struct kpm_job *jobs;
	size_t first, count, capacity; /* jobs from `first` on, `count` in all */
	struct kpm_request request;
};

static int start(struct kpm_worker_pool *p, struct pool_worker *w, struct kpm_err *err)
{
	struct epoll_event event = {.events = EPOLLIN};
	int ret = kpm_worker_start(&p->worker_opts, &w->process, err);

	w->busy = false;
	w->file = NO_FILE;
	if (!ret && epoll_ctl(p->epoll, EPOLL_CTL_ADD, w->process.fd, &event))
		ret = kpm_fail(err, -errno, "start a worker: %s", strerror(errno));
	return ret;
}

void kpm_worker_pool_free(struct kpm_worker_pool *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; p->workers && i < p->opts.workers; i++)
		kpm_worker_stop(&p->workers[i].process);
	if (p->epoll >= 0)
		close(p->epoll);
	if (p->timer >= 0)
		close(p->timer);
	kpm_request_handler_free(p->handler);
	free(p->workers);
	free(p->jobs);
	free(p);
}

int kpm_worker_pool_new(const struct kpm_worker_pool_opts *opts, struct kpm_worker_pool **pool,
			struct kpm_err *err)
{
	struct kpm_worker_pool *p = calloc(1, sizeof(*p));
	struct epoll_event event = {.events = EPOLLIN};
	int ret = 0;

	if (!p)
		return kpm_fail(err, -ENOMEM, "out of memory");
	p->opts = *opts;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	p->handler = kpm_request_handler_new(opts->debug_dir, opts->file_max);
	p->workers = calloc(opts->workers, sizeof(*p->workers));
	p->worker_opts = (struct kpm_worker_opts){
		.handle = opts->handle ? opts->handle : kpm_request_handle,
		.arg = p->handler,
		.packet_max = sizeof(struct kpm_request),
		.memory = WORKER_MEMORY,
		.cpu_seconds = 1 + opts->timeout_ns / KPM_SECOND,
	};
	_Static_assert(sizeof(struct kpm_request) >= sizeof(struct kpm_reply), "packet_max");
	if (!p->handler || !p->workers || p->epoll < 0 || p->timer < 0 ||
	    epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->timer, &event))
		ret = kpm_fail(err, -ENOMEM, "start the workers: out of memory or files");
	for (unsigned int i = 0; !ret && i < opts->workers; i++)
		ret = start(p, &p->workers[i], err);
	if (ret) {
		kpm_worker_pool_free(p);
		return ret;
	}
	*pool = p;
	return 0;
}

int kpm_worker_pool_add(struct kpm_worker_pool *p, const struct kpm_job *job)
{
	if (kpm_array_reserve(p->jobs, p->capacity, p->first + p->count + 1))
		return -ENOMEM;
	p->jobs[p->first + p->count++] = *job;
	return 0;
}

/* Such a file is left to the worker that has it open. */
static bool open_elsewhere(const struct kpm_worker_pool *p, const struct pool_worker *w,
			   uint32_t file)
{
	for (unsigned int i = 0; i < p->opts.workers; i++)
		if (&p->workers[i] != w && p->workers[i].process.pid && p->workers[i].file == file)
			return true;
	return false;
}

/* Takes a job out of the queue: one about the worker's file, else one about a file not yet open. */
static bool take(struct kpm_worker_pool *p, const struct pool_worker *w, struct kpm_job *job)
{
	size_t scan = p->count < SCAN_MAX ? p->count : SCAN_MAX, best = scan;

	for (size_t i = 0; i < scan; i++) {
		uint32_t file = p->jobs[p->first + i].file;

		if (file == w->file) {
			best = i;
			break;
		}
		if (best == scan && !open_elsewhere(p, w, file))
			best = i;
	}
	if (best == scan)
		return false;
	*job = p->jobs[p->first + best];
	/* the ones before it move up: few, as jobs about one file stand together */
	memmove(&p->jobs[p->first + 1], &p->jobs[p->first], best * sizeof(*p->jobs));
	p->first++;
	if (!--p->count)
		p->first = 0;
	return true;
}

static void send_request(struct kpm_worker_pool *p, struct pool_worker *w)
{
	while (!w->busy && w->process.pid && take(p, w, &w->job)) {
		if (!p->opts.make(p->opts.arg, &w->job, &p->request)) {
			p->opts.done(p->opts.arg, &w->job, NULL);
			continue;
		}
		w->file = w->job.file;
		w->deadline = kpm_now() + p->opts.timeout_ns;
		w->busy = true;
		/* if it is gone, the next step sees the end of its socket */
		if (send(w->process.fd, &p->request, sizeof(p->request), MSG_NOSIGNAL) < 0)
			w->deadline = 0;
	}
}

/* Starts another worker in its place; its job ends without a reply. */
static void replace(struct kpm_worker_pool *p, struct pool_worker *w)
{
	bool busy = w->busy;
	struct kpm_job job = w->job;

	kpm_worker_stop(&w->process);
	w->busy = false;
	start(p, w, NULL);
	if (busy)
		p->opts.done(p->opts.arg, &job, NULL);
}

static void receive_reply(struct kpm_worker_pool *p, struct pool_worker *w)
{
	struct kpm_reply reply;
	ssize_t n;

	if (!w->process.pid)
		return;
	n = recv(w->process.fd, &reply, sizeof(reply), MSG_DONTWAIT);
	if (n == sizeof(reply) && w->busy) {
		w->busy = false;
		p->opts.done(p->opts.arg, &w->job, &reply);
	} else if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
		replace(p, w);
	} else if (w->busy && kpm_now() >= w->deadline) {
		replace(p, w);
	}
}

static void set_timer(struct kpm_worker_pool *p)
{
	struct itimerspec when = {0};
	int64_t first = INT64_MAX;

	for (unsigned int i = 0; i < p->opts.workers; i++)
		if (p->workers[i].busy && p->workers[i].deadline < first)
			first = p->workers[i].deadline;
	if (first != INT64_MAX) {
		when.it_value.tv_sec = first / KPM_SECOND;
		when.it_value.tv_nsec = first % KPM_SECOND + !first;
	}
	timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void kpm_worker_pool_step(struct kpm_worker_pool *p)
{
	for (unsigned int i = 0; i < p->opts.workers; i++) {
		if (!p->workers[i].process.pid)
			start(p, &p->workers[i], NULL);
		receive_reply(p, &p->workers[i]);
		send_request(p, &p->workers[i]);
	}
	/* without any worker (out of processes) no reply will come: the jobs end at once */
	for (unsigned int i = 0; i < p->opts.workers; i++)
		if (p->workers[i].process.pid)
			goto out;
	while (p->count) {
		p->opts.done(p->opts.arg, &p->jobs[p->first++], NULL);
		p->count--;
	}
	p->first = 0;
out:
	set_timer(p);
}

int kpm_worker_pool_fd(const struct kpm_worker_pool *p)
{
	return p->epoll;
}

bool kpm_worker_pool_busy(const struct kpm_worker_pool *p)
{
	for (unsigned int i = 0; i < p->opts.workers; i++)
		if (p->workers[i].busy)
			return true;
	return p->count;
}
