// SPDX-License-Identifier: GPL-2.0-or-later
/* The files of recordings, their sessions and times, and the order in which samples are read. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_time.h"
#include "model/playback.h"
#include "model/record_line.h"
#include "model/recording.h"
#include "model/sample_index.h"

struct kpm_recording {
	FILE *part[2]; /* FILE.1 and FILE, or one of them */
	int parts;
	struct kpm_sample_index index;
	uint32_t chosen;
	bool timed;
	struct kpm_playback *playback; /* its state is that after sample next - 1 */
	uint32_t next;                 /* 0: nothing was read */
	char host[65], kernel[65];
	char *line;
	size_t line_size;
};

static int scan_failed(const char *name, int code, struct kpm_err *err)
{
	if (code == -EBADMSG || code == -ENODATA)
		return kpm_fail(err, code,
				"%.300s is no recording; kpoolmon record makes such files", name);
	if (code == -EPROTO)
		return kpm_fail(err, code,
				"%.300s is a recording of a later kpoolmon; this one reads version "
				"%d of the format",
				name, KPM_RECORD_VERSION);
	return kpm_fail(err, code, "read %.300s: %s", name, strerror(-code));
}

static uint32_t sample_at(const struct kpm_recording *r, const struct kpm_file_time *time)
{
	const struct kpm_sample_entry *entries = r->index.entries;
	uint32_t last = r->index.count - 1;

	return time->from == KPM_TIME_LAST
		       ? last
		       : kpm_sample_index_at(&r->index, kpm_file_time_wall(time, entries[0].wall_ns,
									   entries[last].wall_ns));
}

int64_t kpm_recording_at(const struct kpm_recording *r, const char *text)
{
	struct kpm_file_time time;
	int ret = kpm_file_time_parse(text, "", &time, NULL);

	return ret ? ret : (int64_t)sample_at(r, &time);
}

/* Keeps the samples of the session that the time is in, without a time of the last one. */
static int choose(struct kpm_recording *r, const char *name, const char *text, struct kpm_err *err)
{
	struct kpm_file_time time;
	int ret = kpm_file_time_parse(text, name, &time, err);

	if (ret)
		return ret;
	r->timed = text != NULL;
	r->chosen = kpm_sample_index_keep_session(&r->index, sample_at(r, &time));
	/* the first sample is where reading begins */
	if (!r->index.entries[0].full)
		return kpm_fail(err, -EBADMSG, "%.300s: the first sample of a run is not whole",
				name);
	return 0;
}

static int scan_all(struct kpm_recording *r, const char *name, const char *time,
		    struct kpm_err *err)
{
	for (int i = 0; i < r->parts; i++) {
		int ret = kpm_sample_index_scan(&r->index, r->part[i], i);

		/* a crash may have left nothing of the newer part */
		if (ret == -ENODATA && r->index.count)
			continue;
		/* if the older part cannot be read, the newer one is read alone */
		if (ret && (i + 1 == r->parts || ret == -ENOMEM))
			return scan_failed(name, ret, err);
	}
	if (!r->index.count)
		return kpm_fail(err, -ENODATA, "%.300s has no whole sample", name);
	return choose(r, name, time, err);
}

static struct kpm_recording *recording_new(struct kpm_tagset *tags)
{
	struct kpm_recording *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->playback = kpm_playback_new(tags);
	if (r->playback)
		return r;
	free(r);
	return NULL;
}

void kpm_recording_close(struct kpm_recording *r)
{
	if (!r)
		return;
	for (int i = 0; i < 2; i++)
		if (r->part[i])
			fclose(r->part[i]);
	kpm_playback_free(r->playback);
	kpm_sample_index_done(&r->index);
	free(r->line);
	free(r);
}

int kpm_recording_open_stream(FILE *stream, const char *name, struct kpm_tagset *tags,
			      struct kpm_recording **recording, struct kpm_err *err)
{
	struct kpm_recording *r = recording_new(tags);
	int ret;

	if (!r) {
		fclose(stream);
		return kpm_fail(err, -ENOMEM, "out of memory");
	}
	r->part[r->parts++] = stream;
	ret = scan_all(r, name, NULL, err);
	if (ret)
		kpm_recording_close(r);
	else
		*recording = r;
	return ret;
}

int kpm_recording_open(const char *name, struct kpm_tagset *tags, struct kpm_recording **recording,
		       struct kpm_err *err)
{
	struct kpm_recording *r = recording_new(tags);
	char file[PATH_MAX], older[PATH_MAX + 3];
	const char *time = kpm_file_time_split(name, file, sizeof(file));
	int ret;

	if (!r)
		return kpm_fail(err, -ENOMEM, "out of memory");
	snprintf(older, sizeof(older), "%s.1", file);
	r->part[0] = fopen(older, "re");
	r->parts = r->part[0] != NULL;
	r->part[r->parts] = fopen(file, "re");
	/* between two parts there may be the older one alone */
	if (!r->part[r->parts] && !(r->parts && errno == ENOENT)) {
		ret = kpm_fail(err, -errno, "open %.300s: %s; name a file of kpoolmon record", file,
			       strerror(errno));
	} else {
		r->parts += r->part[r->parts] != NULL;
		ret = scan_all(r, file, time, err);
	}
	if (ret)
		kpm_recording_close(r);
	else
		*recording = r;
	return ret;
}

/* A pipe is none: reading its first line would take that away. */
static bool begins_as_recording(const char *file)
{
	char line[sizeof(KPM_RECORD_MAGIC)] = "";
	struct stat st;
	FILE *in;

	if (stat(file, &st) || !S_ISREG(st.st_mode))
		return false;
	in = fopen(file, "re");
	if (!in)
		return false;
	if (!fgets(line, sizeof(line), in))
		line[0] = '\0';
	fclose(in);
	return !strcmp(line, KPM_RECORD_MAGIC);
}

bool kpm_recording_is(const char *name)
{
	char file[PATH_MAX], older[PATH_MAX + 3];
	struct stat st;

	kpm_file_time_split(name, file, sizeof(file));
	if (begins_as_recording(file))
		return true;
	snprintf(older, sizeof(older), "%s.1", file);
	return (stat(file, &st) ? errno == ENOENT : !st.st_size) && begins_as_recording(older);
}

uint32_t kpm_recording_count(const struct kpm_recording *r)
{
	return r->index.count;
}

uint32_t kpm_recording_chosen(const struct kpm_recording *r)
{
	return r->chosen;
}

bool kpm_recording_timed(const struct kpm_recording *r)
{
	return r->timed;
}

/* Reads host and kernel of the session: its line `b` stands before its first sample. */
static int read_session(struct kpm_recording *r)
{
	const struct kpm_sample_entry *first = &r->index.entries[0];
	FILE *in = r->part[first->part];
	struct kpm_record_line line;
	int64_t session;
	ssize_t len;

	rewind(in);
	while (ftello(in) < first->at && (len = getline(&r->line, &r->line_size, in)) > 0) {
		const char *text;

		r->line[len - 1] = '\0';
		if (r->line[0] != 'b' || r->line[1] != '\t')
			continue;
		kpm_record_split(r->line, &line);
		if (!kpm_record_i64(&line, 1, &session) || session != first->session)
			continue;
		text = kpm_record_text(&line, 3);
		snprintf(r->host, sizeof(r->host), "%s", text ? text : "");
		text = kpm_record_text(&line, 4);
		snprintf(r->kernel, sizeof(r->kernel), "%s", text ? text : "");
	}
	return ferror(in) ? -EIO : 0;
}

/* Applies the lines of a sample to the state. */
static int read_sample(struct kpm_recording *r, uint32_t sample, struct kpm_snapshot *snap)
{
	const struct kpm_sample_entry *entry = &r->index.entries[sample];
	FILE *in = r->part[entry->part];
	ssize_t len;

	if (fseeko(in, entry->at, SEEK_SET))
		return -errno;
	while ((len = getline(&r->line, &r->line_size, in)) > 0) {
		int ret;

		if (r->line[len - 1] != '\n')
			return -EBADMSG;
		r->line[len - 1] = '\0';
		if (r->line[0] == 'e' && r->line[1] == '\t')
			return 0;
		ret = kpm_playback_line(r->playback, r->line, snap);
		if (ret)
			return ret;
	}
	return -EBADMSG;
}

int kpm_recording_read(struct kpm_recording *r, uint32_t sample, struct kpm_snapshot *snap,
		       struct kpm_err *err)
{
	int ret = 0;

	if (sample >= r->index.count)
		return kpm_fail(err, -ENODATA, "the recording has no more samples");
	if (!*r->kernel && !*r->host)
		ret = read_session(r);
	/* an earlier one, or the same again: from the last sample before it that has all rows */
	if (r->next > sample)
		for (r->next = sample; r->next && !r->index.entries[r->next].full;)
			r->next--;
	while (!ret && r->next <= sample) {
		ret = read_sample(r, r->next, snap);
		if (!ret)
			r->next++;
	}
	if (!ret)
		ret = kpm_playback_finish(r->playback, snap);
	if (ret) {
		/* the state may have half of a sample: the next read begins at the first one */
		r->next = 0;
		return ret == -ENOMEM
			       ? kpm_fail(err, ret, "out of memory")
			       : kpm_fail(err, ret, "the recording is damaged at sample %" PRIu32,
					  sample + 1);
	}
	memcpy(snap->host, r->host, sizeof(snap->host));
	memcpy(snap->kernel, r->kernel, sizeof(snap->kernel));
	return 0;
}

const struct kpm_location *const *kpm_recording_locations(struct kpm_recording *r)
{
	return kpm_playback_locations(r->playback);
}

struct kpm_who *kpm_recording_who(struct kpm_recording *r)
{
	return kpm_playback_who(r->playback);
}

const struct kpm_visible_reading *kpm_recording_seen(const struct kpm_recording *r)
{
	return kpm_playback_seen(r->playback);
}

void kpm_recording_path(const struct kpm_recording *r, uint32_t tag, struct kpm_path *path)
{
	kpm_playback_path(r->playback, tag, path);
}
