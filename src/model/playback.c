// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Applies lines of recordings. Numbers of tags in the file are mapped to those of the set: with one
 * session they are the same. The format heads src/model/recorder.c. A line of an earlier version
 * may have fewer parts: what it lacks is 0 or not known. One of a later version may have more,
 * which are left alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "model/playback.h"
#include "model/playback_who.h"
#include "model/record_line.h"

/* Tags of a recording: some sessions may have used all numbers of the kernel side. */
#define TAGS_MAX (4 * KPM_TAGS_MAX)
/* Merged caches of a recording: a kernel has some hundred caches. */
#define MERGED_MAX 1024

/* No recorder writes more counts of what can be seen. */
#define SEEN_MAX 100000

/* A tag of the recording. */
struct entry {
	uint32_t tag; /* in the set */
	struct kpm_row row;
	struct kpm_location location;
	char *strings[7]; /* of the location */
	struct kpm_played_who who;
};

struct kpm_playback {
	struct kpm_tagset *tags;
	struct entry *entries; /* [count] by the recording's numbers */
	uint32_t count, capacity;
	char no_audit[512];
	const struct kpm_location **locations; /* by the set's numbers */
	uint32_t locations_capacity;
	struct kpm_who *who; /* NULL: the recording has none so far */
	bool has_who;
	struct kpm_visible_reading seen; /* at the latest sample */
	struct kpm_strings names;        /* of the functions of paths */
};

struct kpm_playback *kpm_playback_new(struct kpm_tagset *tags)
{
	struct kpm_playback *p = calloc(1, sizeof(*p));

	if (p)
		p->tags = tags;
	return p;
}

static void clear_location(struct entry *e)
{
	for (size_t i = 0; i < sizeof(e->strings) / sizeof(*e->strings); i++) {
		free(e->strings[i]);
		e->strings[i] = NULL;
	}
	e->location = (struct kpm_location){0};
}

void kpm_playback_free(struct kpm_playback *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->count; i++) {
		clear_location(&p->entries[i]);
		kpm_played_who_done(&p->entries[i].who);
	}
	kpm_who_free(p->who);
	free(p->entries);
	free(p->locations);
	free(p->seen.list);
	kpm_strings_done(&p->names);
	free(p);
}

/* t NUMBER SITE BY-CACHE NAME CACHE; after going back, tags that are known come again. */
static int read_tag(struct kpm_playback *p, struct kpm_record_line *line)
{
	const char *name = kpm_record_text(line, 4), *cache = kpm_record_text(line, 5);
	uint64_t site, by_cache;
	uint32_t number;
	int64_t tag;

	if (!kpm_record_u32(line, 1, &number) || !kpm_record_hex(line, 2, &site) ||
	    !kpm_record_u64(line, 3, &by_cache) || !name || number > p->count || (!site && !*name))
		return -EBADMSG;
	if (number < p->count)
		return 0;
	if (p->count >= TAGS_MAX)
		return -EBADMSG;
	if (kpm_array_reserve(p->entries, p->capacity, p->count + 1))
		return -ENOMEM;
	tag = kpm_tagset_enter(p->tags, site, name, cache, by_cache != 0);
	if (tag < 0)
		return tag;
	p->entries[p->count++] = (struct entry){.tag = tag};
	return 0;
}

static struct entry *entry_of(struct kpm_playback *p, const struct kpm_record_line *line)
{
	uint32_t number;

	return kpm_record_u32(line, 1, &number) && number < p->count ? &p->entries[number] : NULL;
}

/* c NUMBER CACHE */
static int read_cache(struct kpm_playback *p, struct kpm_record_line *line)
{
	const struct entry *e = entry_of(p, line);
	const char *cache = kpm_record_text(line, 2);

	if (!e || !cache || !*cache)
		return -EBADMSG;
	return kpm_tagset_join(p->tags, e->tag, cache);
}

/* ca NAME ALIASES */
static int read_merged(struct kpm_playback *p, struct kpm_record_line *line)
{
	const char *cache = kpm_record_text(line, 1), *aliases = kpm_record_text(line, 2);

	if (!cache || !*cache || !aliases || kpm_tagset_merged_count(p->tags) > MERGED_MAX)
		return -EBADMSG;
	return kpm_tagset_merge(p->tags, cache, aliases);
}

/* f NUMBER BUILD FILE BUILD-ID SRCVERSION VENDOR BUILTIN SOURCE LINE INLINED */
static int read_location(struct kpm_playback *p, struct kpm_record_line *line)
{
	static const size_t texts[7] = {3, 4, 5, 6, 7, 8, 10};
	struct entry *e = entry_of(p, line);
	struct kpm_location *location;
	uint32_t number = 0;

	if (!e || line->count < 3 || (line->count > 9 && !kpm_record_u32(line, 9, &number)) ||
	    number > INT32_MAX)
		return -EBADMSG;
	clear_location(e);
	location = &e->location;
	for (int i = 0; i < 7; i++) {
		const char *text = kpm_record_text(line, texts[i]);

		e->strings[i] = text ? strdup(text) : NULL;
		if (text && !e->strings[i])
			return -ENOMEM;
	}
	for (int i = 0; i < 3; i++)
		if (!strcmp(line->part[2], kpm_record_builds[i]))
			location->build = i;
	location->file = e->strings[0];
	location->build_id = e->strings[1];
	location->srcversion = e->strings[2];
	location->vendor = e->strings[3];
	location->builtin = e->strings[4];
	location->source = e->strings[5];
	location->line = number;
	location->inlined = e->strings[6];
	return 0;
}

/* Where the figures end that begin at part i: at the next word, or at the end. */
static size_t end_of_figures(const struct kpm_record_line *line, size_t i)
{
	uint64_t figure;

	while (kpm_record_u64(line, i, &figure))
		i++;
	return i;
}

/* r NUMBER FLAGS [KIND FIGURES]...; a kind that this version does not know is passed over. */
static int read_row(struct kpm_playback *p, const struct kpm_record_line *line)
{
	struct entry *e = entry_of(p, line);
	struct kpm_row row = {0};
	size_t next;

	if (!e || line->count < 3)
		return -EBADMSG;
	row.estimated = strchr(line->part[2], 'e') != NULL;
	row.unloaded = strchr(line->part[2], 'u') != NULL;
	for (size_t i = 3; i < line->count; i = next) {
		struct kpm_record_line figures = *line;

		/* a word of one small letter, and at least one figure */
		next = end_of_figures(line, i + 1);
		if (next == i + 1 || line->part[i][0] < 'a' || line->part[i][0] > 'z' ||
		    line->part[i][1])
			return -EBADMSG;
		figures.count = next;
		for (int k = 0; k < KPM_KINDS; k++)
			if (!strcmp(line->part[i], kpm_record_kinds[k]) &&
			    !kpm_record_fields(&figures, i + 1, kpm_counters, KPM_COUNTERS,
					       &row.kind[k], NULL))
				return -EBADMSG;
	}
	e->row = row;
	return 0;
}

/* WORD NUMBER FIGURE-OF-EACH-KIND..., behind the row: a counter that has a line of its own */
static int read_counter(struct kpm_playback *p, const struct kpm_record_line *line,
			const struct kpm_field *counter)
{
	struct entry *e = entry_of(p, line);

	if (!e || line->count < 3)
		return -EBADMSG;
	for (size_t k = 0; k < KPM_KINDS && 2 + k < line->count; k++) {
		uint64_t value;

		if (!kpm_record_u64(line, 2 + k, &value))
			return -EBADMSG;
		kpm_field_set(counter, &e->row.kind[k], value);
	}
	return 0;
}

/* s full|changed WALL MONO STARTED TAGS HAVE */
static int read_start(struct kpm_playback *p, const struct kpm_record_line *line,
		      struct kpm_snapshot *snap)
{
	char *save = NULL;

	if (!kpm_record_i64(line, 2, &snap->wall_ns) || !kpm_record_i64(line, 3, &snap->mono_ns) ||
	    !kpm_record_i64(line, 4, &snap->started_ns))
		return -EBADMSG;
	snap->have = 0;
	p->seen.count = 0;
	p->no_audit[0] = '\0';
	for (char *word = line->count > 6 ? strtok_r(line->part[6], ",", &save) : NULL; word;
	     word = strtok_r(NULL, ",", &save))
		for (int i = 0; kpm_record_have[i].name; i++)
			if (!strcmp(word, kpm_record_have[i].name))
				snap->have |= kpm_record_have[i].bit;
	if (!strcmp(line->part[1], "full"))
		for (uint32_t i = 0; i < p->count; i++) {
			p->entries[i].row = (struct kpm_row){0};
			kpm_played_who_clear(&p->entries[i].who);
		}
	return 0;
}

static int read_who(struct kpm_playback *p, struct kpm_record_line *line)
{
	struct entry *e = entry_of(p, line);

	if (!e)
		return -EBADMSG;
	p->has_who = true;
	return kpm_played_who_line(&e->who, line, &p->names);
}

/* v WHAT PID COUNT COMM; what this version does not know is passed over */
static int read_visible(struct kpm_playback *p, struct kpm_record_line *line)
{
	struct kpm_visible_reading *seen = &p->seen;
	struct kpm_visible_count one = {0};
	const char *word = kpm_record_text(line, 1), *comm = kpm_record_text(line, 4);

	if (!word || !kpm_record_u32(line, 2, &one.pid) || !kpm_record_u64(line, 3, &one.count) ||
	    !comm)
		return -EBADMSG;
	one.what = kpm_visible_of(word);
	if (one.what == KPM_VISIBLES || seen->count >= SEEN_MAX)
		return 0;
	if (kpm_array_reserve(seen->list, seen->capacity, seen->count + 1))
		return -ENOMEM;
	snprintf(one.comm, sizeof(one.comm), "%.15s", comm);
	seen->list[seen->count++] = one;
	return 0;
}

/* na WHY */
static int read_no_audit(struct kpm_playback *p, struct kpm_record_line *line)
{
	const char *text = kpm_record_text(line, 1);

	snprintf(p->no_audit, sizeof(p->no_audit), "%s", text ? text : "");
	return 0;
}

/* h NAME WAY RUNS; a probe or an attach mode that this version does not know is passed over. */
static int read_hook(const struct kpm_record_line *line, struct kpm_snapshot *snap)
{
	uint64_t runs;

	if (!kpm_record_u64(line, 3, &runs))
		return -EBADMSG;
	for (int i = 0; i < KPM_HOOKS; i++) {
		if (strcmp(line->part[1], kpm_hook_table[i].name))
			continue;
		snap->hooks[i].runs = runs;
		for (int attach = KPM_ATTACH_MISSING; attach <= KPM_ATTACH_KPROBE; attach++)
			if (!strcmp(line->part[2], kpm_attach_name(attach)))
				snap->hooks[i].attach = attach;
	}
	return 0;
}

/* m FIGURES, l FIGURES, o FIGURES: in the order of the tables */
static int read_memory(const struct kpm_record_line *line, struct kpm_snapshot *snap)
{
	return kpm_record_fields(line, 1, kpm_memory_fields, KPM_MEMORY_FIELDS, &snap->memory,
				 &snap->unknown.memory)
		       ? 0
		       : -EBADMSG;
}

static int read_losses(const struct kpm_record_line *line, struct kpm_snapshot *snap)
{
	return kpm_record_fields(line, 1, kpm_loss_fields, KPM_LOSS_FIELDS, &snap->loss, NULL)
		       ? 0
		       : -EBADMSG;
}

static int read_capacity(const struct kpm_record_line *line, struct kpm_snapshot *snap)
{
	return kpm_record_fields(line, 1, kpm_capacity_fields, KPM_CAPACITY_FIELDS, &snap->capacity,
				 &snap->unknown.capacity)
		       ? 0
		       : -EBADMSG;
}

int kpm_playback_line(struct kpm_playback *p, char *text, struct kpm_snapshot *snap)
{
	struct kpm_record_line line;
	const char *word;

	kpm_record_split(text, &line);
	word = line.part[0];
	for (size_t i = 0; i < KPM_COUNTERS; i++)
		if (kpm_counters[i].line && !strcmp(word, kpm_counters[i].line))
			return read_counter(p, &line, &kpm_counters[i]);
	if (!strcmp(word, "na"))
		return read_no_audit(p, &line);
	if (kpm_played_who_knows(word))
		return read_who(p, &line);
	if (!strcmp(word, "ca"))
		return read_merged(p, &line);
	if (word[0] && word[1])
		return 0;
	switch (word[0]) {
	case 's':
		return read_start(p, &line, snap);
	case 'm':
		return read_memory(&line, snap);
	case 'l':
		return read_losses(&line, snap);
	case 'o':
		return read_capacity(&line, snap);
	case 'h':
		return read_hook(&line, snap);
	case 't':
		return read_tag(p, &line);
	case 'c':
		return read_cache(p, &line);
	case 'f':
		return read_location(p, &line);
	case 'r':
		return read_row(p, &line);
	case 'v':
		return read_visible(p, &line);
	}
	return 0;
}

int kpm_playback_finish(struct kpm_playback *p, struct kpm_snapshot *snap)
{
	uint32_t count = 0;
	int ret;

	for (uint32_t i = 0; i < p->count; i++)
		if (p->entries[i].tag >= count)
			count = p->entries[i].tag + 1;
	ret = kpm_snapshot_reset(snap, count);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct entry *e = &p->entries[i];
		struct kpm_row *row = &snap->rows[e->tag];

		row->estimated |= e->row.estimated;
		row->unloaded |= e->row.unloaded;
		for (int k = 0; k < KPM_KINDS; k++)
			kpm_counts_add(&row->kind[k], &e->row.kind[k]);
	}
	kpm_hooks_missing(snap->hooks, snap->missing, sizeof(snap->missing));
	snprintf(snap->no_audit, sizeof(snap->no_audit), "%s", p->no_audit);
	return 0;
}

const struct kpm_location *const *kpm_playback_locations(struct kpm_playback *p)
{
	uint32_t count = kpm_tagset_count(p->tags);

	if (kpm_array_reserve(p->locations, p->locations_capacity, count))
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		p->locations[i] = NULL;
	for (uint32_t i = 0; i < p->count; i++)
		p->locations[p->entries[i].tag] = &p->entries[i].location;
	return p->locations;
}

void kpm_playback_path(const struct kpm_playback *p, uint32_t tag, struct kpm_path *path)
{
	path->count = 0;
	for (uint32_t i = 0; i < p->count; i++)
		if (p->entries[i].tag == tag)
			*path = p->entries[i].who.path;
}

const struct kpm_visible_reading *kpm_playback_seen(const struct kpm_playback *p)
{
	return p->seen.count ? &p->seen : NULL;
}

struct kpm_who *kpm_playback_who(struct kpm_playback *p)
{
	int ret;

	if (!p->has_who)
		return NULL;
	if (!p->who)
		p->who = kpm_who_new();
	if (!p->who)
		return NULL;
	ret = kpm_who_begin(p->who, kpm_tagset_count(p->tags));
	for (uint32_t i = 0; !ret && i < p->count; i++)
		ret = kpm_played_who_tell(&p->entries[i].who, p->who, p->entries[i].tag);
	return ret || kpm_who_end(p->who) ? NULL : p->who;
}
