// SPDX-License-Identifier: GPL-2.0-or-later
/* Poll on a timer and on signals. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "app/count.h"
#include "app/loop.h"
#include "base/text.h"

#define SECOND 1000000000LL

int64_t kpm_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void show_progress(const struct kpm_pace *pace, int64_t passed)
{
	char a[KPM_SIZE_LEN], b[KPM_SIZE_LEN];

	if (pace->progress)
		fprintf(stderr, "\r\033[Kwatching: %s of %s; ^C shows what there is",
			kpm_format_duration(passed, a), kpm_format_duration(pace->for_ns, b));
}

/* True if it ends the pacing. */
static bool take_signal(int fd, const struct kpm_pace *pace)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGCHLD)
		return true;
	if (pace->child)
		pace->child(pace->arg);
	return false;
}

static int loop(const struct kpm_pace *pace, int timer, int signals, struct kpm_err *err)
{
	struct pollfd fds[] = {{timer, POLLIN, 0}, {signals, POLLIN, 0}};
	struct itimerspec every = {
		.it_interval = {pace->every_ns / SECOND, pace->every_ns % SECOND},
		.it_value = {0, 1},
	};
	int64_t start = kpm_now();
	uint64_t ticks;

	timerfd_settime(timer, 0, &every, NULL);
	for (;;) {
		int ret;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return kpm_fail(err, -errno, "wait: %s", strerror(errno));
		if (fds[1].revents && take_signal(signals, pace))
			return 0;
		if (read(timer, &ticks, sizeof(ticks)) != sizeof(ticks))
			continue;
		ret = pace->tick(pace->arg, err);
		if (ret)
			return ret;
		show_progress(pace, kpm_now() - start);
		if (pace->for_ns && kpm_now() - start >= pace->for_ns)
			return 0;
	}
}

int kpm_pace(const struct kpm_pace *pace, struct kpm_err *err)
{
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), signals, ret;
	sigset_t set;

	kpm_signals_set(&set);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (timer < 0 || signals < 0)
		ret = kpm_fail(err, -errno, "make a timer: %s", strerror(errno));
	else
		ret = loop(pace, timer, signals, err);
	if (pace->progress)
		fputs("\r\033[K", stderr);
	close(timer);
	close(signals);
	return ret;
}
