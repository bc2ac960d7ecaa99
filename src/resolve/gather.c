// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads many files by workers. Each has two files to do, so that it never waits for us, and writes
 * their words in turn into two halves of memory that it shares with us. A file whose worker crashes
 * or takes too long is noted, and another worker goes on with the next.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "resolve/gather.h"
#include "resolve/image.h"
#include "resolve/worker.h"

#define SECOND        1000000000LL
#define HALF          ((size_t)64 << 20) /* words of one file, at most */
#define WORKER_MEMORY (3ULL << 30)
#define DEPTH         2

struct task {
	uint32_t half;
	enum kpm_source_kind kind;
	char path[4096];
};

struct report {
	uint32_t half;
	int ret;
	uint32_t flags;
	uint64_t functions, created, strings, others;
	char note[sizeof(((struct kpm_err *)0)->text)];
};

/* What a worker has. */
struct bench {
	struct kpm_buffer buffers[5];
	struct kpm_reader reader;
	char *shared;
};

struct hand {
	struct kpm_worker worker;
	struct kpm_worker_opts opts;
	struct bench bench;
	size_t files[DEPTH]; /* in the order that they were given to it */
	unsigned int given;
	uint32_t half; /* of the next one */
	int64_t deadline;
};

struct gathering {
	const struct kpm_gather_opts *opts;
	struct hand *hands;
	struct pollfd *fds;
	size_t next, done;
	struct task task;
	struct report report;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* In the worker. */
static size_t answer(void *arg, const void *in, size_t size, void *out, size_t room)
{
	struct bench *b = arg;
	struct kpm_reader *r = &b->reader;
	const struct task *t = in;
	struct report *report = out;
	struct kpm_err err = {0};
	bool creates = false;
	char *to;

	(void)size, (void)room;
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
	to = b->shared + t->half * HALF;
	to = mempcpy(to, r->functions->data, r->functions->size);
	to = mempcpy(to, r->created->data, r->created->size);
	to = mempcpy(to, r->strings->data, r->strings->size);
	memcpy(to, r->others->data, r->others->size);
	return sizeof(*report);
}

static int hire(struct gathering *g, struct hand *h, struct kpm_err *err)
{
	struct bench *b = &h->bench;

	if (!b->shared) {
		b->shared = mmap(NULL, DEPTH * HALF, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (b->shared == MAP_FAILED) {
			b->shared = NULL;
			return kpm_fail(err, -ENOMEM, "out of memory");
		}
		for (int i = 0; i < 5; i++)
			kpm_buffer_init(&b->buffers[i], i ? HALF : g->opts->file_max);
		b->reader = (struct kpm_reader){&b->buffers[0], &b->buffers[1], &b->buffers[2],
						&b->buffers[3], &b->buffers[4]};
	}
	h->opts = (struct kpm_worker_opts){
		.answer = answer,
		.arg = b,
		.room = sizeof(struct task),
		.memory = WORKER_MEMORY,
		.cpu_seconds = 1 + g->opts->patience_ns / SECOND,
	};
	_Static_assert(sizeof(struct task) >= sizeof(struct report), "room");
	return kpm_worker_start(&h->opts, &h->worker, err);
}

static void give(struct gathering *g, struct hand *h, size_t file)
{
	const struct kpm_source_file *f = &g->opts->files[file];

	g->task.half = h->half;
	g->task.kind = f->kind;
	snprintf(g->task.path, sizeof(g->task.path), "%s", f->path);
	if (!h->given)
		h->deadline = now() + g->opts->patience_ns;
	h->half = (h->half + 1) % DEPTH;
	h->files[h->given++] = file;
	/* if it is gone, the end of its socket says so */
	send(h->worker.fd, &g->task, sizeof(g->task), MSG_NOSIGNAL);
}

static int finish(struct gathering *g, struct hand *h, const struct kpm_words *words)
{
	size_t file = h->files[0];

	memmove(h->files, h->files + 1, (DEPTH - 1) * sizeof(*h->files));
	h->given--;
	h->deadline = now() + g->opts->patience_ns;
	g->done++;
	if (g->opts->progress)
		g->opts->progress(g->opts->progress_arg, g->done, g->opts->count);
	return g->opts->take(g->opts->arg, file, words);
}

/* The worker crashed or takes too long over its first file. */
static int replace(struct gathering *g, struct hand *h, const char *why, struct kpm_err *err)
{
	size_t rest[DEPTH];
	unsigned int count = h->given;
	struct kpm_err note;
	int ret = 0;

	kpm_worker_stop(&h->worker);
	if (count) {
		kpm_fail(&note, 0, "read %s: %s; it is left out", g->opts->files[h->files[0]].path,
			 why);
		ret = finish(g, h,
			     &(struct kpm_words){.flags = KPM_ENTRY_BROKEN, .note = note.text});
		count--;
	}
	memcpy(rest, h->files, sizeof(rest));
	h->given = 0;
	h->half = 0;
	if (!ret)
		ret = hire(g, h, err);
	for (unsigned int i = 0; !ret && i < count; i++)
		give(g, h, rest[i]);
	return ret;
}

static int take_report(struct gathering *g, struct hand *h)
{
	const struct report *r = &g->report;
	bool good = !r->ret && h->given && r->half < DEPTH && r->functions <= HALF &&
		    r->created <= HALF && r->strings <= HALF && r->others <= HALF &&
		    r->functions + r->created + r->strings + r->others <= HALF;
	struct kpm_words words = {
		.flags = KPM_ENTRY_BROKEN,
		.note = g->report.note,
	};

	g->report.note[sizeof(g->report.note) - 1] = '\0';
	if (good)
		words = (struct kpm_words){h->bench.shared + r->half * HALF,
					   r->functions,
					   r->created,
					   r->strings,
					   r->others,
					   r->flags & KPM_ENTRY_CREATES,
					   ""};
	return finish(g, h, &words);
}

/* Reads what a worker has to say. */
static int attend(struct gathering *g, struct hand *h, struct kpm_err *err)
{
	ssize_t n;

	while ((n = recv(h->worker.fd, &g->report, sizeof(g->report), MSG_DONTWAIT)) ==
	       sizeof(g->report)) {
		int ret = h->given ? take_report(g, h) : 0;

		if (ret)
			return kpm_fail(err, ret, "gather the words of files: %s", strerror(-ret));
		if (g->next < g->opts->count)
			give(g, h, g->opts->which[g->next++]);
	}
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		return replace(g, h, "the process that read it crashed", err);
	if (h->given && now() >= h->deadline)
		return replace(g, h, "it takes too long", err);
	return 0;
}

static int run(struct gathering *g, struct kpm_err *err)
{
	unsigned int workers = g->opts->workers;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < workers; i++)
		ret = hire(g, &g->hands[i], err);
	for (unsigned int n = 0; !ret && n < workers * DEPTH && g->next < g->opts->count; n++)
		give(g, &g->hands[n % workers], g->opts->which[g->next++]);
	while (!ret && g->done < g->opts->count) {
		for (unsigned int i = 0; i < workers; i++)
			g->fds[i] = (struct pollfd){g->hands[i].worker.fd, POLLIN, 0};
		poll(g->fds, workers, 200);
		for (unsigned int i = 0; !ret && i < workers; i++)
			ret = attend(g, &g->hands[i], err);
	}
	return ret;
}

int kpm_gather(const struct kpm_gather_opts *opts, struct kpm_err *err)
{
	struct gathering g = {.opts = opts};
	int ret;

	g.hands = calloc(opts->workers, sizeof(*g.hands));
	g.fds = calloc(opts->workers, sizeof(*g.fds));
	ret = g.hands && g.fds ? run(&g, err) : kpm_fail(err, -ENOMEM, "out of memory");
	for (unsigned int i = 0; g.hands && i < opts->workers; i++) {
		kpm_worker_stop(&g.hands[i].worker);
		if (g.hands[i].bench.shared)
			munmap(g.hands[i].bench.shared, DEPTH * HALF);
	}
	free(g.hands);
	free(g.fds);
	return ret;
}
