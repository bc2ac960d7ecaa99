// SPDX-License-Identifier: GPL-2.0-or-later
/* Handles requests about files, in a worker process, which a damaged file may crash or hang. */
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
	uint64_t used;   /* number of the last request about it */
	struct kpm_buffer buffer;
	struct kpm_image image;
	bool readable;
	struct kpm_lines *lines;
	bool tried; /* to open the lines */
};

struct kpm_request_handler {
	char *debug_dir;
	uint64_t requests;
	struct slot slots[SLOTS];
};

struct kpm_request_handler *kpm_request_handler_new(const char *debug_dir, size_t file_max)
{
	struct kpm_request_handler *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	for (int i = 0; i < SLOTS; i++)
		kpm_buffer_init(&h->slots[i].buffer, file_max);
	h->debug_dir = strdup(debug_dir);
	if (!h->debug_dir) {
		free(h);
		return NULL;
	}
	return h;
}

static void close_slot(struct slot *s)
{
	kpm_lines_close(s->lines);
	s->lines = NULL;
	s->tried = false;
	kpm_image_close(&s->image);
	*s->path = '\0';
}

void kpm_request_handler_free(struct kpm_request_handler *h)
{
	if (!h)
		return;
	for (int i = 0; i < SLOTS; i++) {
		close_slot(&h->slots[i]);
		kpm_buffer_done(&h->slots[i].buffer);
	}
	free(h->debug_dir);
	free(h);
}

/* Closes all other files and frees their memory, as it is short. */
static void close_others(struct kpm_request_handler *h, const struct slot *but)
{
	for (int i = 0; i < SLOTS; i++) {
		if (&h->slots[i] == but)
			continue;
		close_slot(&h->slots[i]);
		kpm_buffer_done(&h->slots[i].buffer);
	}
}

/* The file's slot; a file that has none replaces the least recently used. NULL: unreadable. */
static struct slot *open_file(struct kpm_request_handler *h, const char *path)
{
	struct slot *s = &h->slots[0];
	int ret;

	for (int i = 0; i < SLOTS; i++) {
		if (!strcmp(h->slots[i].path, path)) {
			s = &h->slots[i];
			goto out;
		}
		if (h->slots[i].used < s->used)
			s = &h->slots[i];
	}
	close_slot(s);
	snprintf(s->path, sizeof(s->path), "%s", path);
	ret = kpm_image_open(path, &s->buffer, &s->image, NULL);
	if (ret == -ENOMEM) {
		close_others(h, s);
		ret = kpm_image_open(path, &s->buffer, &s->image, NULL);
	}
	s->readable = !ret;
out:
	s->used = ++h->requests;
	return s->readable ? s : NULL;
}

static bool find_line(struct kpm_request_handler *h, struct slot *s, const struct kpm_request *q,
		      struct kpm_line *line)
{
	if (!s->tried) {
		s->tried = true;
		if (kpm_lines_open(s->path, &s->image, h->debug_dir, &s->lines, NULL) == -ENOMEM) {
			close_others(h, s);
			kpm_lines_open(s->path, &s->image, h->debug_dir, &s->lines, NULL);
		}
	}
	return s->lines && kpm_lines_find(s->lines, q->symbol, q->offset, q->size, line);
}

/* Runs a program without a shell; buf gets the beginning of its output. False if it fails. */
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

size_t kpm_request_handle(void *handler, const void *in, size_t size, void *out, size_t max)
{
	struct kpm_request_handler *h = handler;
	const struct kpm_request *q = in;
	struct kpm_reply *r = out;
	struct slot *s;

	memset(r, 0, sizeof(*r));
	if (size != sizeof(*q) || max < sizeof(*r))
		return sizeof(*r);
	if (q->kind == KPM_REQUEST_VENDOR)
		r->known = find_vendor(q->file, r->vendor, sizeof(r->vendor));
	else if (!(s = open_file(h, q->file)))
		r->known = false;
	else if (q->kind == KPM_REQUEST_FACTS)
		r->known = !kpm_elf_facts(s->image.data, s->image.size, q->file, &r->facts, NULL);
	else
		r->known = find_line(h, s, q, &r->line);
	return sizeof(*r);
}
