// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The resolver: a file for each module that tags name, a place for each tag. A source line is asked
 * for when the file's facts are there and say that it is the loaded build, or when nobody can say
 * (the module is gone, the kernel has no build-ids).
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/array.h"
#include "resolve/builtin.h"
#include "resolve/files.h"
#include "resolve/loaded.h"
#include "resolve/resolver.h"
#include "resolve/worker_pool.h"

#define SECOND  1000000000LL
#define WORKERS 2
/* a kernel with its debug information, from a disk that is slow */
#define PATIENCE (15 * SECOND)
/* debuginfod fetches hundreds of megabytes */
#define PATIENCE_NET (90 * SECOND)
/* The largest module with its debug information has 400 MB. */
#define FILE_MAX ((size_t)512 << 20)
/* A file that cost so many workers is asked nothing more. */
#define FAILURES_MAX 2

struct tag {
	struct kpm_location place;
	struct kpm_tag_name name; /* symbol is a copy */
	uint32_t file;
	uint32_t next; /* that waits for the same facts */
	bool asked;    /* anything at all */
	enum kpm_asked line;
};

struct kpm_resolver {
	struct kpm_resolver_opts opts;
	struct utsname uts;
	struct kpm_crew *crew;
	struct kpm_files files;
	struct kpm_builtin *builtin;
	uint64_t text; /* address of _text; 0: not asked yet or not known */
	bool builtin_tried;
	struct kpm_loaded *loaded;
	struct tag **tags;
	uint32_t tag_count;
};

static bool fill(void *arg, const struct kpm_job *job, struct kpm_question *q)
{
	struct kpm_resolver *r = arg;
	const struct kpm_code *f = r->files.list[job->file];

	if (f->failures >= FAILURES_MAX)
		return false;
	memset(q, 0, sizeof(*q));
	q->kind = job->kind;
	snprintf(q->file, sizeof(q->file), "%s", f->path);
	if (job->kind == KPM_ASK_LINE) {
		const struct kpm_tag_name *name = &r->tags[job->tag]->name;

		q->offset = name->offset;
		q->size = name->size;
		snprintf(q->symbol, sizeof(q->symbol), "%s", name->symbol);
	}
	return true;
}

static void add_job(struct kpm_resolver *r, enum kpm_question_kind kind, uint32_t file,
		    uint32_t tag)
{
	const struct kpm_job job = {kind, file, tag};

	/* without memory the field stays empty */
	kpm_crew_add(r->crew, &job);
}

static void take_facts(struct kpm_resolver *r, uint32_t number, const struct kpm_answer *a)
{
	struct kpm_code *f = r->files.list[number];
	uint32_t next;

	f->facts = KPM_ANSWERED;
	f->readable = a && a->known;
	if (f->readable) {
		snprintf(f->build_id, sizeof(f->build_id), "%.*s", KPM_BUILD_ID_LEN - 1,
			 a->facts.build_id);
		snprintf(f->srcversion, sizeof(f->srcversion), "%.*s", KPM_SRCVERSION_LEN - 1,
			 a->facts.srcversion);
		f->build = kpm_loaded_compare(r->loaded, f->module, f->build_id);
	}
	for (uint32_t tag = f->waiting; tag != KPM_NONE; tag = next) {
		next = r->tags[tag]->next;
		if (f->readable && f->build != KPM_BUILD_OTHER)
			add_job(r, KPM_ASK_LINE, number, tag);
	}
	f->waiting = KPM_NONE;
}

static void done(void *arg, const struct kpm_job *job, const struct kpm_answer *a)
{
	struct kpm_resolver *r = arg;
	struct kpm_code *f = r->files.list[job->file];

	f->failures += !a;
	if (job->kind == KPM_ASK_FACTS) {
		take_facts(r, job->file, a);
	} else if (job->kind == KPM_ASK_VENDOR) {
		f->vendor = KPM_ANSWERED;
		if (a && a->known)
			f->vendor_name = strndup(a->vendor, sizeof(a->vendor) - 1);
	} else {
		struct kpm_location *p = &r->tags[job->tag]->place;

		r->tags[job->tag]->line = KPM_ANSWERED;
		if (!a || !a->known || a->line.line <= 0)
			return;
		p->source = strndup(a->line.file, sizeof(a->line.file) - 1);
		p->inlined = strndup(a->line.inlined, sizeof(a->line.inlined) - 1);
		p->line = p->source ? a->line.line : 0;
	}
}

void kpm_resolver_free(struct kpm_resolver *r)
{
	if (!r)
		return;
	kpm_crew_free(r->crew);
	for (uint32_t i = 0; i < r->tag_count; i++) {
		if (!r->tags[i])
			continue;
		free((char *)r->tags[i]->name.symbol);
		free((char *)r->tags[i]->place.source);
		free((char *)r->tags[i]->place.inlined);
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
	struct kpm_crew_opts crew;
	int ret;

	if (!r)
		return kpm_fail(err, -ENOMEM, "out of memory");
	r->opts = *opts;
	if (!r->opts.release) {
		uname(&r->uts);
		r->opts.release = r->uts.release;
	}
	kpm_spot_path(&opts->roots, KPM_SPOT_DEBUG, 0, "", debug, sizeof(debug));
	crew = (struct kpm_crew_opts){
		.workers = opts->workers ? opts->workers : WORKERS,
		.patience_ns = opts->patience_ns           ? opts->patience_ns
			       : getenv("DEBUGINFOD_URLS") ? PATIENCE_NET
							   : PATIENCE,
		.debug_dir = debug,
		.file_max = opts->file_max ? opts->file_max : FILE_MAX,
		.fill = fill,
		.done = done,
		.arg = r,
	};
	ret = kpm_crew_new(&crew, &r->crew, err);
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

	if (t->line != KPM_NOT_ASKED || !name->symbol)
		return;
	t->name = *name;
	t->name.symbol = strdup(name->symbol);
	if (!t->name.symbol)
		return;
	t->line = KPM_ASKED;
	if (f->facts != KPM_ANSWERED) {
		t->next = f->waiting;
		f->waiting = number;
	} else if (f->readable && f->build != KPM_BUILD_OTHER) {
		add_job(r, KPM_ASK_LINE, t->file, number);
	}
}

static void ask_builtin(struct kpm_resolver *r, struct tag *t, const struct kpm_tag_name *name)
{
	if (t->place.builtin || !name->site || !name->module || strcmp(name->module, "kernel"))
		return;
	if (!r->builtin_tried && r->files.tree_dir && r->opts.ksyms) {
		kpm_builtin_open(r->files.tree_dir, &r->builtin, NULL);
		if (r->builtin)
			r->text = kpm_ksyms_address(r->opts.ksyms, "_text");
	}
	r->builtin_tried = true;
	if (r->builtin && r->text && name->site > r->text)
		t->place.builtin = kpm_builtin_find(r->builtin, name->site - 1 - r->text);
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
	if (f->facts == KPM_NOT_ASKED) {
		f->facts = KPM_ASKED;
		add_job(r, KPM_ASK_FACTS, t->file, 0);
	}
	if (needs & KPM_LOCATION_LINE)
		ask_line(r, number, t, name);
	if (needs & KPM_LOCATION_VENDOR && f->vendor == KPM_NOT_ASKED) {
		f->vendor = KPM_ASKED;
		add_job(r, KPM_ASK_VENDOR, t->file, 0);
	}
	return 0;
}

/* What is known of the file is put into the place when somebody looks. */
const struct kpm_location *kpm_resolver_get(const struct kpm_resolver *r, uint32_t number)
{
	struct tag *t = number < r->tag_count ? r->tags[number] : NULL;
	const struct kpm_code *f;

	if (!t || !t->asked)
		return NULL;
	if (t->file == KPM_NONE)
		return &t->place;
	f = r->files.list[t->file];
	t->place.file = f->path;
	t->place.build = f->build;
	t->place.build_id = *f->build_id ? f->build_id : NULL;
	t->place.srcversion = *f->srcversion ? f->srcversion : NULL;
	t->place.vendor = f->vendor_name;
	return &t->place;
}

int kpm_resolver_fd(const struct kpm_resolver *r)
{
	return kpm_crew_fd(r->crew);
}

void kpm_resolver_step(struct kpm_resolver *r)
{
	kpm_crew_step(r->crew);
}

bool kpm_resolver_busy(const struct kpm_resolver *r)
{
	return kpm_crew_busy(r->crew);
}

void kpm_resolver_wait(struct kpm_resolver *r, int64_t ns)
{
	struct pollfd fd = {kpm_crew_fd(r->crew), POLLIN, 0};
	struct timespec t;
	int64_t end;

	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec * SECOND + t.tv_nsec + ns;
	for (;;) {
		int64_t left;

		kpm_crew_step(r->crew);
		clock_gettime(CLOCK_MONOTONIC, &t);
		left = end - (t.tv_sec * SECOND + t.tv_nsec);
		if (left <= 0 || !kpm_crew_busy(r->crew))
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
