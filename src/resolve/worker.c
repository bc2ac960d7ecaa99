// SPDX-License-Identifier: GPL-2.0-or-later
/* Worker processes. Whether or not the parent has dropped its rights, a worker has none. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rights.h"
#include "base/roots.h"
#include "resolve/worker.h"

/* Closes all of the parent's files but the socket, which becomes number 3; 0 to 2 are /dev/null. */
static int keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		return -1;
	for (int std = 0; std < 3; std++)
		if (dup2(null, std) < 0)
			return -1;
	if (dup2(fd, 3) < 0)
		return -1;
	fcntl(3, F_SETFD, FD_CLOEXEC);
	if (syscall(SYS_close_range, 4U, ~0U, 0U))
		for (int other = 4; other < 65536; other++)
			close(other);
	return 3;
}

/* Makes the kernel kill this worker before any other process when memory runs out. */
static void prefer_for_oom(void)
{
	char path[64];
	int fd = open(kpm_path(NULL, KPM_FILE_OOM_SCORE, path, sizeof(path)), O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "1000");
	close(fd);
}

static void limit_memory(uint64_t memory)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef __SANITIZE_ADDRESS__ /* its shadow takes terabytes of addresses */
	if (memory)
		setrlimit(RLIMIT_AS, &(struct rlimit){memory, memory});
#else
	(void)memory;
#endif
}

/*
 * Allows so many seconds of processor time beyond what was used, 2 more as getrusage() rounds both
 * times down. Only the soft limit is set, which can be raised again.
 */
static void limit_time(uint32_t seconds)
{
	struct rusage used;
	struct rlimit limit;

	if (!seconds || getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &limit))
		return;
	limit.rlim_cur = used.ru_utime.tv_sec + used.ru_stime.tv_sec + 2 + seconds;
	setrlimit(RLIMIT_CPU, &limit);
}

static void serve(const struct kpm_worker_opts *opts, int fd)
{
	char *request = malloc(opts->packet_max), *reply = malloc(opts->packet_max);
	ssize_t n;

	while (request && reply) {
		n = recv(fd, request, opts->packet_max, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		limit_time(opts->cpu_seconds);
		n = opts->handle(opts->arg, request, n, reply, opts->packet_max);
		if (send(fd, reply, n, MSG_NOSIGNAL) != n)
			return;
	}
}

static void child(const struct kpm_worker_opts *opts, int fd, pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* a crash ends the worker: no handler of the parent runs here; ^C is for the parent */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, sig == SIGINT || sig == SIGPIPE ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd = keep_only(fd);
	if (fd < 0 || kpm_rights_drop(0, NULL))
		_exit(1);
	prefer_for_oom();
	limit_memory(opts->memory);
	serve(opts, fd);
	_exit(0);
}

int kpm_worker_start(const struct kpm_worker_opts *opts, struct kpm_worker *worker,
		     struct kpm_err *err)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	*worker = (struct kpm_worker){0, -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return kpm_fail(err, -errno, "start a worker: %s", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		int ret = -errno;

		close(pair[0]);
		close(pair[1]);
		return kpm_fail(err, ret, "start a worker: %s", strerror(-ret));
	}
	if (!pid)
		child(opts, pair[1], parent);
	close(pair[1]);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*worker = (struct kpm_worker){pid, pair[0]};
	return 0;
}

void kpm_worker_stop(struct kpm_worker *worker)
{
	if (!worker->pid)
		return;
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(worker->fd);
	*worker = (struct kpm_worker){0, -1};
}
