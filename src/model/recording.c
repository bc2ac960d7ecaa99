// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the samples of a recording: one pass over its lines, from which whole samples come out and
 * a torn one does not. src/model/playback.c reads them. The format heads src/model/recorder.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_time.h"
#include "model/playback.h"

static int add_entry(struct kpm_recording *r, const struct kpm_record_entry *entry)
{
	if (r->count == r->room) {
		uint32_t want = r->room ? r->room * 2 : 256;
		struct kpm_record_entry *entries = realloc(r->entries, want * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		r->entries = entries;
		r->room = want;
	}
	r->entries[r->count++] = *entry;
	return 0;
}

/* The lines from `s` on of a sample that may be whole. */
struct scan {
	struct kpm_record_entry entry;
	int64_t session;
	uint64_t lines;
	bool open;
};

static int scan_line(struct kpm_recording *r, struct scan *scan, char *line, off_t at)
{
	struct kpm_fields f;
	uint64_t lines;

	scan->lines++;
	if (line[0] && line[1] != '\t')
		return 0;
	if (line[0] == 'b' && kpm_fields_split(line, &f)) {
		scan->open = false;
		if (!kpm_field_i64(&f, 1, &scan->session))
			scan->session = 0;
	} else if (line[0] == 's' && kpm_fields_split(line, &f)) {
		scan->open = f.count > 3 && kpm_field_i64(&f, 2, &scan->entry.wall_ns) &&
			     kpm_field_i64(&f, 3, &scan->entry.mono_ns);
		scan->entry.full = f.count > 1 && !strcmp(f.field[1], "full");
		scan->entry.at = at;
		scan->entry.session = scan->session;
		scan->lines = 1;
	} else if (line[0] == 'e' && scan->open && kpm_fields_split(line, &f)) {
		scan->open = false;
		if (kpm_field_u64(&f, 1, &lines) && lines == scan->lines)
			return add_entry(r, &scan->entry);
	}
	return 0;
}

/* Looks for whole samples; the last line counts only with its end. */
static int scan_part(struct kpm_recording *r, int part)
{
	FILE *in = r->part[part];
	struct scan scan = {.entry.part = part};
	size_t size = 0;
	ssize_t len;
	off_t at = 0;
	char *line = NULL;
	int ret = 0;

	while (!ret && (len = getline(&line, &size, in)) > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		if (!at && strcmp(line, KPM_RECORD_MAGIC "\t1"))
			ret = strncmp(line, KPM_RECORD_MAGIC "\t", strlen(KPM_RECORD_MAGIC) + 1)
				      ? -EBADMSG
				      : -EPROTO;
		else
			ret = scan_line(r, &scan, line, at);
		at += len;
	}
	free(line);
	if (!ret && ferror(in))
		ret = -EIO;
	return ret ? ret : at ? 0 : -ENODATA;
}

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

static uint32_t last_before(const struct kpm_recording *r, uint32_t first, int64_t wall_ns)
{
	uint32_t found = first;

	for (uint32_t i = first; i < r->count; i++)
		if (r->entries[i].wall_ns <= wall_ns)
			found = i;
	return found;
}

int64_t kpm_recording_at(const struct kpm_recording *r, const char *text)
{
	struct kpm_file_time time;

	if (!r->count || kpm_file_time_parse(text, "", &time, NULL))
		return -EINVAL;
	return last_before(
		r, 0,
		kpm_file_time_wall(&time, r->entries[0].wall_ns, r->entries[r->count - 1].wall_ns));
}

/* Keeps the samples of the session that the time is in, without a time of the last one. */
static int choose(struct kpm_recording *r, const char *name, const char *text, struct kpm_err *err)
{
	uint32_t chosen = r->count - 1, from, to;
	struct kpm_file_time time;
	int ret = kpm_file_time_parse(text, name, &time, err);

	if (ret)
		return ret;
	r->timed = text != NULL;
	if (text)
		chosen = last_before(r, 0,
				     kpm_file_time_wall(&time, r->entries[0].wall_ns,
							r->entries[r->count - 1].wall_ns));
	for (from = chosen; from && r->entries[from - 1].session == r->entries[chosen].session;)
		from--;
	for (to = chosen + 1;
	     to < r->count && r->entries[to].session == r->entries[chosen].session;)
		to++;
	memmove(r->entries, r->entries + from, (to - from) * sizeof(*r->entries));
	r->count = to - from;
	r->chosen = chosen - from;
	/* the first sample is where reading begins */
	if (!r->entries[0].full)
		return kpm_fail(err, -EBADMSG, "%.300s: the first sample of a run is not whole",
				name);
	return 0;
}

static int scan_all(struct kpm_recording *r, const char *name, const char *time,
		    struct kpm_err *err)
{
	for (int i = 0; i < r->parts; i++) {
		int ret = scan_part(r, i);

		/* a crash may have left nothing of the newer part */
		if (ret == -ENODATA && r->count)
			continue;
		/* of an older part there may be nothing left: then the rest has to do */
		if (ret && (i + 1 == r->parts || ret == -ENOMEM))
			return scan_failed(name, ret, err);
	}
	if (!r->count)
		return kpm_fail(err, -ENODATA, "%.300s has no whole sample", name);
	return choose(r, name, time, err);
}

static struct kpm_recording *recording_new(struct kpm_tagset *tags)
{
	struct kpm_recording *r = calloc(1, sizeof(*r));

	if (r) {
		r->tags = tags;
		r->next = 0;
	}
	return r;
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

/* A pipe is not read: it can be read only once. */
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
	return r->count;
}

uint32_t kpm_recording_chosen(const struct kpm_recording *r)
{
	return r->chosen;
}

bool kpm_recording_timed(const struct kpm_recording *r)
{
	return r->timed;
}

int64_t kpm_recording_wall(const struct kpm_recording *r, uint32_t sample)
{
	return r->entries[sample].wall_ns;
}
