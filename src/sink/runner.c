// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs the user's program for each notice. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "sink/runner.h"

#define QUEUE_MAX 64
#define FACTS     16
#define TIME_MAX  (30 * KPM_SECOND)

/* A notice as the program will get it: the environment and the JSON. */
struct waiting {
	char *fact[FACTS]; /* NULL-terminated NAME=VALUE */
	char *json;
};

struct kpm_runner {
	const char *program;
	struct waiting queue[QUEUE_MAX];
	size_t head, count;
	pid_t pid; /* 0: none runs */
	int64_t deadline;
	bool late; /* killed: it took too long */
};

struct kpm_runner *kpm_runner_new(const char *program)
{
	struct kpm_runner *r = calloc(1, sizeof(*r));

	if (r)
		r->program = program;
	return r;
}

static void drop(struct waiting *w)
{
	for (int i = 0; i < FACTS; i++)
		free(w->fact[i]);
	free(w->json);
	memset(w, 0, sizeof(*w));
}

void kpm_runner_free(struct kpm_runner *r)
{
	if (!r)
		return;
	if (r->pid) {
		kill(r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
	}
	for (size_t i = 0; i < QUEUE_MAX; i++)
		drop(&r->queue[i]);
	free(r);
}

static void add_fact(struct waiting *w, const char *name, const char *value)
{
	int i = 0;

	while (w->fact[i])
		i++;
	if (i + 1 < FACTS && asprintf(&w->fact[i], "%s=%s", name, value ? value : "") < 0)
		w->fact[i] = NULL;
}

static void add_number(struct waiting *w, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add_fact(w, name, text);
}

bool kpm_runner_add(struct kpm_runner *r, const struct kpm_notice *n)
{
	struct waiting *w = &r->queue[(r->head + r->count) % QUEUE_MAX];
	struct kpm_counts c = kpm_row_sum(n->row);
	char tag[1024], cache[512], time[KPM_TIME_LEN], value[KPM_SIZE_LEN],
		words[KPM_EVIDENCE_LEN] = "";

	if (r->count == QUEUE_MAX)
		return false;
	w->json = kpm_notice_json(n);
	if (!w->json)
		return false;
	if (n->evidence)
		kpm_evidence_words(n->evidence, words);
	add_fact(w, "KPM_STATE", n->alert->firing ? "alert" : "over");
	add_fact(w, "KPM_NAME", n->alert->rule->name);
	add_fact(w, "KPM_RULE", n->alert->rule->text);
	add_fact(w, "KPM_TAG", kpm_clean(n->name->text, tag, sizeof(tag)));
	add_fact(w, "KPM_MODULE", n->name->module);
	add_fact(w, "KPM_CACHE",
		 kpm_clean(n->name->cache ? n->name->cache : "", cache, sizeof(cache)));
	add_fact(w, "KPM_VALUE", kpm_rule_value(n->alert->rule, n->alert->value, value));
	add_number(w, "KPM_BYTES", c.bytes);
	add_number(w, "KPM_OBJECTS", c.diff);
	add_fact(w, "KPM_TIME", kpm_format_time(n->alert->wall_ns, time));
	add_fact(w, "KPM_EVIDENCE", words);
	r->count++;
	return true;
}

/* In the child: the facts, the JSON on standard input, no signal blocked. */
static void child(const char *program, const struct waiting *w, int in)
{
	char *const arguments[] = {(char *)program, NULL};
	sigset_t none;

	for (int i = 0; w->fact[i]; i++)
		putenv(w->fact[i]);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) == STDIN_FILENO)
		execvp(program, arguments);
	_exit(127);
}

static bool failed(const struct kpm_runner *r, struct kpm_err *failure)
{
	kpm_fail(failure, 0, "run %s: %s", r->program, strerror(errno));
	return false;
}

static bool start(struct kpm_runner *r, int64_t now, struct kpm_err *failure)
{
	struct waiting *w = &r->queue[r->head];
	size_t len = strlen(w->json);
	int in[2];

	/* it fits into a pipe's buffer, so that nobody has to wait for the program to read */
	if (pipe2(in, O_CLOEXEC))
		return failed(r, failure);
	if (write(in[1], w->json, len) != (ssize_t)len || write(in[1], "\n", 1) != 1) {
		close(in[0]);
		close(in[1]);
		drop(w);
		r->head = (r->head + 1) % QUEUE_MAX;
		r->count--;
		return failed(r, failure);
	}
	r->pid = fork();
	if (!r->pid)
		child(r->program, w, in[0]);
	close(in[0]);
	close(in[1]);
	drop(w);
	r->head = (r->head + 1) % QUEUE_MAX;
	r->count--;
	r->deadline = now + TIME_MAX;
	r->late = false;
	if (r->pid > 0)
		return true;
	r->pid = 0;
	return failed(r, failure);
}

/* True with a sentence if the program that ended did not end well. */
static bool ended_badly(struct kpm_runner *r, int status, struct kpm_err *failure)
{
	r->pid = 0;
	if (r->late)
		kpm_fail(failure, 0, "%s took more than %lld s and was ended", r->program,
			 TIME_MAX / KPM_SECOND);
	else if (WIFSIGNALED(status))
		kpm_fail(failure, 0, "%s was ended by signal %d", r->program, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		kpm_fail(failure, 0, "%s could not be run; give --exec the path of a program",
			 r->program);
	else if (WEXITSTATUS(status))
		kpm_fail(failure, 0, "%s ended with status %d", r->program, WEXITSTATUS(status));
	else
		return false;
	return true;
}

bool kpm_runner_step(struct kpm_runner *r, int64_t now, struct kpm_err *failure)
{
	int status;

	if (r->pid) {
		if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
			if (ended_badly(r, status, failure))
				return true;
		} else if (now > r->deadline && !r->late) {
			r->late = true;
			kill(r->pid, SIGKILL);
		}
	}
	return !r->pid && r->count && !start(r, now, failure);
}

bool kpm_runner_busy(const struct kpm_runner *r)
{
	return r->pid || r->count;
}
