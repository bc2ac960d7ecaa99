// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the samples of a recording. The format heads src/model/recorder.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/record_line.h"
#include "model/sample_index.h"

/* The lines from `s` on of a sample that may be whole. */
struct scan {
	struct kpm_sample_entry entry;
	int64_t session;
	uint64_t lines;
	bool open;
};

static int add_entry(struct kpm_sample_index *index, const struct kpm_sample_entry *entry)
{
	int ret = kpm_array_reserve(index->entries, index->capacity, index->count + 1);

	if (!ret)
		index->entries[index->count++] = *entry;
	return ret;
}

static void scan_start(struct scan *scan, const struct kpm_record_line *line, off_t at)
{
	scan->open = kpm_record_i64(line, 2, &scan->entry.wall_ns) &&
		     kpm_record_i64(line, 3, &scan->entry.mono_ns);
	scan->entry.full = line->count > 1 && !strcmp(line->part[1], "full");
	scan->entry.at = at;
	scan->entry.session = scan->session;
	scan->lines = 1;
}

static int scan_line(struct kpm_sample_index *index, struct scan *scan, char *text, off_t at)
{
	struct kpm_record_line line;
	uint64_t lines;

	scan->lines++;
	if (!*text || text[1] != '\t' || !strchr("bse", *text))
		return 0;
	kpm_record_split(text, &line);
	switch (*text) {
	case 'b':
		scan->open = false;
		if (!kpm_record_i64(&line, 1, &scan->session))
			scan->session = 0;
		break;
	case 's':
		scan_start(scan, &line, at);
		break;
	case 'e':
		if (scan->open && kpm_record_u64(&line, 1, &lines) && lines == scan->lines) {
			scan->open = false;
			return add_entry(index, &scan->entry);
		}
		scan->open = false;
		break;
	}
	return 0;
}

static int check_magic(const char *line)
{
	if (!strcmp(line, KPM_RECORD_MAGIC "\t1"))
		return 0;
	return strncmp(line, KPM_RECORD_MAGIC "\t", strlen(KPM_RECORD_MAGIC) + 1) ? -EBADMSG
										  : -EPROTO;
}

int kpm_sample_index_scan(struct kpm_sample_index *index, FILE *in, int part)
{
	struct scan scan = {.entry.part = part};
	size_t size = 0;
	ssize_t len;
	off_t at = 0;
	char *line = NULL;
	int ret = 0;

	/* a last line without its end is torn */
	while (!ret && (len = getline(&line, &size, in)) > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		ret = at ? scan_line(index, &scan, line, at) : check_magic(line);
		at += len;
	}
	free(line);
	if (!ret && ferror(in))
		ret = -EIO;
	return ret ? ret : at ? 0 : -ENODATA;
}

uint32_t kpm_sample_index_at(const struct kpm_sample_index *index, int64_t wall_ns)
{
	uint32_t found = 0;

	/* the wall clock may have been set back: the last one counts */
	for (uint32_t i = 0; i < index->count; i++)
		if (index->entries[i].wall_ns <= wall_ns)
			found = i;
	return found;
}

uint32_t kpm_sample_index_keep_session(struct kpm_sample_index *index, uint32_t sample)
{
	const struct kpm_sample_entry *e = index->entries;
	uint32_t from = sample, to = sample + 1;

	while (from && e[from - 1].session == e[sample].session)
		from--;
	while (to < index->count && e[to].session == e[sample].session)
		to++;
	index->count = to - from;
	memmove(index->entries, e + from, index->count * sizeof(*e));
	return sample - from;
}

void kpm_sample_index_done(struct kpm_sample_index *index)
{
	free(index->entries);
	*index = (struct kpm_sample_index){0};
}
