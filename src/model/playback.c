// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads samples of a recording one after the other; for an earlier one it goes back to where all
 * rows were written. Numbers of tags in the file are mapped to those of the set: with one session
 * they are the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/playback.h"

/* Tags that a recording may have: as many as there are numbers for in the books, with room. */
#define TAGS_MAX (4 * KPM_TAGS_MAX)

struct played {
	uint32_t tag; /* in the set */
	struct kpm_row row;
	struct kpm_place place;
	char *strings[7]; /* of the place */
};

static void forget_place(struct played *p)
{
	for (size_t i = 0; i < sizeof(p->strings) / sizeof(*p->strings); i++) {
		free(p->strings[i]);
		p->strings[i] = NULL;
	}
	p->place = (struct kpm_place){0};
}

void kpm_recording_close(struct kpm_recording *r)
{
	if (!r)
		return;
	for (int i = 0; i < 2; i++)
		if (r->part[i])
			fclose(r->part[i]);
	for (uint32_t i = 0; i < r->played_count; i++)
		forget_place(&r->played[i]);
	free(r->played);
	free(r->places);
	free(r->entries);
	free(r->line);
	free(r);
}

static int grow(struct kpm_recording *r)
{
	uint32_t want = r->played_room ? r->played_room * 2 : 256;
	struct played *played;

	if (r->played_count < r->played_room)
		return 0;
	if (r->played_count >= TAGS_MAX)
		return -EBADMSG;
	played = realloc(r->played, want * sizeof(*played));
	if (!played)
		return -ENOMEM;
	r->played = played;
	r->played_room = want;
	return 0;
}

/* t NUMBER SITE BY-CACHE NAME CACHE; one that is known already is read again after going back. */
static int read_tag(struct kpm_recording *r, struct kpm_fields *f)
{
	const char *name = kpm_field_text(f, 4), *cache = kpm_field_text(f, 5);
	uint64_t site, by_cache;
	uint32_t number;
	int64_t tag;
	int ret;

	if (f->count != 6 || !kpm_field_u32(f, 1, &number) || !kpm_field_hex(f, 2, &site) ||
	    !kpm_field_u64(f, 3, &by_cache) || !name || number > r->played_count ||
	    (!site && !*name))
		return -EBADMSG;
	if (number < r->played_count)
		return 0;
	ret = grow(r);
	if (ret)
		return ret;
	tag = kpm_tagset_enter(r->tags, site, name, cache, by_cache != 0);
	if (tag < 0)
		return tag;
	r->played[r->played_count++] = (struct played){.tag = tag};
	return 0;
}

static struct played *tag_of(struct kpm_recording *r, const struct kpm_fields *f)
{
	uint32_t number;

	return kpm_field_u32(f, 1, &number) && number < r->played_count ? &r->played[number] : NULL;
}

/* c NUMBER CACHE */
static int read_cache(struct kpm_recording *r, struct kpm_fields *f)
{
	const struct played *p = tag_of(r, f);
	const char *cache = kpm_field_text(f, 2);

	if (!p || !cache || !*cache)
		return -EBADMSG;
	return kpm_tagset_join(r->tags, p->tag, cache);
}

/* f NUMBER BUILD FILE BUILD-ID SRCVERSION VENDOR BUILTIN SOURCE LINE INLINED */
static int read_place(struct kpm_recording *r, struct kpm_fields *f)
{
	static const size_t texts[7] = {3, 4, 5, 6, 7, 8, 10};
	struct played *p = tag_of(r, f);
	struct kpm_place *place;
	uint32_t line;

	if (!p || f->count != 11 || !kpm_field_u32(f, 9, &line) || line > INT32_MAX)
		return -EBADMSG;
	forget_place(p);
	place = &p->place;
	for (int i = 0; i < 7; i++) {
		const char *text = kpm_field_text(f, texts[i]);

		p->strings[i] = text ? strdup(text) : NULL;
		if (text && !p->strings[i])
			return -ENOMEM;
	}
	for (int i = 0; i < 3; i++)
		if (!strcmp(f->field[2], kpm_record_builds[i]))
			place->build = i;
	place->file = p->strings[0];
	place->build_id = p->strings[1];
	place->srcversion = p->strings[2];
	place->vendor = p->strings[3];
	place->builtin = p->strings[4];
	place->source = p->strings[5];
	place->line = line;
	place->inlined = p->strings[6];
	return 0;
}

/* r NUMBER FLAGS [n 7 NUMBERS] [p 7 NUMBERS] */
static int read_row(struct kpm_recording *r, struct kpm_fields *f)
{
	const size_t numbers = KPM_RECORD_FIGURES;
	struct played *p = tag_of(r, f);
	struct kpm_row row = {0};

	if (!p || f->count < 3)
		return -EBADMSG;
	row.estimated = strchr(f->field[2], 'e') != NULL;
	row.unloaded = strchr(f->field[2], 'u') != NULL;
	for (size_t i = 3; i < f->count; i += 1 + numbers) {
		int kind = !strcmp(f->field[i], "n")   ? KPM_NONP
			   : !strcmp(f->field[i], "p") ? KPM_PAGED
						       : -1;

		if (kind < 0 || !kpm_field_numbers(f, i + 1, &row.kind[kind], numbers))
			return -EBADMSG;
	}
	p->row = row;
	return 0;
}

/* ra NUMBER NONP PAGED, behind the row: what the audit found */
static int read_audited(struct kpm_recording *r, struct kpm_fields *f)
{
	struct played *p = tag_of(r, f);

	return p && kpm_field_u64(f, 2, &p->row.kind[KPM_NONP].audited) &&
			       kpm_field_u64(f, 3, &p->row.kind[KPM_PAGED].audited)
		       ? 0
		       : -EBADMSG;
}

/* l 7 NUMBERS [AUDITED] */
static int read_losses(const struct kpm_fields *f, struct kpm_loss *loss)
{
	const size_t numbers = sizeof(*loss) / sizeof(uint64_t);

	loss->audited = 0;
	return kpm_field_numbers(f, 1, loss, f->count > numbers ? numbers : numbers - 1) ? 0
											 : -EBADMSG;
}

/* s full|changed WALL MONO STARTED TAGS HAVE */
static int read_start(struct kpm_recording *r, const struct kpm_fields *f,
		      struct kpm_snapshot *snap)
{
	uint32_t tags;
	char *save = NULL;

	if (f->count != 7 || !kpm_field_i64(f, 2, &snap->wall_ns) ||
	    !kpm_field_i64(f, 3, &snap->mono_ns) || !kpm_field_i64(f, 4, &snap->started_ns) ||
	    !kpm_field_u32(f, 5, &tags))
		return -EBADMSG;
	snap->have = 0;
	r->no_audit[0] = '\0';
	for (char *word = strtok_r(f->field[6], ",", &save); word;
	     word = strtok_r(NULL, ",", &save))
		for (int i = 0; kpm_record_have[i].name; i++)
			if (!strcmp(word, kpm_record_have[i].name))
				snap->have |= kpm_record_have[i].bit;
	if (!strcmp(f->field[1], "full"))
		for (uint32_t i = 0; i < r->played_count; i++)
			r->played[i].row = (struct kpm_row){0};
	return 0;
}

/* h NAME WAY RUNS; a hook that this version does not know is passed over. */
static int read_hook(const struct kpm_fields *f, struct kpm_snapshot *snap)
{
	uint64_t runs;

	if (f->count != 4 || !kpm_field_u64(f, 3, &runs))
		return -EBADMSG;
	for (int i = 0; i < KPM_HOOKS; i++) {
		if (strcmp(f->field[1], kpm_hook_table[i].name))
			continue;
		snap->hooks[i].runs = runs;
		for (int attach = KPM_ATTACH_MISSING; attach <= KPM_ATTACH_KPROBE; attach++)
			if (!strcmp(f->field[2], kpm_attach_name(attach)))
				snap->hooks[i].attach = attach;
	}
	return 0;
}

static int read_room(const struct kpm_fields *f, struct kpm_room *room)
{
	return f->count == 6 && kpm_field_u64(f, 1, &room->objects) &&
			       kpm_field_u64(f, 2, &room->objects_rated) &&
			       kpm_field_u32(f, 3, &room->tags) &&
			       kpm_field_u32(f, 4, &room->tags_max) &&
			       kpm_field_u64(f, 5, &room->kernel_bytes)
		       ? 0
		       : -EBADMSG;
}

static int read_line(struct kpm_recording *r, char *line, struct kpm_snapshot *snap)
{
	struct kpm_fields f;

	if (!kpm_fields_split(line, &f))
		return -EBADMSG;
	if (!strcmp(f.field[0], "ra"))
		return read_audited(r, &f);
	if (!strcmp(f.field[0], "na")) {
		const char *text = kpm_field_text(&f, 1);

		snprintf(r->no_audit, sizeof(r->no_audit), "%s", text ? text : "");
		return 0;
	}
	if (f.field[0][0] && f.field[0][1])
		return 0; /* of a later version that is still readable */
	switch (f.field[0][0]) {
	case 's':
		return read_start(r, &f, snap);
	case 'm':
		return kpm_field_numbers(&f, 1, &snap->memory,
					 sizeof(snap->memory) / sizeof(uint64_t))
			       ? 0
			       : -EBADMSG;
	case 'l':
		return read_losses(&f, &snap->loss);
	case 'o':
		return read_room(&f, &snap->room);
	case 'h':
		return read_hook(&f, snap);
	case 't':
		return read_tag(r, &f);
	case 'c':
		return read_cache(r, &f);
	case 'f':
		return read_place(r, &f);
	case 'r':
		return read_row(r, &f);
	}
	return 0;
}

/* Rows by the set's numbers. */
static int fill_rows(struct kpm_recording *r, struct kpm_snapshot *snap)
{
	uint32_t count = 0;
	int ret;

	for (uint32_t i = 0; i < r->played_count; i++)
		if (r->played[i].tag >= count)
			count = r->played[i].tag + 1;
	ret = kpm_snapshot_reset(snap, count);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < r->played_count; i++) {
		const struct played *p = &r->played[i];
		struct kpm_row *row = &snap->rows[p->tag];

		row->estimated |= p->row.estimated;
		row->unloaded |= p->row.unloaded;
		for (int k = 0; k < KPM_KINDS; k++)
			kpm_counts_add(&row->kind[k], &p->row.kind[k]);
	}
	return 0;
}

/* Reads host and kernel of the session: its line `b` stands before its first sample. */
static int read_session(struct kpm_recording *r)
{
	const struct kpm_record_entry *first = &r->entries[0];
	FILE *in = r->part[first->part];
	struct kpm_fields f;
	int64_t session;
	ssize_t len;

	rewind(in);
	while (ftello(in) < first->at && (len = getline(&r->line, &r->line_size, in)) > 0) {
		const char *text;

		r->line[len - 1] = '\0';
		if (r->line[0] != 'b' || r->line[1] != '\t' || !kpm_fields_split(r->line, &f) ||
		    !kpm_field_i64(&f, 1, &session) || session != first->session)
			continue;
		text = kpm_field_text(&f, 3);
		snprintf(r->host, sizeof(r->host), "%s", text ? text : "");
		text = kpm_field_text(&f, 4);
		snprintf(r->kernel, sizeof(r->kernel), "%s", text ? text : "");
	}
	return ferror(in) ? -EIO : 0;
}

/* Reads the lines of a whole sample. */
static int read_sample(struct kpm_recording *r, uint32_t sample, struct kpm_snapshot *snap)
{
	const struct kpm_record_entry *entry = &r->entries[sample];
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
		ret = read_line(r, r->line, snap);
		if (ret)
			return ret;
	}
	return -EBADMSG;
}

int kpm_recording_read(struct kpm_recording *r, uint32_t sample, struct kpm_snapshot *snap,
		       struct kpm_err *err)
{
	int ret = 0;

	if (sample >= r->count)
		return kpm_fail(err, -ENODATA, "the recording has no more samples");
	if (!*r->kernel && !*r->host)
		ret = read_session(r);
	/* an earlier one, or the same again: from where all rows stand */
	if (r->next > sample)
		for (r->next = sample; r->next && !r->entries[r->next].full;)
			r->next--;
	while (!ret && r->next <= sample) {
		ret = read_sample(r, r->next, snap);
		if (!ret)
			r->next++;
	}
	if (!ret)
		ret = fill_rows(r, snap);
	if (ret) {
		/* what was read in part is read again, if anything is */
		r->next = 0;
		return ret == -ENOMEM
			       ? kpm_fail(err, ret, "out of memory")
			       : kpm_fail(err, ret, "the recording is damaged at sample %" PRIu32,
					  sample + 1);
	}
	memcpy(snap->host, r->host, sizeof(snap->host));
	memcpy(snap->kernel, r->kernel, sizeof(snap->kernel));
	kpm_hooks_missing(snap->hooks, snap->missing, sizeof(snap->missing));
	snprintf(snap->no_audit, sizeof(snap->no_audit), "%s", r->no_audit);
	return 0;
}

const struct kpm_place *const *kpm_recording_places(struct kpm_recording *r)
{
	uint32_t count = kpm_tagset_count(r->tags);

	if (count > r->place_room) {
		uint32_t want = count + count / 4 + 256;
		const struct kpm_place **places = realloc(r->places, want * sizeof(*places));

		if (!places)
			return NULL;
		r->places = places;
		r->place_room = want;
	}
	for (uint32_t i = 0; i < count; i++)
		r->places[i] = NULL;
	for (uint32_t i = 0; i < r->played_count; i++)
		r->places[r->played[i].tag] = &r->played[i].place;
	return r->places;
}
