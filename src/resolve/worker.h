/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process of its own for what may go wrong: forked, without rights and files, with limits on
 * memory and time, spoken to over a socket. It ends when the socket does.
 */
#ifndef KPOOLMON_WORKER_H
#define KPOOLMON_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct kpm_worker {
	pid_t pid; /* 0: there is none */
	int fd;    /* the socket: one packet a question, one an answer */
};

struct kpm_worker_opts {
	/* Answers a packet in `in`: writes into `out`, which has room for `room`; returns how much.
	 * Runs in the worker. */
	size_t (*answer)(void *arg, const void *in, size_t size, void *out, size_t room);
	void *arg;
	size_t room;          /* of questions and answers, bytes */
	uint64_t memory;      /* address space, bytes; 0: no limit */
	uint32_t cpu_seconds; /* processor time for each question; 0: no limit */
};

/* 0, or -errno and a sentence. */
int kpm_worker_start(const struct kpm_worker_opts *opts, struct kpm_worker *worker,
		     struct kpm_err *err);
/* Ends it at once, whatever it does. */
void kpm_worker_stop(struct kpm_worker *worker);

#endif
