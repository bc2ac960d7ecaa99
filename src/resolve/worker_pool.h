/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resolver's workers and the queue of what they are to find out. */
#ifndef KPM_RESOLVE_CREW_H
#define KPM_RESOLVE_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "resolve/request.h"

struct kpm_job {
	enum kpm_question_kind kind;
	uint32_t file; /* questions about one file go to one worker, which has it open */
	uint32_t tag;
};

struct kpm_crew_opts {
	unsigned int workers;
	int64_t patience_ns; /* for one answer */
	const char *debug_dir;
	size_t file_max;
	/* what the workers do; NULL: examine files. For tests */
	size_t (*answer)(void *arg, const void *in, size_t size, void *out, size_t room);
	/* Makes the question; false: it is not to be asked any more. */
	bool (*fill)(void *arg, const struct kpm_job *job, struct kpm_question *question);
	/* The answer; NULL: the worker crashed or took too long. */
	void (*done)(void *arg, const struct kpm_job *job, const struct kpm_answer *answer);
	void *arg;
};

struct kpm_crew;

int kpm_crew_new(const struct kpm_crew_opts *opts, struct kpm_crew **crew, struct kpm_err *err);
void kpm_crew_free(struct kpm_crew *crew);
int kpm_crew_add(struct kpm_crew *crew, const struct kpm_job *job); /* 0 or -ENOMEM */
int kpm_crew_fd(const struct kpm_crew *crew);
void kpm_crew_step(struct kpm_crew *crew);
bool kpm_crew_busy(const struct kpm_crew *crew);

#endif
