// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads CSV files of kpoolmon (src/sink/sink_csv.c). The first line names the columns; tag, allocs,
 * frees, diff and bytes must be among them. Rows of one sample have the same time and tracked_s.
 *
 *   time,host,kernel,tracked_s,tag,cache,type,allocs,frees,diff,bytes,...
 *   2026-01-31T23:59:59Z,box,6.18.0,10.004,load_msg+0x41,msg_msg-4k,Nonp,9,1,8,16384,...
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file_time.h"
#include "model/dataset_csv.h"

enum column {
	TIME,
	HOST,
	KERNEL,
	TRACKED,
	TAG,
	CACHE,
	MODULE,
	ALLOCS,
	FREES,
	DIFF,
	BYTES,
	COLUMNS
};

static const char *const names[COLUMNS] = {
	[TIME] = "time",   [HOST] = "host",   [KERNEL] = "kernel", [TRACKED] = "tracked_s",
	[TAG] = "tag",     [CACHE] = "cache", [MODULE] = "module", [ALLOCS] = "allocs",
	[FREES] = "frees", [DIFF] = "diff",   [BYTES] = "bytes",
};

#define FIELDS_MAX 128

struct csv {
	FILE *in;
	char *line;
	size_t size;
	unsigned long number; /* of the line */
	char *field[FIELDS_MAX];
	size_t fields;
	int column[COLUMNS]; /* field of each, -1: none */
};

/* Splits a line in place; quoted fields lose their quotes. False: it is not a line of CSV. */
static bool split(struct csv *c, char *p)
{
	c->fields = 0;
	for (;;) {
		char *to = p;

		if (c->fields == FIELDS_MAX)
			return false;
		c->field[c->fields++] = p;
		if (*p == '"') {
			for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
				p += *p == '"';
				*to++ = *p;
			}
			if (*p++ != '"')
				return false;
		} else {
			p += strcspn(p, ",");
			to = p;
		}
		if (*p && *p != ',')
			return false;
		if (!*p) {
			*to = '\0';
			return true;
		}
		*to = '\0';
		p++;
	}
}

/* Reads the next whole line: 1, 0 at the end, or -errno. A torn last line is not read. */
static int next_line(struct csv *c)
{
	ssize_t len = getline(&c->line, &c->size, c->in);

	if (len <= 0 || c->line[len - 1] != '\n')
		return ferror(c->in) ? -EIO : 0;
	c->line[--len] = '\0';
	if (len && c->line[len - 1] == '\r')
		c->line[--len] = '\0';
	c->number++;
	return strlen(c->line) == (size_t)len && split(c, c->line) ? 1 : -EBADMSG;
}

static const char *field(const struct csv *c, enum column column)
{
	int i = c->column[column];

	return i >= 0 && (size_t)i < c->fields && *c->field[i] ? c->field[i] : NULL;
}

static bool number(const struct csv *c, enum column column, uint64_t *value)
{
	const char *text = field(c, column);
	char *end;

	if (!text || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !*end && !errno;
}

static int read_head(struct csv *c)
{
	int ret = next_line(c);

	if (ret <= 0)
		return ret ? ret : -EBADMSG;
	for (int k = 0; k < COLUMNS; k++) {
		c->column[k] = -1;
		for (size_t i = 0; i < c->fields; i++)
			if (!strcmp(c->field[i], names[k]))
				c->column[k] = i;
	}
	return c->column[TAG] >= 0 && c->column[ALLOCS] >= 0 && c->column[FREES] >= 0 &&
			       c->column[DIFF] >= 0 && c->column[BYTES] >= 0
		       ? 0
		       : -EBADMSG;
}

/* 0: not known. */
static int64_t wall_of(const char *text)
{
	struct tm tm = {0};
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	int64_t ns;

	if (!end || *end || __builtin_mul_overflow((int64_t)timegm(&tm), KPM_SECOND, &ns))
		return 0;
	return ns < 0 ? 0 : ns;
}

static int64_t milliseconds(const char *text)
{
	char *end;
	double s = text ? strtod(text, &end) : -1;

	return text && !*end && s >= 0 && s < 1e12 ? (int64_t)(s * 1000 + 0.5) : -1;
}

/*
 * The wall clock of the last sample that is wanted. A duration counts from the first or the last
 * sample of the file, whose times have to be read before.
 */
static int find_until(struct csv *c, const struct kpm_file_time *time, int64_t *until)
{
	int64_t first = 0, last = 0, wall;
	int ret;

	*until = time->from == KPM_TIME_LAST ? INT64_MAX : time->ns;
	if (time->from == KPM_TIME_LAST || time->from == KPM_TIME_WALL)
		return 0;
	while ((ret = next_line(c)) > 0) {
		wall = wall_of(field(c, TIME));
		first = first ? first : wall;
		last = wall ? wall : last;
	}
	*until = kpm_file_time_wall(time, first, last);
	rewind(c->in);
	c->number = 0;
	return ret ? ret : read_head(c);
}

static void take_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static int add_row(struct kpm_dataset *s, const struct csv *c)
{
	const char *cache = field(c, CACHE), *module = field(c, MODULE), *tag = field(c, TAG);
	struct kpm_dataset_row row = {0};

	if (!tag || !number(c, ALLOCS, &row.allocs) || !number(c, FREES, &row.frees) ||
	    !number(c, DIFF, &row.diff) || !number(c, BYTES, &row.bytes))
		return -EBADMSG;
	row.tag = strdup(tag);
	row.cache = cache ? strdup(cache) : NULL;
	row.module = module ? strdup(module) : NULL;
	if (!row.tag) {
		free(row.cache);
		free(row.module);
		return -ENOMEM;
	}
	return kpm_dataset_add(s, &row);
}

static int read_rows(struct csv *c, int64_t until, struct kpm_dataset *s)
{
	bool any = false;
	uint32_t normalized = 0;
	int ret;

	while ((ret = next_line(c)) > 0) {
		int64_t wall = wall_of(field(c, TIME)), tracked = milliseconds(field(c, TRACKED));
		const char *host = field(c, HOST), *kernel = field(c, KERNEL);

		if (any && wall > until && wall != s->wall_ns)
			return 0;
		/*
		 * tracking has started again, or it is another machine: earlier rows do not count
		 */
		if (tracked < s->tracked_ms || strcmp(s->host, host ? host : "") ||
		    strcmp(s->kernel, kernel ? kernel : "")) {
			kpm_dataset_clear(s);
			normalized = 0;
		}
		s->wall_ns = wall;
		s->tracked_ms = tracked;
		take_text(s->host, sizeof(s->host), host);
		take_text(s->kernel, sizeof(s->kernel), kernel);
		ret = add_row(s, c);
		if (ret)
			return ret;
		any = true;
		/* without this a file of years would be in memory as a whole */
		if (s->count > 2 * normalized + 100000) {
			kpm_dataset_normalize(s);
			normalized = s->count;
		}
	}
	return ret ? ret : any ? 0 : -ENODATA;
}

int kpm_dataset_read_csv(FILE *in, const char *name, const char *text, struct kpm_dataset *s,
			 struct kpm_err *err)
{
	struct csv c = {.in = in};
	struct kpm_file_time time;
	int64_t until;
	int ret = kpm_file_time_parse(text, name, &time, err);

	if (ret)
		return ret;
	ret = read_head(&c);
	if (ret) {
		free(c.line);
		return kpm_fail(err, ret == -EIO ? ret : -EBADMSG,
				"%.300s is neither CSV of kpoolmon, with the columns tag, allocs, "
				"frees, diff and bytes, nor a recording; name a file of kpoolmon "
				"dump --format csv or of kpoolmon record",
				name);
	}
	ret = find_until(&c, &time, &until);
	if (!ret)
		ret = read_rows(&c, until, s);
	free(c.line);
	if (ret == -ENODATA)
		return kpm_fail(err, ret, "%.300s has no sample", name);
	if (ret == -EBADMSG)
		return kpm_fail(
			err, ret,
			"%.300s:%lu: the line is not a row of the file's columns; delete it to "
			"read the others",
			name, c.number);
	if (ret)
		return kpm_fail(err, ret, "read %.300s: %s", name, strerror(-ret));
	kpm_dataset_normalize(s);
	return 0;
}
