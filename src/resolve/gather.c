// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads many files in workers. Each worker has two tasks at a time, so that it never waits for the
 * next, and writes the words of a file into one of two halves of memory that it shares with the
 * parent, in turn. If a worker crashes or times out, its file gets a note, and another worker goes
 * on with the next.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "resolve/gather.h"
#include "resolve/words.h"
#include "resolve/worker.h"

/* The words of one file, at most. The names of all symbols of a 6.18 kernel are 3 MB. */
#define HALF ((size_t)64 << 20)
/* Address space of a worker: a file of 512 MiB, packed and unpacked, its words, and the halves. */
#define WORKER_MEMORY (3ULL << 30)
#define TASKS         2
/* How long poll() may wait, so that the deadlines are looked at. */
#define POLL_MS 200

struct task {
	uint32_t half;
	enum kpm_source_kind kind;
	char path[4096];
};

struct report {
	uint32_t half;
	int ret;
	uint32_t flags;
	uint64_t functions, created, strings, others; /* bytes of each area */
	char note[sizeof(((struct kpm_err *)0)->text)];
};

/* Memory that the worker reads files with; made before it is forked. */
struct context {
	struct kpm_buffer buffers[5];
	struct kpm_reader reader;
	char *shared; /* both halves */
};

struct gather_worker {
	struct kpm_worker process;
	struct kpm_worker_opts opts;
	struct context context;
	size_t files[TASKS]; /* of its tasks, in the order that they were sent */
	unsigned int tasks;
	uint32_t half;    /* of the next task */
	int64_t deadline; /* of the first task, monotonic clock */
};

struct gathering {
	const struct kpm_gather_opts *opts;
	struct gather_worker *workers;
	struct pollfd *fds;
	size_t next, done;
	struct task task;
	struct report report;
};

/* Runs in the worker. */
static size_t handle_task(void *arg, const void *in, size_t size, void *out, size_t max)
{
	struct context *c = arg;
	struct kpm_reader *r = &c->reader;
	const struct task *t = in;
	struct report *report = out;
	struct kpm_err err = {0};
	bool creates = false;
	char *to;

	(void)size, (void)max;
	memset(report, 0, sizeof(*report));
	report->half = t->half;
	report->ret = kpm_read_words(r, t->path, t->kind, &creates, &err);
	if (!report->ret &&
	    r->functions->size + r->created->size + r->strings->size + r->others->size > HALF)
		report->ret =
			kpm_fail(&err, -EFBIG, "%s has too many words; it is left out", t->path);
	snprintf(report->note, sizeof(report->note), "%s", err.text);
	if (report->ret)
		return sizeof(*report);
	report->flags = creates ? KPM_ENTRY_CREATES : 0;
	report->functions = r->functions->size;
	report->created = r->created->size;
	report->strings = r->strings->size;
	report->others = r->others->size;
	to = c->shared + t->half * HALF;
	to = mempcpy(to, r->functions->data, r->functions->size);
	to = mempcpy(to, r->created->data, r->created->size);
	to = mempcpy(to, r->strings->data, r->strings->size);
	memcpy(to, r->others->data, r->others->size);
	return sizeof(*report);
}

static int start_worker(struct gathering *g, struct gather_worker *w, struct kpm_err *err)
{
	struct context *c = &w->context;

	if (!c->shared) {
		c->shared = mmap(NULL, TASKS * HALF, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (c->shared == MAP_FAILED) {
			c->shared = NULL;
			return kpm_fail(err, -ENOMEM, "out of memory");
		}
		for (int i = 0; i < 5; i++)
			kpm_buffer_init(&c->buffers[i], i ? HALF : g->opts->file_max);
		c->reader = (struct kpm_reader){&c->buffers[0], &c->buffers[1], &c->buffers[2],
						&c->buffers[3], &c->buffers[4]};
	}
	w->opts = (struct kpm_worker_opts){
		.handle = handle_task,
		.arg = c,
		.packet_max = sizeof(struct task),
		.memory = WORKER_MEMORY,
		.cpu_seconds = 1 + g->opts->timeout_ns / KPM_SECOND,
	};
	_Static_assert(sizeof(struct task) >= sizeof(struct report), "packet_max");
	return kpm_worker_start(&w->opts, &w->process, err);
}

static void send_task(struct gathering *g, struct gather_worker *w, size_t file)
{
	const struct kpm_source_file *f = &g->opts->files[file];

	g->task.half = w->half;
	g->task.kind = f->kind;
	snprintf(g->task.path, sizeof(g->task.path), "%s", f->path);
	if (!w->tasks)
		w->deadline = kpm_now() + g->opts->timeout_ns;
	w->half = (w->half + 1) % TASKS;
	w->files[w->tasks++] = file;
	/* if it is gone, the end of its socket says so */
	send(w->process.fd, &g->task, sizeof(g->task), MSG_NOSIGNAL);
}

/* Ends the worker's first task. */
static int finish(struct gathering *g, struct gather_worker *w, const struct kpm_words *words)
{
	size_t file = w->files[0];

	memmove(w->files, w->files + 1, (TASKS - 1) * sizeof(*w->files));
	w->tasks--;
	w->deadline = kpm_now() + g->opts->timeout_ns;
	g->done++;
	if (g->opts->progress)
		g->opts->progress(g->opts->progress_arg, g->done, g->opts->count);
	return g->opts->take(g->opts->arg, file, words);
}

/* Starts a worker again after it failed on its first file; the other tasks are sent again. */
static int replace(struct gathering *g, struct gather_worker *w, const char *why,
		   struct kpm_err *err)
{
	size_t rest[TASKS];
	unsigned int count = w->tasks;
	struct kpm_err note;
	int ret = 0;

	kpm_worker_stop(&w->process);
	if (count) {
		kpm_fail(&note, 0, "read %s: %s; it is left out", g->opts->files[w->files[0]].path,
			 why);
		ret = finish(g, w,
			     &(struct kpm_words){.flags = KPM_ENTRY_BROKEN, .note = note.text});
		count--;
	}
	memcpy(rest, w->files, sizeof(rest));
	w->tasks = 0;
	w->half = 0;
	if (!ret)
		ret = start_worker(g, w, err);
	for (unsigned int i = 0; !ret && i < count; i++)
		send_task(g, w, rest[i]);
	return ret;
}

/* Takes the words that a report announces; a report that cannot be is that of a broken file. */
static int take_report(struct gathering *g, struct gather_worker *w)
{
	const struct report *r = &g->report;
	bool good = !r->ret && w->tasks && r->half < TASKS && r->functions <= HALF &&
		    r->created <= HALF && r->strings <= HALF && r->others <= HALF &&
		    r->functions + r->created + r->strings + r->others <= HALF;
	struct kpm_words words = {
		.flags = KPM_ENTRY_BROKEN,
		.note = g->report.note,
	};

	g->report.note[sizeof(g->report.note) - 1] = '\0';
	if (good)
		words = (struct kpm_words){w->context.shared + r->half * HALF,
					   r->functions,
					   r->created,
					   r->strings,
					   r->others,
					   r->flags & KPM_ENTRY_CREATES,
					   ""};
	return finish(g, w, &words);
}

/* Takes the worker's reports and sends it as many tasks; replaces it if it failed. */
static int step(struct gathering *g, struct gather_worker *w, struct kpm_err *err)
{
	ssize_t n;

	while ((n = recv(w->process.fd, &g->report, sizeof(g->report), MSG_DONTWAIT)) ==
	       sizeof(g->report)) {
		int ret = w->tasks ? take_report(g, w) : 0;

		if (ret)
			return kpm_fail(err, ret, "gather the words of files: %s", strerror(-ret));
		if (g->next < g->opts->count)
			send_task(g, w, g->opts->which[g->next++]);
	}
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		return replace(g, w, "the process that read it crashed", err);
	if (w->tasks && kpm_now() >= w->deadline)
		return replace(g, w, "it takes too long", err);
	return 0;
}

static int run(struct gathering *g, struct kpm_err *err)
{
	unsigned int workers = g->opts->workers;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < workers; i++)
		ret = start_worker(g, &g->workers[i], err);
	for (unsigned int n = 0; !ret && n < workers * TASKS && g->next < g->opts->count; n++)
		send_task(g, &g->workers[n % workers], g->opts->which[g->next++]);
	while (!ret && g->done < g->opts->count) {
		for (unsigned int i = 0; i < workers; i++)
			g->fds[i] = (struct pollfd){g->workers[i].process.fd, POLLIN, 0};
		poll(g->fds, workers, POLL_MS);
		for (unsigned int i = 0; !ret && i < workers; i++)
			ret = step(g, &g->workers[i], err);
	}
	return ret;
}

int kpm_gather(const struct kpm_gather_opts *opts, struct kpm_err *err)
{
	struct gathering g = {.opts = opts};
	int ret;

	g.workers = calloc(opts->workers, sizeof(*g.workers));
	g.fds = calloc(opts->workers, sizeof(*g.fds));
	ret = g.workers && g.fds ? run(&g, err) : kpm_fail(err, -ENOMEM, "out of memory");
	for (unsigned int i = 0; g.workers && i < opts->workers; i++) {
		kpm_worker_stop(&g.workers[i].process);
		if (g.workers[i].context.shared)
			munmap(g.workers[i].context.shared, TASKS * HALF);
	}
	free(g.workers);
	free(g.fds);
	return ret;
}
