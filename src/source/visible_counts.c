// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/map64.h"
#include "source/visible_counts.h"

struct reader {
	const struct kpm_roots *roots;
	struct kpm_visible_reading *out;
	uint32_t links;          /* that may still be read */
	struct kpm_map64 unread; /* bytes by inode of the socket, as numbers in `bytes` */
	uint64_t *bytes;
	uint32_t sockets, socket_capacity;
	struct kpm_map64 namespaces; /* by inode */
	bool failed;
};

/* The process that counts are added for. */
struct of_process {
	uint32_t pid;
	char text[16];
	char comm[16];
	uint32_t uid;
};

static void add(struct reader *r, enum kpm_visible what, const struct of_process *p, uint64_t count)
{
	struct kpm_visible_reading *out = r->out;
	struct kpm_visible_count *to;

	if (!count)
		return;
	if (kpm_array_reserve(out->list, out->capacity, out->count + 1)) {
		r->failed = true;
		return;
	}
	to = &out->list[out->count++];
	*to = (struct kpm_visible_count){.what = what, .pid = p ? p->pid : 0, .count = count};
	if (p)
		memcpy(to->comm, p->comm, sizeof(to->comm));
}

/* Calls for each line of a file. */
static void each_line(const char *path, void (*visit)(const char *line, void *arg), void *arg)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	for (uint32_t n = 0; in && n < KPM_VISIBLE_LINES && getline(&line, &size, in) > 0; n++)
		visit(line, arg);
	free(line);
	if (in)
		fclose(in);
}

struct counter {
	const char *begin; /* of the lines that count; NULL: all */
	uint64_t count;
};

static void count_line(const char *line, void *arg)
{
	struct counter *c = arg;

	c->count += !c->begin || !strncmp(line, c->begin, strlen(c->begin));
}

static uint64_t lines(const char *path, const char *begin)
{
	struct counter c = {begin, 0};

	each_line(path, count_line, &c);
	return c.count;
}

/*
 * `PID (COMM) STATE ...`, the 22nd field is the start in clock ticks since boot. False if there is no such
 * process any more.
 */
static bool read_stat(const struct kpm_roots *roots, struct of_process *p, int64_t *started_ns)
{
	char path[PATH_MAX], line[1024], *open, *close;
	FILE *in =
		fopen(kpm_process_path(roots, KPM_PROCESS_STAT, p->text, path, sizeof(path)), "re");
	bool got = in && fgets(line, sizeof(line), in);
	unsigned long long ticks;

	if (in)
		fclose(in);
	open = got ? strchr(line, '(') : NULL;
	close = got ? strrchr(line, ')') : NULL;
	if (!open || !close || close < open ||
	    sscanf(close + 1,
		   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		   "%*s %*s %*s %llu",
		   &ticks) != 1)
		return false;
	*close = '\0';
	snprintf(p->comm, sizeof(p->comm), "%.15s", open + 1);
	if (started_ns)
		*started_ns = ticks * (1000000000 / sysconf(_SC_CLK_TCK));
	return true;
}

struct status {
	unsigned long long threads, signals;
	uint32_t uid;
};

static void read_status_line(const char *line, void *arg)
{
	struct status *s = arg;

	/* a line has one of them */
	if (sscanf(line, "Threads: %llu", &s->threads) != 1 &&
	    sscanf(line, "SigQ: %llu/", &s->signals) != 1)
		sscanf(line, "Uid: %" SCNu32, &s->uid);
}

/* What a descriptor has besides itself: lines of its information. */
struct information {
	uint64_t watches, in_flight;
};

static void read_information_line(const char *line, void *arg)
{
	struct information *i = arg;
	unsigned long long fds;

	i->watches += !strncmp(line, "inotify wd:", 11) || !strncmp(line, "fanotify ino:", 13) ||
		      !strncmp(line, "tfd:", 4);
	if (sscanf(line, "scm_fds: %llu", &fds) == 1)
		i->in_flight += fds;
}

static bool is_number(const char *name)
{
	return isdigit((unsigned char)*name);
}

static void read_descriptors(struct reader *r, const struct of_process *p)
{
	struct information all = {0, 0};
	char path[PATH_MAX], name[PATH_MAX + 300], target[64];
	uint64_t count = 0;
	struct dirent *e;
	DIR *folder =
		opendir(kpm_process_path(r->roots, KPM_PROCESS_FD, p->text, path, sizeof(path)));

	while (folder && (e = readdir(folder))) {
		ssize_t len;

		if (!is_number(e->d_name))
			continue;
		count++;
		if (!r->links)
			continue;
		r->links--;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		len = readlink(name, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		if (strncmp(target, "socket:", 7) && !strstr(target, "notify") &&
		    !strstr(target, "eventpoll"))
			continue;
		kpm_process_path(r->roots, KPM_PROCESS_FDINFO, p->text, name, sizeof(name));
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "/%s", e->d_name);
		each_line(name, read_information_line, &all);
	}
	if (folder)
		closedir(folder);
	add(r, KPM_VISIBLE_DESCRIPTORS, p, count);
	add(r, KPM_VISIBLE_WATCHES, p, all.watches);
	add(r, KPM_VISIBLE_IN_FLIGHT, p, all.in_flight);
}

struct lock_counter {
	uint32_t pid;
	uint64_t count;
};

/* `1: POSIX  ADVISORY  WRITE 1234 08:01:5678 0 EOF`; what waits for a lock has `->` behind the number. */
static void count_lock(const char *line, void *arg)
{
	struct lock_counter *c = arg;
	uint32_t pid;

	c->count += sscanf(line, "%*s %*s %*s %*s %" SCNu32, &pid) == 1 && pid == c->pid;
}

struct key_counter {
	uint32_t uid;
	unsigned long long count;
};

/* `    0:    16 15/15 13/1000000 283/25000000`: user, references, keys / made */
static void count_keys(const char *line, void *arg)
{
	struct key_counter *c = arg;
	unsigned long long keys;
	uint32_t uid;

	if (sscanf(line, " %" SCNu32 ": %*u %llu/", &uid, &keys) == 2 && uid == c->uid)
		c->count = keys;
}

static void read_process(struct reader *r, const struct kpm_visible_process *which)
{
	struct of_process p = {.pid = which->pid};
	struct lock_counter locks = {which->pid, 0};
	struct key_counter keys = {0, 0};
	struct status status = {0};
	char path[PATH_MAX];
	int64_t started;

	snprintf(p.text, sizeof(p.text), "%" PRIu32, which->pid);
	/* the kernel tells the start in hundredths of a second */
	if (!read_stat(r->roots, &p, &started) ||
	    started / 10000000 != which->started_ns / 10000000)
		return;
	each_line(kpm_process_path(r->roots, KPM_PROCESS_STATUS, p.text, path, sizeof(path)),
		  read_status_line, &status);
	read_descriptors(r, &p);
	add(r, KPM_VISIBLE_MAPPINGS, &p,
	    lines(kpm_process_path(r->roots, KPM_PROCESS_MAPS, p.text, path, sizeof(path)), NULL));
	add(r, KPM_VISIBLE_THREADS, &p, status.threads);
	add(r, KPM_VISIBLE_TIMERS, &p,
	    lines(kpm_process_path(r->roots, KPM_PROCESS_TIMERS, p.text, path, sizeof(path)),
		  "ID:"));
	each_line(kpm_path(r->roots, KPM_FILE_LOCKS, path, sizeof(path)), count_lock, &locks);
	add(r, KPM_VISIBLE_LOCKS, &p, locks.count);
	add(r, KPM_VISIBLE_SIGNALS, &p, status.signals);
	keys.uid = status.uid;
	each_line(kpm_path(r->roots, KPM_FILE_KEY_USERS, path, sizeof(path)), count_keys, &keys);
	add(r, KPM_VISIBLE_KEYS, &p, keys.count);
}

/* `sl local remote state TX:RX timer timeout uid timeout inode ...`, the queues in hexadecimal. */
static void read_socket(const char *line, void *arg)
{
	struct reader *r = arg;
	unsigned long long bytes;
	unsigned long inode;
	uint32_t *at;

	if (sscanf(line, " %*u: %*s %*s %*x %*x:%llx %*s %*s %*u %*u %lu", &bytes, &inode) != 2 ||
	    !bytes || !inode)
		return;
	at = kpm_map64_put(&r->unread, inode, r->sockets);
	if (!at || kpm_array_reserve(r->bytes, r->socket_capacity, r->sockets + 1)) {
		r->failed = true;
		return;
	}
	if (*at == r->sockets)
		r->bytes[r->sockets++] = bytes;
}

/* The sockets of a process's network namespace, once. */
static void read_sockets(struct reader *r, const char *pid)
{
	char path[PATH_MAX], target[64];
	unsigned long long inode;
	ssize_t len = readlink(
		kpm_process_path(r->roots, KPM_PROCESS_NET_NAMESPACE, pid, path, sizeof(path)),
		target, sizeof(target) - 1);
	uint32_t *seen;

	target[len > 0 ? len : 0] = '\0';
	if (sscanf(target, "net:[%llu]", &inode) != 1)
		return;
	seen = kpm_map64_put(&r->namespaces, inode, 0);
	if (!seen || (*seen)++)
		return;
	for (int f = KPM_PROCESS_UDP; f <= KPM_PROCESS_RAW6; f++)
		each_line(kpm_process_path(r->roots, f, pid, path, sizeof(path)), read_socket, r);
}

/* Whose are the sockets that have something unread? */
static void find_owner(struct reader *r, const char *pid)
{
	struct of_process p = {.pid = strtoul(pid, NULL, 10)};
	char path[PATH_MAX], name[PATH_MAX + 300], target[64];
	uint64_t bytes = 0;
	struct dirent *e;
	DIR *folder = opendir(kpm_process_path(r->roots, KPM_PROCESS_FD, pid, path, sizeof(path)));

	while (folder && r->links && (e = readdir(folder))) {
		unsigned long long inode;
		const uint32_t *at;
		ssize_t len;

		if (!is_number(e->d_name))
			continue;
		r->links--;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		len = readlink(name, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		if (sscanf(target, "socket:[%llu]", &inode) != 1)
			continue;
		at = kpm_map64_get(&r->unread, inode);
		if (!at)
			continue;
		bytes += r->bytes[*at];
		/* a socket of several processes is the first one's */
		r->bytes[*at] = 0;
	}
	if (folder)
		closedir(folder);
	snprintf(p.text, sizeof(p.text), "%.15s", pid);
	if (bytes && read_stat(r->roots, &p, NULL))
		add(r, KPM_VISIBLE_UNREAD, &p, bytes);
}

static void each_process(struct reader *r, void (*visit)(struct reader *r, const char *pid))
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *folder = opendir(kpm_path(r->roots, KPM_FILE_PROCESSES, path, sizeof(path)));

	while (folder && (e = readdir(folder)))
		if (is_number(e->d_name))
			visit(r, e->d_name);
	if (folder)
		closedir(folder);
}

/* `key msqid perms cbytes qnum ...`, a heading first */
static void count_messages(const char *line, void *arg)
{
	unsigned long long n;

	if (sscanf(line, "%*d %*d %*o %*u %llu", &n) == 1)
		((struct counter *)arg)->count += n;
}

static void read_nobodys(struct reader *r)
{
	static const struct {
		enum kpm_visible what;
		enum kpm_file file;
	} rows[] = {
		{KPM_VISIBLE_SEMAPHORES, KPM_FILE_SEMAPHORES},
		{KPM_VISIBLE_SEGMENTS, KPM_FILE_SEGMENTS},
		{KPM_VISIBLE_MOUNTS, KPM_FILE_MOUNTS},
		{KPM_VISIBLE_NET_DEVICES, KPM_FILE_NET_DEVICES},
	};
	struct counter messages = {NULL, 0};
	char path[PATH_MAX];

	each_line(kpm_path(r->roots, KPM_FILE_MESSAGES, path, sizeof(path)), count_messages,
		  &messages);
	add(r, KPM_VISIBLE_MESSAGES, NULL, messages.count);
	/* headings count, too, and do not grow */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		add(r, rows[i].what, NULL,
		    lines(kpm_path(r->roots, rows[i].file, path, sizeof(path)), NULL));
}

static int by_what(const void *x, const void *y)
{
	const struct kpm_visible_count *a = x, *b = y;

	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

int kpm_visible_read(const struct kpm_roots *roots, const struct kpm_visible_process *processes,
		     uint32_t count, struct kpm_visible_reading *out)
{
	struct reader r = {.roots = roots, .out = out, .links = KPM_VISIBLE_LINKS};

	out->count = 0;
	for (uint32_t i = 0; i < count; i++)
		read_process(&r, &processes[i]);
	each_process(&r, read_sockets);
	if (r.sockets)
		each_process(&r, find_owner);
	read_nobodys(&r);
	if (out->count)
		qsort(out->list, out->count, sizeof(*out->list), by_what);
	kpm_map64_done(&r.unread);
	kpm_map64_done(&r.namespaces);
	free(r.bytes);
	return r.failed ? -ENOMEM : 0;
}
