/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples of what is outstanding: allocations that were looked at closely, with their stacks. Plain
 * data, filled by a source; who is answerable is found from it (model/who.h).
 */
#ifndef KPM_SAMPLES_H
#define KPM_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#define KPM_FRAMES_MAX 48
#define KPM_COMM_LEN   16

/* One allocation whose object lives. */
struct kpm_sample_of {
	uint32_t tag;       /* number in the tagset */
	uint32_t stack;     /* index in the stacks */
	uint32_t place;     /* of the sample: those of struct kpm_charges */
	uint64_t weight;    /* objects of the tag that it stands for */
	int64_t time_ns;    /* CLOCK_MONOTONIC */
	int64_t started_ns; /* of the process, CLOCK_BOOTTIME */
	uint64_t cgroup;    /* id; 0: not known */
	uint32_t pid, tid;  /* in an interrupt: of the process that it hit */
	uint32_t asked;     /* bytes asked for */
	uint16_t cpu;
	bool kthread;            /* the process is a thread of the kernel */
	char comm[KPM_COMM_LEN]; /* of the process; not always terminated */
};

/* A stack that a tag's allocations had. */
struct kpm_stack_of {
	uint32_t tag;    /* number in the tagset */
	uint64_t hash;   /* of tag and frames: the same stack has the same one in each sample */
	uint64_t taken;  /* objects that its samples stood for, freed or not */
	int64_t time_ns; /* when it was first seen, CLOCK_MONOTONIC */
	bool cut;        /* there are more frames */
	bool whole;      /* frames of the probe come before the allocation's */
	uint32_t frames;
	uint64_t ip[KPM_FRAMES_MAX]; /* return addresses, that of the allocation first */
};

/* The name of a return address in code that was unloaded, for stacks older than `time_ns`. */
struct kpm_gone_name {
	uint64_t ip;
	int64_t time_ns;
	const char *symbol; /* `symbol+0xoff/0xsize [module]` */
};

/* Of one tag. */
struct kpm_sampled_tag {
	uint64_t taken; /* samples */
	uint64_t lost;  /* samples that should have been taken: the others may not stand for all */
};

struct kpm_samples {
	struct kpm_sample_of *list;
	uint32_t count, capacity;
	struct kpm_stack_of *stacks;
	uint32_t stack_count, stack_capacity;
	struct kpm_gone_name *gone; /* by address */
	uint32_t gone_count, gone_capacity;
	struct kpm_sampled_tag *tags; /* [tag_count] by number in the tagset */
	uint32_t tag_count, tag_capacity;
	uint32_t unread;  /* samples that changed while they were read */
	uint32_t modules; /* modules that came or went: the kernel's symbols are others */
};

void kpm_samples_done(struct kpm_samples *samples);

/*
 * The name that an address had in a stack of that time, if its code has been unloaded since; else
 * NULL.
 */
const char *kpm_samples_gone(const struct kpm_samples *samples, uint64_t ip, int64_t time_ns);

#endif
