/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about one module file: its facts, a source line, or the package that it belongs to. */
#ifndef KPM_REQUEST_H
#define KPM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "resolve/elffile.h"
#include "resolve/lines.h"

enum kpm_request_kind { KPM_REQUEST_FACTS, KPM_REQUEST_LINE, KPM_REQUEST_VENDOR };

struct kpm_request {
	enum kpm_request_kind kind;
	uint64_t offset, size; /* KPM_REQUEST_LINE: in the symbol, and of it; bytes */
	char file[4096];
	char symbol[512]; /* KPM_REQUEST_LINE */
};

struct kpm_reply {
	bool known; /* else the member of the request's kind has no meaning */
	union {
		struct kpm_elf_facts facts;
		struct kpm_line line;
		char vendor[256];
	};
};

/* Handles requests; keeps the last files open for the next one. */
struct kpm_request_handler;

/*
 * `debug_dir`: folder of separate debug information; file_max: bytes of an unpacked file. NULL: out
 * of memory.
 */
struct kpm_request_handler *kpm_request_handler_new(const char *debug_dir, size_t file_max);
void kpm_request_handler_free(struct kpm_request_handler *handler);

/* For struct kpm_worker_opts: `in` is a struct kpm_request, `out` gets a struct kpm_reply. */
size_t kpm_request_handle(void *handler, const void *in, size_t size, void *out, size_t max);

#endif
