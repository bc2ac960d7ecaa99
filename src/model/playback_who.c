// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/playback_who.h"

/* No recorder writes more shares of a tag. */
#define SHARES_MAX 64

void kpm_played_who_clear(struct kpm_played_who *w)
{
	for (uint32_t i = 0; i < w->count; i++) {
		free((char *)w->list[i].party.name);
		free((char *)w->list[i].party.module);
	}
	w->count = 0;
	w->samples = 0;
	w->lost = 0;
	w->stay = (struct kpm_stay){0};
	w->path.count = 0;
}

void kpm_played_who_done(struct kpm_played_who *w)
{
	kpm_played_who_clear(w);
	free(w->list);
}

/* wt NUMBER SAMPLES LOST: what was known of the tag is over */
static int read_totals(struct kpm_played_who *w, const struct kpm_record_line *line)
{
	uint32_t samples;
	uint64_t lost;

	if (!kpm_record_u32(line, 2, &samples) || !kpm_record_u64(line, 3, &lost))
		return -EBADMSG;
	kpm_played_who_clear(w);
	w->samples = samples;
	w->lost = lost;
	return 0;
}

/* wa NUMBER SAMPLES SHARE */
static int read_stay(struct kpm_played_who *w, const struct kpm_record_line *line)
{
	uint32_t share;

	if (!kpm_record_u32(line, 2, &w->stay.samples) || !kpm_record_u32(line, 3, &share) ||
	    share > 1000000)
		return -EBADMSG;
	w->stay.share = share / 1e6;
	return 0;
}

/* wf NUMBER NAME MODULE */
static int read_step(struct kpm_played_who *w, struct kpm_record_line *line,
		     struct kpm_strings *names)
{
	const char *name = kpm_record_text(line, 2), *module = kpm_record_text(line, 3);
	struct kpm_path_step step;

	if (!name || !module)
		return -EBADMSG;
	if (w->path.count == KPM_PATH_MAX)
		return 0;
	step = (struct kpm_path_step){kpm_strings_keep(names, name),
				      kpm_strings_keep(names, module)};
	if (!step.name || !step.module)
		return -ENOMEM;
	w->path.step[w->path.count++] = step;
	return 0;
}

/* wo, wp or wc NUMBER SHARE ERROR SAMPLES NAME [MODULE | PID STARTED] */
static int read_party(struct kpm_played_who *w, struct kpm_record_line *line,
		      enum kpm_party_kind kind)
{
	struct kpm_played_share r = {.party.kind = kind};
	const char *name, *module;
	uint32_t share, error;

	if (!kpm_record_u32(line, 2, &share) || !kpm_record_u32(line, 3, &error) ||
	    !kpm_record_u32(line, 4, &r.share.samples) || share > 1000000)
		return -EBADMSG;
	name = kpm_record_text(line, 5);
	module = kind == KPM_OWNER ? kpm_record_text(line, 6) : NULL;
	if (!name || (kind == KPM_OWNER && !module))
		return -EBADMSG;
	if (kind == KPM_PROCESS && (!kpm_record_u32(line, 6, &r.party.pid) ||
				    !kpm_record_i64(line, 7, &r.party.started_ns)))
		return -EBADMSG;
	if (w->count >= SHARES_MAX)
		return 0;
	if (kpm_array_reserve(w->list, w->capacity, w->count + 1))
		return -ENOMEM;
	r.share.share = share / 1e6;
	r.share.error = error / 1e6;
	r.party.name = strdup(name);
	r.party.module = module ? strdup(module) : NULL;
	w->list[w->count++] = r;
	return r.party.name && (r.party.module || !module) ? 0 : -ENOMEM;
}

/* The words of parties, by kind. */
static const char *const words[KPM_PARTY_KINDS] = {"wo", "wp", "wc"};

static bool is_party(const char *word, enum kpm_party_kind *kind)
{
	for (int i = 0; i < KPM_PARTY_KINDS; i++) {
		if (strcmp(word, words[i]))
			continue;
		*kind = i;
		return true;
	}
	return false;
}

bool kpm_played_who_knows(const char *word)
{
	enum kpm_party_kind kind;

	return !strcmp(word, "wt") || !strcmp(word, "wa") || !strcmp(word, "wf") ||
	       is_party(word, &kind);
}

int kpm_played_who_line(struct kpm_played_who *w, struct kpm_record_line *line,
			struct kpm_strings *names)
{
	const char *word = line->part[0];
	enum kpm_party_kind kind;

	if (is_party(word, &kind))
		return read_party(w, line, kind);
	if (!strcmp(word, "wa"))
		return read_stay(w, line);
	if (!strcmp(word, "wf"))
		return read_step(w, line, names);
	return read_totals(w, line);
}

int kpm_played_who_tell(const struct kpm_played_who *w, struct kpm_who *into, uint32_t tag)
{
	for (uint32_t i = 0; i < w->count; i++) {
		struct kpm_share share = w->list[i].share;
		int64_t party = kpm_who_party(into, &w->list[i].party);

		share.party = party;
		if (party < 0 || kpm_who_set(into, tag, &share))
			return -ENOMEM;
	}
	kpm_who_count(into, tag, w->samples, w->lost);
	kpm_who_set_stay(into, tag, &w->stay);
	return 0;
}
