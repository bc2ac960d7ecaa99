/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pool of workers and the queue of jobs that they handle. */
#ifndef KPM_RESOLVE_WORKER_POOL_H
#define KPM_RESOLVE_WORKER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "resolve/request.h"

struct kpm_job {
	enum kpm_request_kind kind;
	uint32_t file; /* jobs about one file go to one worker, which has it open */
	uint32_t tag;
};

struct kpm_worker_pool_opts {
	unsigned int workers;
	int64_t timeout_ns; /* for one reply */
	const char *debug_dir;
	size_t file_max; /* bytes of an unpacked file */
	/* As in struct kpm_worker_opts, for tests; NULL: kpm_request_handle(). */
	size_t (*handle)(void *arg, const void *request, size_t size, void *reply, size_t max);
	/* Makes the request of a job; false: the job is dropped. */
	bool (*make)(void *arg, const struct kpm_job *job, struct kpm_request *request);
	/* Takes the reply; NULL: the job was dropped, or its worker crashed or timed out. */
	void (*done)(void *arg, const struct kpm_job *job, const struct kpm_reply *reply);
	void *arg;
};

struct kpm_worker_pool;

/* Starts the workers. Strings are borrowed. 0, or -errno and a sentence. */
int kpm_worker_pool_new(const struct kpm_worker_pool_opts *opts, struct kpm_worker_pool **pool,
			struct kpm_err *err);
void kpm_worker_pool_free(struct kpm_worker_pool *pool);

/* Appends a job to the queue. 0 or -ENOMEM. */
int kpm_worker_pool_add(struct kpm_worker_pool *pool, const struct kpm_job *job);
/* To be polled for POLLIN: a reply or a timeout. */
int kpm_worker_pool_fd(const struct kpm_worker_pool *pool);
/* Takes replies, replaces workers that crashed or timed out, sends requests. Never waits. */
void kpm_worker_pool_step(struct kpm_worker_pool *pool);
/* Are there jobs without a reply? */
bool kpm_worker_pool_busy(const struct kpm_worker_pool *pool);

#endif
