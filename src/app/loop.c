// SPDX-License-Identifier: GPL-2.0-or-later
/* Polls a timer, signals and two more descriptors. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "app/loop.h"
#include "base/clock.h"
#include "base/text.h"

static sigset_t held_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	return set;
}

void kpm_signals_hold(void)
{
	sigset_t set = held_signals();

	sigprocmask(SIG_BLOCK, &set, NULL);
}

void kpm_signals_release(void)
{
	sigset_t set = held_signals();

	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void kpm_loop_stop(struct kpm_loop *l)
{
	l->stopped = true;
}

void kpm_loop_every(struct kpm_loop *l, int64_t ns)
{
	struct itimerspec every = {
		.it_interval = {ns / KPM_SECOND, ns % KPM_SECOND},
		.it_value = {ns / KPM_SECOND, ns % KPM_SECOND},
	};

	timerfd_settime(l->timer, 0, &every, NULL);
}

static void show_progress(const struct kpm_loop *l, int64_t passed)
{
	char a[KPM_SIZE_LEN], b[KPM_SIZE_LEN];

	if (!l->doing)
		return;
	kpm_format_duration(passed / KPM_SECOND * KPM_SECOND, a);
	if (l->for_ns)
		fprintf(stderr, "\r\033[K%s: %s of %s; ^C shows what there is", l->doing, a,
			kpm_format_duration(l->for_ns, b));
	else
		fprintf(stderr, "\r\033[K%s: %s; ^C ends it", l->doing, a);
}

/* Milliseconds to the next second, the half or the end; -1: none of them matters. */
static int patience(const struct kpm_loop *l, int64_t passed)
{
	int64_t wake = (passed / KPM_SECOND + 1) * KPM_SECOND;

	if (!l->check && !l->doing && !l->for_ns)
		return -1;
	if (l->half && !l->half_done && l->for_ns / 2 < wake)
		wake = l->for_ns / 2;
	if (l->for_ns && l->for_ns < wake)
		wake = l->for_ns;
	return wake > passed ? (wake - passed + 999999) / 1000000 : 0;
}

/* Takes one signal. True if it ends the loop. */
static bool take_signal(struct kpm_loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGCHLD)
		return true;
	if (l->child)
		l->child(l->arg);
	return false;
}

static int tick(struct kpm_loop *l, struct kpm_err *err)
{
	return l->tick ? l->tick(l->arg, err) : 0;
}

/* Everything that is due after a wait. *ticked: a tick was among it. */
static int handle(struct kpm_loop *l, bool *ticked, struct kpm_err *err)
{
	uint64_t ticks;
	int ret = l->check ? l->check(l->arg, err) : 0;

	if (!ret && l->half && !l->half_done && kpm_now() - l->start >= l->for_ns / 2) {
		l->half_done = true;
		ret = l->half(l->arg, err);
	}
	*ticked = !ret && read(l->timer, &ticks, sizeof(ticks)) == sizeof(ticks);
	return *ticked ? tick(l, err) : ret;
}

static int run(struct kpm_loop *l, struct kpm_err *err)
{
	struct pollfd fds[] = {
		{l->timer, POLLIN, 0},
		{l->signals, POLLIN, 0},
		{l->input, POLLIN, 0},
		{l->wake, POLLIN, 0},
	};
	bool ticked = true;
	int ret = tick(l, err);

	while (!ret) {
		int64_t passed;

		ret = l->turn ? l->turn(l->arg, err) : 0;
		if (ret || l->stopped)
			break;
		passed = kpm_now() - l->start;
		if (l->for_ns && passed >= l->for_ns)
			return ticked ? 0 : tick(l, err);
		show_progress(l, passed);
		if (poll(fds, sizeof(fds) / sizeof(*fds), patience(l, passed)) < 0 &&
		    errno != EINTR)
			return kpm_fail(err, -errno, "wait: %s", strerror(errno));
		if (fds[2].revents & (POLLHUP | POLLERR | POLLNVAL))
			return 0;
		if (fds[1].revents && take_signal(l))
			return l->tick_at_signal ? tick(l, err) : 0;
		if (!l->stopped)
			ret = handle(l, &ticked, err);
	}
	return ret;
}

int kpm_loop_run(struct kpm_loop *l, struct kpm_err *err)
{
	sigset_t set = held_signals();
	int ret;

	l->stopped = l->half_done = false;
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->timer < 0 || l->signals < 0) {
		ret = kpm_fail(err, -errno, "make a timer: %s", strerror(errno));
	} else {
		l->start = kpm_now();
		kpm_loop_every(l, l->every_ns);
		ret = run(l, err);
	}
	if (l->doing)
		fputs("\r\033[K", stderr);
	if (l->timer >= 0)
		close(l->timer);
	if (l->signals >= 0)
		close(l->signals);
	return ret;
}
