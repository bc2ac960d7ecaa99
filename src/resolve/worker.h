/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process of its own for work that may crash or hang: forked, without rights and files, with
 * limits on memory and time, connected by a socket. It ends when the socket is closed.
 */
#ifndef KPM_WORKER_H
#define KPM_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct kpm_worker {
	pid_t pid; /* 0: there is none */
	int fd;    /* the socket, non-blocking: a packet for each request and for each reply */
};

struct kpm_worker_opts {
	/*
	 * Handles a request of `size` bytes: writes the reply, at most `max` bytes, and returns its
	 * size. Runs in the worker.
	 */
	size_t (*handle)(void *arg, const void *request, size_t size, void *reply, size_t max);
	void *arg;
	size_t packet_max;    /* bytes of the largest request or reply */
	uint64_t memory;      /* address space, bytes; 0: no limit */
	uint32_t cpu_seconds; /* processor time for each request; 0: no limit */
};

/* `opts` and its `arg` are copied by the fork. 0, or -errno and a sentence. */
int kpm_worker_start(const struct kpm_worker_opts *opts, struct kpm_worker *worker,
		     struct kpm_err *err);
/* Kills it, whatever it does, and closes the socket; nothing if there is none. */
void kpm_worker_stop(struct kpm_worker *worker);

#endif
