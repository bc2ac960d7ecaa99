// SPDX-License-Identifier: GPL-2.0-or-later
/* Forks, starts, and ends the program to be counted. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/child.h"

struct kpm_child {
	const char *name;
	pid_t pid;
	int go;   /* written to start it */
	int tell; /* it writes here why it cannot be run */
	bool over;
	int status; /* of waitpid, once it is over */
};

/* In the child: waits for the start, becomes the program, or tells why not. */
static void become(char *const argv[], int go, int tell)
{
	sigset_t none;
	int code;
	char c;

	if (read(go, &c, 1) != 1)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	code = errno;
	if (write(tell, &code, sizeof(code)) != sizeof(code))
		_exit(126);
	_exit(127);
}

int kpm_child_new(char *const argv[], struct kpm_child **child, struct kpm_err *err)
{
	struct kpm_child *c = calloc(1, sizeof(*c));
	int go[2], tell[2];

	if (!c)
		return kpm_fail(err, -ENOMEM, "out of memory");
	if (pipe2(go, O_CLOEXEC)) {
		free(c);
		return kpm_fail(err, -errno, "make a pipe: %s", strerror(errno));
	}
	if (pipe2(tell, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		free(c);
		return kpm_fail(err, -errno, "make a pipe: %s", strerror(errno));
	}
	c->name = argv[0];
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		close(tell[0]);
		become(argv, go[0], tell[1]);
	}
	close(go[0]);
	close(tell[1]);
	c->go = go[1];
	c->tell = tell[0];
	if (c->pid < 0) {
		int code = errno;

		kpm_child_free(c);
		return kpm_fail(err, -code, "make a process for %s: %s", argv[0], strerror(code));
	}
	*child = c;
	return 0;
}

int kpm_child_go(struct kpm_child *c, struct kpm_err *err)
{
	int code = 0;

	/* a child that is gone already is found by the read */
	if (write(c->go, "", 1) != 1 && errno != EPIPE)
		return kpm_fail(err, -errno, "start %s: %s", c->name, strerror(errno));
	if (read(c->tell, &code, sizeof(code)) == sizeof(code))
		return kpm_fail(err, -code, "run %s: %s; give the path of a program behind --",
				c->name, strerror(code));
	return 0;
}

bool kpm_child_over(struct kpm_child *c)
{
	if (!c->over && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->over = true;
	return c->over;
}

bool kpm_child_failed(const struct kpm_child *c, struct kpm_err *err)
{
	if (!c->over)
		return false;
	if (WIFSIGNALED(c->status))
		kpm_fail(err, 0, "%s was ended by signal %d (%s)", c->name, WTERMSIG(c->status),
			 strsignal(WTERMSIG(c->status)));
	else if (WEXITSTATUS(c->status))
		kpm_fail(err, 0, "%s ended with status %d", c->name, WEXITSTATUS(c->status));
	return c->status != 0;
}

void kpm_child_free(struct kpm_child *c)
{
	if (!c)
		return;
	if (c->pid > 0 && !kpm_child_over(c)) {
		kill(c->pid, SIGTERM);
		/* one that was never started ends at the closed pipe */
	}
	close(c->go);
	close(c->tell);
	free(c);
}
