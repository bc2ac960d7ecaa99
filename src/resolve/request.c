// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers questions about files; in a worker process, which this may crash or hang. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resolve/request.h"

/* Files that are kept open: vmlinux, whose symbols take a while, and a few modules. */
#define SLOTS 3

struct slot {
	char path[4096]; /* empty: free */
	uint64_t used;   /* when, in questions */
	struct kpm_buffer buffer;
	struct kpm_image image;
	bool readable;
	struct kpm_lines *lines;
	bool tried; /* to open the lines */
};

struct kpm_examiner {
	char *debug_dir;
	uint64_t questions;
	struct slot slots[SLOTS];
};

struct kpm_examiner *kpm_examiner_new(const char *debug_dir, size_t max)
{
	struct kpm_examiner *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	for (int i = 0; i < SLOTS; i++)
		kpm_buffer_init(&x->slots[i].buffer, max);
	x->debug_dir = strdup(debug_dir);
	if (!x->debug_dir) {
		free(x);
		return NULL;
	}
	return x;
}

static void empty(struct slot *s)
{
	kpm_lines_close(s->lines);
	s->lines = NULL;
	s->tried = false;
	kpm_image_close(&s->image);
	*s->path = '\0';
}

void kpm_examiner_free(struct kpm_examiner *x)
{
	if (!x)
		return;
	for (int i = 0; i < SLOTS; i++) {
		empty(&x->slots[i]);
		kpm_buffer_done(&x->slots[i].buffer);
	}
	free(x->debug_dir);
	free(x);
}

/* Memory is short: all that was kept for later goes. */
static void empty_others(struct kpm_examiner *x, const struct slot *but)
{
	for (int i = 0; i < SLOTS; i++) {
		if (&x->slots[i] == but)
			continue;
		empty(&x->slots[i]);
		kpm_buffer_done(&x->slots[i].buffer);
	}
}

/* The file's slot, opened in place of the one that was not used for longest. */
static struct slot *open_file(struct kpm_examiner *x, const char *path)
{
	struct slot *s = &x->slots[0];
	int ret;

	for (int i = 0; i < SLOTS; i++) {
		if (!strcmp(x->slots[i].path, path)) {
			s = &x->slots[i];
			goto out;
		}
		if (x->slots[i].used < s->used)
			s = &x->slots[i];
	}
	empty(s);
	snprintf(s->path, sizeof(s->path), "%s", path);
	ret = kpm_image_open(path, &s->buffer, &s->image, NULL);
	if (ret == -ENOMEM) {
		empty_others(x, s);
		ret = kpm_image_open(path, &s->buffer, &s->image, NULL);
	}
	s->readable = !ret;
out:
	s->used = ++x->questions;
	return s->readable ? s : NULL;
}

static bool find_line(struct kpm_examiner *x, struct slot *s, const struct kpm_question *q,
		      struct kpm_line *line)
{
	if (!s->tried) {
		s->tried = true;
		if (kpm_lines_open(s->path, &s->image, x->debug_dir, &s->lines, NULL) == -ENOMEM) {
			empty_others(x, s);
			kpm_lines_open(s->path, &s->image, x->debug_dir, &s->lines, NULL);
		}
	}
	return s->lines && kpm_lines_find(s->lines, q->symbol, q->offset, q->size, line);
}

/* Runs a program, without a shell; what it prints, as far as there is room. False if it fails. */
static bool output_of(const char *const argv[], char *buf, size_t room)
{
	size_t used = 0;
	int pipefd[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return false;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipefd[1], STDOUT_FILENO);
		setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
		setenv("LC_ALL", "C", 1);
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
	close(pipefd[1]);
	while (pid > 0 && used + 1 < room && (n = read(pipefd[0], buf + used, room - 1 - used)) > 0)
		used += n;
	close(pipefd[0]);
	buf[used] = '\0';
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

/* `linux-image-6.1.0-1-amd64: /lib/modules/...` */
static bool ask_dpkg(const char *path, char *vendor, size_t room)
{
	const char *const argv[] = {"dpkg-query", "-S", path, NULL};
	char text[4096 + 512];
	size_t len;

	if (!output_of(argv, text, sizeof(text)))
		return false;
	len = strcspn(text, ":\n");
	if (!len || text[len] != ':' || len >= room)
		return false;
	snprintf(vendor, room, "%.*s", (int)len, text);
	return true;
}

static bool ask_rpm(const char *path, char *vendor, size_t room)
{
	const char *const argv[] = {"rpm", "-qf", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}\n",
				    path,  NULL};

	if (!output_of(argv, vendor, room))
		return false;
	vendor[strcspn(vendor, "\n")] = '\0';
	return *vendor;
}

/* Packages know a file by the name it was packed with: with /usr before it or without. */
static bool find_vendor(const char *path, char *vendor, size_t room)
{
	char other[4096 + 8];

	snprintf(other, sizeof(other), "%s%s", strncmp(path, "/usr/", 5) ? "/usr" : "",
		 strncmp(path, "/usr/", 5) ? path : path + 4);
	return ask_dpkg(path, vendor, room) || ask_dpkg(other, vendor, room) ||
	       ask_rpm(path, vendor, room);
}

size_t kpm_examiner_answer(void *examiner, const void *in, size_t size, void *out, size_t room)
{
	struct kpm_examiner *x = examiner;
	const struct kpm_question *q = in;
	struct kpm_answer *a = out;
	struct slot *s;

	memset(a, 0, sizeof(*a));
	if (size != sizeof(*q) || room < sizeof(*a))
		return sizeof(*a);
	if (q->kind == KPM_ASK_VENDOR)
		a->known = find_vendor(q->file, a->vendor, sizeof(a->vendor));
	else if (!(s = open_file(x, q->file)))
		a->known = false;
	else if (q->kind == KPM_ASK_FACTS)
		a->known = !kpm_elf_facts(s->image.data, s->image.size, q->file, &a->facts, NULL);
	else
		a->known = find_line(x, s, q, &a->line);
	return sizeof(*a);
}
