/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a worker answers about one module file: facts, a source line, the package that owns it. */
#ifndef KPOOLMON_EXAMINER_H
#define KPOOLMON_EXAMINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "resolve/elffile.h"
#include "resolve/lines.h"

enum kpm_question_kind { KPM_ASK_FACTS, KPM_ASK_LINE, KPM_ASK_VENDOR };

struct kpm_question {
	enum kpm_question_kind kind;
	uint64_t offset, size; /* of KPM_ASK_LINE */
	char file[4096];
	char symbol[512];
};

struct kpm_answer {
	bool known;
	union {
		struct kpm_elf_facts facts;
		struct kpm_line line;
		char vendor[256];
	};
};

struct kpm_examiner; /* keeps the last files open for the next question */

/* `debug_dir`: of separate debug information. NULL: out of memory. */
struct kpm_examiner *kpm_examiner_new(const char *debug_dir, size_t max);
void kpm_examiner_free(struct kpm_examiner *examiner);

/* For struct kpm_worker_opts: a question in, an answer out. */
size_t kpm_examiner_answer(void *examiner, const void *in, size_t size, void *out, size_t room);

#endif
