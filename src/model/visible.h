/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of what can be seen and taken away: what a living process has (descriptors, mappings, bytes in
 * its sockets) and what no process, but an administrator can list and remove (messages of System V, mounts).
 * A reading is all of them at one moment. What grows with such a count is no leak.
 */
#ifndef KPM_VISIBLE_H
#define KPM_VISIBLE_H

#include <stdint.h>

enum kpm_visible {
	/* of a process */
	KPM_VISIBLE_DESCRIPTORS,
	KPM_VISIBLE_MAPPINGS,
	KPM_VISIBLE_THREADS,
	KPM_VISIBLE_TIMERS,
	KPM_VISIBLE_LOCKS,
	KPM_VISIBLE_WATCHES,   /* of its inotify, fanotify and epoll descriptors */
	KPM_VISIBLE_IN_FLIGHT, /* descriptors in messages that its sockets have not been read */
	KPM_VISIBLE_SIGNALS,   /* queued; of all processes of its user */
	KPM_VISIBLE_KEYS,      /* of its user */
	KPM_VISIBLE_UNREAD,    /* bytes in its sockets that nobody has read */
	/* of nobody */
	KPM_VISIBLE_MESSAGES,
	KPM_VISIBLE_SEMAPHORES,
	KPM_VISIBLE_SEGMENTS,
	KPM_VISIBLE_MOUNTS,
	KPM_VISIBLE_NET_DEVICES,
	KPM_VISIBLES
};

static inline int kpm_visible_of_process(enum kpm_visible what)
{
	return what < KPM_VISIBLE_MESSAGES;
}

/* Its word in files, `descriptors`; the number of a word, KPM_VISIBLES if there is none. */
const char *kpm_visible_word(enum kpm_visible what);
enum kpm_visible kpm_visible_of(const char *word);

struct kpm_visible_count {
	enum kpm_visible what;
	uint32_t pid; /* 0: of nobody */
	char comm[16];
	uint64_t count;
};

struct kpm_visible_reading {
	struct kpm_visible_count *list; /* by `what`, then by pid */
	uint32_t count, capacity;
	/* outstanding at the same time, by tag */
	uint64_t *objects, *bytes;
	uint32_t tags;
};

#endif
