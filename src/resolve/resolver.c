// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The resolver: a file for each module that tags name, a location for each tag. A source line is
 * requested once the file's facts are known, unless they say that it is not the loaded build. It is
 * requested, too, where that cannot be said: the module is gone, or the kernel has no build-ids.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/array.h"
#include "base/clock.h"
#include "resolve/builtin.h"
#include "resolve/files.h"
#include "resolve/loaded.h"
#include "resolve/resolver.h"
#include "resolve/worker_pool.h"

/* A second worker answers while the first one opens a large file. */
#define WORKERS 2
/* For a kernel with its debug information (0.4 GB) from a disk that reads 30 MB a second. */
#define TIMEOUT (15 * KPM_SECOND)
/* debuginfod fetches hundreds of megabytes; 90 seconds is also the default of its client. */
#define TIMEOUT_NET (90 * KPM_SECOND)
/* The largest module with its debug information has 400 MB. */
#define FILE_MAX ((size_t)512 << 20)
/* A file on which so many workers failed gets no more requests: once may be an accident. */
#define FAILURES_MAX 2

struct tag {
	struct kpm_location location;
	struct kpm_tag_name name; /* symbol is a copy */
	uint32_t file;
	uint32_t next; /* tag that waits for the same facts */
	bool asked;    /* for anything */
	enum kpm_request_state line;
};

struct kpm_resolver {
	struct kpm_resolver_opts opts;
	struct utsname uts;
	struct kpm_worker_pool *pool;
	struct kpm_files files;
	struct kpm_builtin *builtin;
	uint64_t text; /* address of _text; 0: not looked up yet, or not known */
	bool builtin_tried;
	struct kpm_loaded *loaded;
	struct tag **tags;
	uint32_t tag_count;
};

static bool make_request(void *arg, const struct kpm_job *job, struct kpm_request *q)
{
	struct kpm_resolver *r = arg;
	const struct kpm_code *f = r->files.list[job->file];

	if (f->failures >= FAILURES_MAX)
		return false;
	memset(q, 0, sizeof(*q));
	q->kind = job->kind;
	snprintf(q->file, sizeof(q->file), "%s", f->path);
	if (job->kind == KPM_REQUEST_LINE) {
		const struct kpm_tag_name *name = &r->tags[job->tag]->name;

		q->offset = name->offset;
		q->size = name->size;
		snprintf(q->symbol, sizeof(q->symbol), "%s", name->symbol);
	}
	return true;
}

static void add_job(struct kpm_resolver *r, enum kpm_request_kind kind, uint32_t file, uint32_t tag)
{
	const struct kpm_job job = {kind, file, tag};

	/* out of memory: the field stays empty */
	kpm_worker_pool_add(r->pool, &job);
}

static void take_facts(struct kpm_resolver *r, uint32_t number, const struct kpm_reply *reply)
{
	struct kpm_code *f = r->files.list[number];
	uint32_t next;

	f->facts = KPM_REPLIED;
	f->readable = reply && reply->known;
	if (f->readable) {
		snprintf(f->build_id, sizeof(f->build_id), "%.*s", KPM_BUILD_ID_LEN - 1,
			 reply->facts.build_id);
		snprintf(f->srcversion, sizeof(f->srcversion), "%.*s", KPM_SRCVERSION_LEN - 1,
			 reply->facts.srcversion);
		f->build = kpm_loaded_compare(r->loaded, f->module, f->build_id);
	}
	for (uint32_t tag = f->waiting; tag != KPM_NONE; tag = next) {
		next = r->tags[tag]->next;
		if (f->readable && f->build != KPM_BUILD_OTHER)
			add_job(r, KPM_REQUEST_LINE, number, tag);
	}
	f->waiting = KPM_NONE;
}

static void done(void *arg, const struct kpm_job *job, const struct kpm_reply *reply)
{
	struct kpm_resolver *r = arg;
	struct kpm_code *f = r->files.list[job->file];

	f->failures += !reply;
	if (job->kind == KPM_REQUEST_FACTS) {
		take_facts(r, job->file, reply);
	} else if (job->kind == KPM_REQUEST_VENDOR) {
		f->vendor = KPM_REPLIED;
		if (reply && reply->known)
			f->vendor_name = strndup(reply->vendor, sizeof(reply->vendor) - 1);
	} else {
		struct kpm_location *p = &r->tags[job->tag]->location;

		r->tags[job->tag]->line = KPM_REPLIED;
		if (!reply || !reply->known || reply->line.line <= 0)
			return;
		p->source = strndup(reply->line.file, sizeof(reply->line.file) - 1);
		p->inlined = strndup(reply->line.inlined, sizeof(reply->line.inlined) - 1);
		p->line = p->source ? reply->line.line : 0;
		p->line_in = reply->line.line_in;
	}
}

void kpm_resolver_free(struct kpm_resolver *r)
{
	if (!r)
		return;
	kpm_worker_pool_free(r->pool);
	for (uint32_t i = 0; i < r->tag_count; i++) {
		if (!r->tags[i])
			continue;
		free((char *)r->tags[i]->name.symbol);
		free((char *)r->tags[i]->location.source);
		free((char *)r->tags[i]->location.inlined);
		free(r->tags[i]);
	}
	free(r->tags);
	kpm_files_close(&r->files);
	kpm_loaded_free(r->loaded);
	kpm_builtin_free(r->builtin);
	free(r);
}

int kpm_resolver_new(const struct kpm_resolver_opts *opts, struct kpm_resolver **resolver,
		     struct kpm_err *err)
{
	struct kpm_resolver *r = calloc(1, sizeof(*r));
	char debug[4096];
	struct kpm_worker_pool_opts pool;
	int ret;

	if (!r)
		return kpm_fail(err, -ENOMEM, "out of memory");
	r->opts = *opts;
	if (!r->opts.release) {
		uname(&r->uts);
		r->opts.release = r->uts.release;
	}
	kpm_search_path_get(&opts->roots, KPM_SEARCH_DEBUG, 0, "", debug, sizeof(debug));
	pool = (struct kpm_worker_pool_opts){
		.workers = opts->workers ? opts->workers : WORKERS,
		.timeout_ns = opts->timeout_ns            ? opts->timeout_ns
			      : getenv("DEBUGINFOD_URLS") ? TIMEOUT_NET
							  : TIMEOUT,
		.debug_dir = debug,
		.file_max = opts->file_max ? opts->file_max : FILE_MAX,
		.make = make_request,
		.done = done,
		.arg = r,
	};
	ret = kpm_worker_pool_new(&pool, &r->pool, err);
	if (!ret && kpm_loaded_read(&opts->roots, &r->loaded))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	if (!ret)
		kpm_files_open(&r->files, &opts->roots, r->opts.release);
	if (ret) {
		kpm_resolver_free(r);
		return ret;
	}
	*resolver = r;
	return 0;
}

static struct tag *tag_of(struct kpm_resolver *r, uint32_t number)
{
	if (number >= r->tag_count) {
		uint32_t had = r->tag_count;

		if (kpm_array_reserve(r->tags, r->tag_count, number + 1))
			return NULL;
		memset(r->tags + had, 0, (r->tag_count - had) * sizeof(*r->tags));
	}
	if (!r->tags[number]) {
		struct tag *t = calloc(1, sizeof(*t));

		if (t)
			t->file = t->next = KPM_NONE;
		r->tags[number] = t;
	}
	return r->tags[number];
}

static void ask_line(struct kpm_resolver *r, uint32_t number, struct tag *t,
		     const struct kpm_tag_name *name)
{
	struct kpm_code *f = r->files.list[t->file];

	if (t->line != KPM_NOT_REQUESTED || !name->symbol)
		return;
	t->name = *name;
	t->name.symbol = strdup(name->symbol);
	if (!t->name.symbol)
		return;
	t->line = KPM_REQUESTED;
	if (f->facts != KPM_REPLIED) {
		t->next = f->waiting;
		f->waiting = number;
	} else if (f->readable && f->build != KPM_BUILD_OTHER) {
		add_job(r, KPM_REQUEST_LINE, t->file, number);
	}
}

static void ask_builtin(struct kpm_resolver *r, struct tag *t, const struct kpm_tag_name *name)
{
	if (t->location.builtin || !name->site || !name->module || strcmp(name->module, "kernel"))
		return;
	if (!r->builtin_tried && r->files.tree_dir && r->opts.ksyms) {
		kpm_builtin_open(r->files.tree_dir, &r->builtin, NULL);
		if (r->builtin)
			r->text = kpm_ksyms_address(r->opts.ksyms, "_text");
	}
	r->builtin_tried = true;
	if (r->builtin && r->text && name->site > r->text)
		t->location.builtin = kpm_builtin_find(r->builtin, name->site - 1 - r->text);
}

int kpm_resolver_ask(struct kpm_resolver *r, uint32_t number, const struct kpm_tag_name *name,
		     unsigned int needs)
{
	struct tag *t = tag_of(r, number);
	struct kpm_code *f;

	if (!t)
		return -ENOMEM;
	t->asked = true;
	if (needs & KPM_LOCATION_BUILTIN)
		ask_builtin(r, t, name);
	if (!name->module || !(needs & ~KPM_LOCATION_BUILTIN))
		return 0;
	if (t->file == KPM_NONE)
		t->file = kpm_files_of(&r->files, name->module);
	if (t->file == KPM_NONE)
		return -ENOMEM;
	f = r->files.list[t->file];
	if (!f->path)
		return 0;
	if (f->facts == KPM_NOT_REQUESTED) {
		f->facts = KPM_REQUESTED;
		add_job(r, KPM_REQUEST_FACTS, t->file, 0);
	}
	if (needs & KPM_LOCATION_LINE)
		ask_line(r, number, t, name);
	if (needs & KPM_LOCATION_VENDOR && f->vendor == KPM_NOT_REQUESTED) {
		f->vendor = KPM_REQUESTED;
		add_job(r, KPM_REQUEST_VENDOR, t->file, 0);
	}
	return 0;
}

/* Facts of the file are copied into the location here, as they come after the tag was asked for. */
const struct kpm_location *kpm_resolver_get(const struct kpm_resolver *r, uint32_t number)
{
	struct tag *t = number < r->tag_count ? r->tags[number] : NULL;
	const struct kpm_code *f;

	if (!t || !t->asked)
		return NULL;
	if (t->file == KPM_NONE)
		return &t->location;
	f = r->files.list[t->file];
	t->location.file = f->path;
	t->location.build = f->build;
	t->location.build_id = *f->build_id ? f->build_id : NULL;
	t->location.srcversion = *f->srcversion ? f->srcversion : NULL;
	t->location.vendor = f->vendor_name;
	return &t->location;
}

int kpm_resolver_fd(const struct kpm_resolver *r)
{
	return kpm_worker_pool_fd(r->pool);
}

void kpm_resolver_step(struct kpm_resolver *r)
{
	kpm_worker_pool_step(r->pool);
}

bool kpm_resolver_busy(const struct kpm_resolver *r)
{
	return kpm_worker_pool_busy(r->pool);
}

void kpm_resolver_wait(struct kpm_resolver *r, int64_t ns)
{
	struct pollfd fd = {kpm_worker_pool_fd(r->pool), POLLIN, 0};
	int64_t end = kpm_now() + ns;

	for (;;) {
		int64_t left;

		kpm_worker_pool_step(r->pool);
		left = end - kpm_now();
		if (left <= 0 || !kpm_worker_pool_busy(r->pool))
			return;
		poll(&fd, 1, left / 1000000 + 1);
	}
}

bool kpm_resolver_note(const struct kpm_resolver *r, struct kpm_err *note)
{
	const struct kpm_code *other = NULL, *failed = NULL;
	unsigned int others = 0, failures = 0;

	for (uint32_t i = 0; i < r->files.count; i++) {
		const struct kpm_code *f = r->files.list[i];

		if (f->build == KPM_BUILD_OTHER && !others++)
			other = f;
		if (f->failures && !failures++)
			failed = f;
	}
	if (others)
		kpm_fail(note, 0,
			 "%.300s is not the build of %s that is loaded%s: no source lines are "
			 "taken from it; reboot or reload to run what is on disk",
			 other->path, other->module, others > 1 ? ", nor are others" : "");
	else if (failures)
		kpm_fail(note, 0, "%.300s%s could not be read in time: some fields stay empty",
			 failed->path, failures > 1 ? " and others" : "");
	return others || failures;
}
