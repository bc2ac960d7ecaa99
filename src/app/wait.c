// SPDX-License-Identifier: GPL-2.0-or-later
/* The waiting: poll on a timer and on signals, and the line of progress. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "app/child.h"
#include "app/count.h"
#include "base/text.h"

#define SECOND 1000000000LL

void kpm_signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

void kpm_signals_hold(void)
{
	sigset_t set;

	kpm_signals_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void kpm_signals_release(void)
{
	sigset_t set;

	kpm_signals_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void show_progress(const struct kpm_wait *wait, int64_t passed)
{
	char a[KPM_SIZE_LEN], b[KPM_SIZE_LEN];

	if (!wait->progress)
		return;
	kpm_format_duration(passed / SECOND * SECOND, a);
	if (wait->command)
		fprintf(stderr, "\r\033[Kcounting while %s runs: %s; ^C ends it",
			wait->command->name, a);
	else
		fprintf(stderr, "\r\033[Kcounting: %s of %s; ^C shows what there is", a,
			kpm_format_duration(wait->for_ns, b));
}

/* The next moment to wake up at: a second's progress, half time, the end. */
static int64_t next_wake(const struct kpm_wait *wait, int64_t start, int64_t t, bool half_done)
{
	int64_t wake = start + ((t - start) / SECOND + 1) * SECOND;

	if (wait->command)
		return wake;
	if (wait->halfway && !half_done && start + wait->for_ns / 2 < wake)
		wake = start + wait->for_ns / 2;
	return start + wait->for_ns < wake ? start + wait->for_ns : wake;
}

/* Takes a signal. True if it ends the counting. */
static bool take_signal(int fd, const struct kpm_wait *wait)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGCHLD)
		return wait->command && kpm_command_over(wait->command);
	return true;
}

static int wait_loop(const struct kpm_wait *wait, int timer, int signals, struct kpm_err *err)
{
	struct pollfd fds[] = {{timer, POLLIN, 0}, {signals, POLLIN, 0}};
	int64_t start = now(), t = start;
	bool half_done = false;
	int ret;

	while (wait->command || t - start < wait->for_ns) {
		int64_t wake = next_wake(wait, start, t, half_done);
		struct itimerspec at = {.it_value = {wake / SECOND, wake % SECOND}};

		show_progress(wait, t - start);
		timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return kpm_fail(err, -errno, "wait: %s", strerror(errno));
		if (fds[1].revents && take_signal(signals, wait))
			return 0;
		t = now();
		ret = wait->check ? wait->check(wait->arg, err) : 0;
		if (ret)
			return ret;
		if (wait->halfway && !wait->command && !half_done &&
		    t - start >= wait->for_ns / 2) {
			half_done = true;
			ret = wait->halfway(wait->arg, err);
			if (ret)
				return ret;
		}
	}
	return 0;
}

int kpm_wait(const struct kpm_wait *wait, struct kpm_err *err)
{
	sigset_t set;
	int timer, signals, ret;

	kpm_signals_set(&set);
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (timer < 0 || signals < 0)
		ret = kpm_fail(err, -errno, "make a timer: %s", strerror(errno));
	else
		ret = wait_loop(wait, timer, signals, err);
	if (wait->progress)
		fputs("\r\033[K", stderr);
	close(timer);
	close(signals);
	return ret;
}
