// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kpoolmon record: a sample each interval at the end of a file, until a signal or the time is
 * over. What does not fit is not there: a sample that cannot be written whole is cut off. When the
 * file has half of the room it may take it becomes FILE.1, in place of the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "app/count.h"
#include "app/locations.h"
#include "app/open_source.h"
#include "base/rights.h"
#include "cmd/record.h"
#include "model/recorder.h"
#include "resolve/ksyms.h"

#define SECOND 1000000000LL
/* New tags whose module files are looked for at a sample. */
#define FILES_A_SAMPLE 1024

struct record {
	const struct kpm_options *options;
	const char *file;
	int fd;
	off_t size, last; /* of the file, and of the sample before */
	struct kpm_recorder *recorder;
	struct kpm_tagset *tags;
	struct kpm_ksyms *ksyms;
	struct kpm_places *places;
	uint32_t placed;
	struct kpm_source *source;
	struct kpm_snapshot snap;
	int timer, signals;
};

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static int failed(const struct record *r, int code, struct kpm_err *err)
{
	const char *way_out = "";

	if (code == -ENOSPC || code == -EDQUOT)
		way_out = "; make room there or give a smaller --keep";
	else if (code == -EEXIST)
		way_out = "; name another file, or move it away";
	else if (code == -ENOENT || code == -ENOTDIR)
		way_out = "; name a file in a directory that exists";
	return kpm_fail(err, code, "write %.300s: %s%s", r->file, strerror(-code), way_out);
}

/* A file of an earlier run is not touched. The owner's alone: it has addresses of the kernel. */
static int open_file(struct record *r, struct kpm_err *err)
{
	r->fd = open(r->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
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

/* The older part would be taken for one of this recording's, and be lost with the first rotation.
 */
static int refuse_older(const struct record *r, struct kpm_err *err)
{
	char older[4096];

	if ((size_t)snprintf(older, sizeof(older), "%s.1", r->file) >= sizeof(older))
		return failed(r, -ENAMETOOLONG, err);
	if (faccessat(AT_FDCWD, older, F_OK, AT_SYMLINK_NOFOLLOW))
		return 0;
	return kpm_fail(err, -EEXIST,
			"%.300s is there, where the older part of %.300s would be; name another "
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

/* Takes a sample and writes it. */
static int take_sample(struct record *r, struct kpm_err *err)
{
	const struct kpm_location *const *places;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int ret = r->source->ops->sample(r->source, &r->snap, err);

	if (ret)
		return ret;
	r->placed = kpm_places_ask_new(r->places, r->placed, FILES_A_SAMPLE, KPM_LOCATION_FILE);
	places = kpm_places_step(r->places);
	if (r->size && r->size + r->last > (off_t)(r->options->keep / 2))
		ret = rotate(r, err);
	if (ret)
		return ret;
	out = open_memstream(&text, &size);
	if (!out)
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = kpm_recorder_sample(r->recorder, out, &r->snap, r->tags, places);
	if (fclose(out) || ret)
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	else
		ret = write_text(r, text, size, err);
	free(text);
	return ret;
}

/* A source that has been taken away ends the recording, which is whole. */
static int loop(struct record *r, struct kpm_err *err)
{
	const struct kpm_options *o = r->options;
	struct pollfd fds[] = {
		{r->timer, POLLIN, 0},
		{r->signals, POLLIN, 0},
		{kpm_places_fd(r->places), POLLIN, 0},
	};
	struct itimerspec every = {
		.it_interval = {o->interval_ns / SECOND, o->interval_ns % SECOND},
		.it_value = {o->interval_ns / SECOND, o->interval_ns % SECOND},
	};
	int64_t end = now_ns(CLOCK_MONOTONIC) + o->for_ns;
	uint64_t ticks;
	int ret = take_sample(r, err);

	timerfd_settime(r->timer, 0, &every, NULL);
	while (!ret) {
		int64_t left = o->for_given ? end - now_ns(CLOCK_MONOTONIC) : SECOND;

		if (left <= 0)
			return take_sample(r, err);
		left = left > SECOND ? 1000 : left / 1000000 + 1;
		if (poll(fds, 3, left) < 0 && errno != EINTR)
			return kpm_fail(err, -errno, "wait: %s", strerror(errno));
		if (fds[1].revents)
			return take_sample(r, err);
		if (fds[2].revents)
			kpm_places_step(r->places);
		if (r->source->ops->check)
			ret = r->source->ops->check(r->source, err);
		if (!ret && read(r->timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			ret = take_sample(r, err);
	}
	return ret;
}

static int open_all(struct record *r, struct kpm_err *err)
{
	const struct kpm_options *o = r->options;
	bool tracked;
	sigset_t set;
	int ret;

	r->tags = kpm_tagset_new();
	r->recorder = kpm_recorder_new(now_ns(CLOCK_REALTIME), KPM_VERSION);
	if (!r->tags || !r->recorder)
		return kpm_fail(err, -ENOMEM, "out of memory");
	if (!kpm_ksyms_open(&o->live.roots, &r->ksyms, NULL))
		kpm_tagset_set_namer(r->tags, kpm_ksyms_namer, r->ksyms);
	/* workers are started before there is anything that they should not have */
	kpm_places_open(KPM_LOCATION_FILE, &o->live.roots, r->tags, r->ksyms, &r->places, NULL);
	ret = kpm_origin_open(o, r->tags, &r->source, &tracked, err);
	if (!ret)
		ret = refuse_older(r, err);
	if (!ret)
		ret = open_file(r, err);
	/* the directory may be somebody else's */
	if (!ret)
		ret = kpm_rights_drop(KPM_RIGHT_ANY_FILE, err);
	if (ret)
		return ret;
	kpm_signals_set(&set);
	sigdelset(&set, SIGCHLD);
	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->timer < 0 || r->signals < 0)
		return kpm_fail(err, -errno, "make a timer: %s", strerror(errno));
	return 0;
}

int kpm_record(const struct kpm_options *options, struct kpm_err *err)
{
	struct record r = {.options = options,
			   .file = options->words[0],
			   .fd = -1,
			   .timer = -1,
			   .signals = -1};
	int ret;

	kpm_snapshot_init(&r.snap);
	kpm_signals_hold();
	ret = open_all(&r, err);
	if (!ret)
		ret = loop(&r, err);
	if (r.fd >= 0 && close(r.fd) && !ret)
		ret = failed(&r, -errno, err);
	/* nothing was recorded: no file is left either */
	if (ret && r.fd >= 0 && !r.size && !access(r.file, F_OK))
		unlink(r.file);
	kpm_source_close(r.source);
	kpm_places_close(r.places);
	kpm_recorder_free(r.recorder);
	kpm_snapshot_done(&r.snap);
	kpm_tagset_free(r.tags);
	kpm_ksyms_close(r.ksyms);
	if (r.timer >= 0)
		close(r.timer);
	if (r.signals >= 0)
		close(r.signals);
	return ret;
}
