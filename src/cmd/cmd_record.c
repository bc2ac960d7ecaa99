// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon record: a sample each interval at the end of a file, until a signal or the time is
 * over. A sample that cannot be written whole is cut off. When the file has half of the size that
 * --keep permits it becomes FILE.1, in place of the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/looks.h"
#include "app/loop.h"
#include "app/sampler.h"
#include "base/clock.h"
#include "base/memstream.h"
#include "base/rights.h"
#include "model/recorder.h"
#include "sink/output.h"

/* New tags whose module files are looked for at a sample. */
#define FILES_A_SAMPLE 1024
/* Looks at processes, over a run that has an end. */
#define LOOKS 6

struct record {
	const struct kpm_options *options;
	const char *file;
	int fd;
	off_t size, last; /* of the file, and of the sample before */
	struct kpm_recorder *recorder;
	struct kpm_sampler sampler;
	struct kpm_looks looks;
	uint32_t located; /* tags whose files were asked for */
};

static int failed(const struct record *r, int code, struct kpm_err *err)
{
	const char *hint = "";

	if (code == -ENOSPC || code == -EDQUOT)
		hint = "; make room there or give a smaller --keep";
	else if (code == -EEXIST)
		hint = "; name another file, or move it away";
	else if (code == -ENOENT || code == -ENOTDIR)
		hint = "; name a file in a directory that exists";
	return kpm_fail(err, code, "write %.300s: %s%s", r->file, strerror(-code), hint);
}

/* A file of an earlier run is not touched. The owner's alone: it has addresses of the kernel. */
static int open_file(struct record *r, struct kpm_err *err)
{
	r->fd = open(r->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, KPM_MODE_PRIVATE);
	r->size = 0;
	return r->fd < 0 ? failed(r, -errno, err) : 0;
}

static int rotate(struct record *r, struct kpm_err *err)
{
	char older[4096];

	if ((size_t)snprintf(older, sizeof(older), "%s.1", r->file) >= sizeof(older))
		return failed(r, -ENAMETOOLONG, err);
	if (rename(r->file, older))
		return failed(r, -errno, err);
	close(r->fd);
	kpm_recorder_reset(r->recorder);
	return open_file(r, err);
}

/* It would be taken for the older part of this recording, and be lost at the first rotation. */
static int refuse_older(const struct record *r, struct kpm_err *err)
{
	char older[4096];

	if ((size_t)snprintf(older, sizeof(older), "%s.1", r->file) >= sizeof(older))
		return failed(r, -ENAMETOOLONG, err);
	if (faccessat(AT_FDCWD, older, F_OK, AT_SYMLINK_NOFOLLOW))
		return 0;
	return kpm_fail(err, -EEXIST,
			"%.300s exists, where the older part of %.300s would be; name another "
			"file, or move it away",
			older, r->file);
}

static int write_text(struct record *r, const char *text, size_t size, struct kpm_err *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(r->fd, text + done, size - done, r->size + done);
		int code = n < 0 ? -errno : -EIO;

		if (n <= 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (ftruncate(r->fd, r->size))
				code = -errno;
			return failed(r, code, err);
		}
		done += n;
	}
	r->size += size;
	r->last = size;
	return 0;
}

static void path_of(void *arg, uint32_t tag, struct kpm_path *path)
{
	kpm_sampler_path(arg, tag, path);
}

/* Takes a sample and writes it. */
static int take_sample(void *arg, struct kpm_err *err)
{
	struct record *r = arg;
	struct kpm_sampler *sampler = &r->sampler;
	const struct kpm_location *const *locations;
	struct kpm_memstream text;
	struct kpm_record_more more;
	const struct kpm_options *o = r->options;
	int64_t every = o->for_given && o->for_ns / LOOKS < KPM_LOOK_EVERY_NS ? o->for_ns / LOOKS
									      : KPM_LOOK_EVERY_NS;
	int ret = kpm_sampler_sample(sampler, err), looked;

	if (ret)
		return ret;
	looked = kpm_looks_take(&r->looks, sampler, sampler->trend, every);
	if (looked < 0)
		return kpm_fail(err, looked, "out of memory");
	r->located = kpm_locations_ask_new(sampler->locations, r->located, FILES_A_SAMPLE,
					   KPM_LOCATION_FILE);
	locations = kpm_sampler_locations(sampler);
	if (r->size && r->size + r->last > (off_t)(r->options->keep / 2))
		ret = rotate(r, err);
	if (!ret)
		ret = kpm_memstream_open(&text, err);
	if (ret)
		return ret;
	more = (struct kpm_record_more){
		.seen = looked ? &r->looks.readings[r->looks.count - 1] : NULL,
		.path = path_of,
		.arg = sampler,
	};
	ret = kpm_recorder_sample(r->recorder, text.stream, &sampler->snap, sampler->tags,
				  sampler->who, locations, &more);
	ret = kpm_memstream_close(&text, ret, err);
	if (ret)
		return ret;
	ret = write_text(r, text.text, text.size, err);
	free(text.text);
	return ret;
}

/* A source that has been taken away ends the recording, which is whole. */
static int check(void *arg, struct kpm_err *err)
{
	struct record *r = arg;

	return kpm_sampler_check(&r->sampler, err);
}

/* Takes the answers that have woken the loop. */
static int turn(void *arg, struct kpm_err *err)
{
	struct record *r = arg;

	(void)err;
	kpm_sampler_locations(&r->sampler);
	return 0;
}

static int run(struct record *r, struct kpm_err *err)
{
	const struct kpm_options *o = r->options;
	struct kpm_loop loop = {
		.every_ns = o->interval_ns,
		.for_ns = o->for_given ? o->for_ns : 0,
		.tick = take_sample,
		.tick_at_signal = true,
		.check = check,
		.turn = turn,
		.input = -1,
		.arg = r,
	};
	int ret;

	r->recorder = kpm_recorder_new(kpm_wall(), KPM_VERSION);
	if (!r->recorder)
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = refuse_older(r, err);
	if (!ret)
		ret = open_file(r, err);
	/* the directory may be somebody else's */
	if (!ret)
		ret = kpm_sampler_open(&r->sampler, o, KPM_LOCATION_FILE,
				       KPM_RIGHT_ANY_FILE | KPM_RIGHT_PROCESSES, NULL, err);
	if (ret)
		return ret;
	kpm_sampler_want_who(&r->sampler, NULL);
	loop.wake = kpm_locations_fd(r->sampler.locations);
	return kpm_loop_run(&loop, err);
}

int kpm_cmd_record(const struct kpm_options *options, struct kpm_outcome *outcome,
		   struct kpm_err *err)
{
	struct record r = {.options = options, .file = options->words[0], .fd = -1};
	int ret;

	(void)outcome;
	kpm_signals_hold();
	ret = run(&r, err);
	if (r.fd >= 0 && close(r.fd) && !ret)
		ret = failed(&r, -errno, err);
	/* nothing was recorded: no file is left either */
	if (ret && r.fd >= 0 && !r.size && !access(r.file, F_OK))
		unlink(r.file);
	kpm_looks_done(&r.looks);
	kpm_sampler_close(&r.sampler);
	kpm_recorder_free(r.recorder);
	return ret;
}
