// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes recordings. Fields are separated by tabs, the first one says what a line is:
 *
 *   kpoolmon-record  1
 *   b  1767225600000000000  0.1  box  6.18.0       session, version, host, kernel
 *   s  full  1767225601...  5001...  4001...  124  memory,loss,room
 *                                                  rows of the sample: all or changed; wall clock,
 *                                                  monotonic clock, start of the tracking, number
 *                                                  of tags, parts that are known
 *   na  this kernel has no bpf_get_kmem_cache      why there is no audit
 *   m  24604880896  ...                            memory, in the order of its table
 *   l  84  84  0  0  0  0  3581  12                losses, likewise
 *   o  16546  3159648  121  16384  95526912        capacity, likewise
 *   h  kfree_rcu  missing  0                       a probe on a function: attach mode, runs
 *   ca  merged:A-0000192  cred+pid                 the caches that a merged one is
 *   t  0  ffffffff81234567  0  load_msg+0x41/0x1e0  msg_msg-4k
 *                                                  a tag: number, site, by cache, name, cache
 *   c  0  kmalloc-2k                               one more cache of a tag
 *   f  0  loaded  /lib/modules/...                 the location of a tag on disk
 *   r  0  -  n  4183  246  3937  8062976  4031488  0  0
 *                                                  a row: tag, flags, Nonp, Paged
 *   ra  0  17  0                                   of its frees, those that the audit found
 *   wt  0  41  0                                   who is behind a tag, all of them: living
 *                                                  samples, samples that were not taken; then
 *   wa  0  312  990000                             samples that were old some time ago, and the
 *                                                  share, millionths, that still lives
 *   wo  0  1000000  0  41  load_msg  kernel        owners: share and error, millionths, samples,
 *                                                  name, module
 *   wp  0  734000  21000  30  java  4711  9000...  processes: ..., name, number, start (boot clock)
 *   wc  0  1000000  0  41  /system.slice/x         cgroups: ..., path
 *   wf  0  do_msgsnd  kernel                       functions that it comes through
 *   v  descriptors  4711  1204  java               what could be seen of a process, or of none:
 *                                                  what, number, count, name
 *   e  12                                          lines from s to e: the sample is whole
 *
 * What is not known is `-`; bytes below a blank, a backslash and such a dash are `\xNN`.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "model/record_line.h"
#include "model/recorder.h"

/* What was written of a tag. */
struct written {
	struct kpm_row row;
	size_t cache; /* length of the caches */
	/*
	 * as it was passed in: strings of a location never change, so equal pointers are equal
	 * texts
	 */
	struct kpm_location location;
	uint64_t who; /* a hash of what was written of who is behind it; 0: nothing */
};

/* Every so many samples all rows are written: a reader can begin there. */
#define FULL_INTERVAL 128

struct kpm_recorder {
	int64_t session;
	char version[32];
	struct written *tags;
	uint32_t count, capacity;
	uint32_t *merged; /* [merged_count] changes of the aliases that were written */
	uint32_t merged_count, merged_capacity;
	uint32_t samples;
	unsigned long lines; /* of this sample */
};

struct kpm_recorder *kpm_recorder_new(int64_t session, const char *version)
{
	struct kpm_recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->session = session;
	snprintf(r->version, sizeof(r->version), "%s", version);
	return r;
}

void kpm_recorder_free(struct kpm_recorder *r)
{
	if (!r)
		return;
	free(r->tags);
	free(r->merged);
	free(r);
}

void kpm_recorder_reset(struct kpm_recorder *r)
{
	r->count = 0;
	r->merged_count = 0;
	r->samples = 0;
}

static void put(FILE *out, const char *text)
{
	fputc('\t', out);
	if (!text) {
		fputc('-', out);
		return;
	}
	if (!strcmp(text, "-")) {
		fputs("\\x2d", out);
		return;
	}
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f || *p == '\\')
			fprintf(out, "\\x%02x", *p);
		else
			fputc(*p, out);
	}
}

static void end_line(struct kpm_recorder *r, FILE *out)
{
	fputc('\n', out);
	r->lines++;
}

static void put_tag(struct kpm_recorder *r, FILE *out, uint32_t tag,
		    const struct kpm_tag_name *name)
{
	char text[1024];

	if (name->site && !name->symbol)
		text[0] = '\0';
	else if (!name->site)
		snprintf(text, sizeof(text), "%s", name->text);
	else if (strcmp(name->module, "kernel"))
		snprintf(text, sizeof(text), "%s+0x%" PRIx64 "/0x%" PRIx64 " [%s]", name->symbol,
			 name->offset, name->size, name->module);
	else
		snprintf(text, sizeof(text), "%s+0x%" PRIx64 "/0x%" PRIx64, name->symbol,
			 name->offset, name->size);
	fprintf(out, "t\t%" PRIu32 "\t%" PRIx64 "\t%d", tag, name->site, name->by_cache);
	put(out, text);
	put(out, name->cache);
	end_line(r, out);
	r->tags[tag] = (struct written){.cache = name->cache ? strlen(name->cache) : 0};
}

/* Caches are only ever added, with a `+` between. */
static void put_more_cache(struct kpm_recorder *r, FILE *out, uint32_t tag,
			   const struct kpm_tag_name *name)
{
	size_t *had = &r->tags[tag].cache, len = name->cache ? strlen(name->cache) : 0;

	if (len <= *had)
		return;
	fprintf(out, "c\t%" PRIu32, tag);
	put(out, name->cache + *had + (*had ? 1 : 0));
	end_line(r, out);
	*had = len;
}

static void put_location(struct kpm_recorder *r, FILE *out, uint32_t tag,
			 const struct kpm_location *location)
{
	struct kpm_location *had = &r->tags[tag].location;

	if (!location || !memcmp(had, location, sizeof(*location)))
		return;
	fprintf(out, "f\t%" PRIu32 "\t%s", tag, kpm_record_builds[location->build]);
	put(out, location->file);
	put(out, location->build_id);
	put(out, location->srcversion);
	put(out, location->vendor);
	put(out, location->builtin);
	put(out, location->source);
	fprintf(out, "\t%d", location->line);
	put(out, location->inlined);
	end_line(r, out);
	memcpy(had, location, sizeof(*had));
}

/* The fields of a table but those with a line of their own; bit i of `unknown`: row i has none. */
static void put_fields(FILE *out, const struct kpm_field *fields, size_t count, const void *from,
		       uint32_t unknown)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].line)
			continue;
		if (unknown & 1U << i)
			fputs("\t-", out);
		else
			fprintf(out, "\t%" PRIu64, kpm_field_get(&fields[i], from));
	}
}

static bool same_row(const struct kpm_row *a, const struct kpm_row *b)
{
	return a->estimated == b->estimated && a->unloaded == b->unloaded &&
	       !memcmp(a->kind, b->kind, sizeof(a->kind));
}

/* The counters that have a line of their own, where they are not zero. */
static void put_counters(struct kpm_recorder *r, FILE *out, const struct kpm_row *row)
{
	for (size_t i = 0; i < KPM_COUNTERS; i++) {
		uint64_t value[KPM_KINDS], any = 0;

		if (!kpm_counters[i].line)
			continue;
		for (int k = 0; k < KPM_KINDS; k++) {
			value[k] = kpm_field_get(&kpm_counters[i], &row->kind[k]);
			any |= value[k];
		}
		if (!any)
			continue;
		fprintf(out, "%s\t%" PRIu32, kpm_counters[i].line, row->tag);
		for (int k = 0; k < KPM_KINDS; k++)
			fprintf(out, "\t%" PRIu64, value[k]);
		end_line(r, out);
	}
}

static void put_row(struct kpm_recorder *r, FILE *out, const struct kpm_row *row, bool full)
{
	static const struct kpm_counts none;

	if (!full && same_row(row, &r->tags[row->tag].row))
		return;
	fprintf(out, "r\t%" PRIu32 "\t%s%s%s", row->tag, row->estimated ? "e" : "",
		row->unloaded ? "u" : "", row->estimated || row->unloaded ? "" : "-");
	for (int k = 0; k < KPM_KINDS; k++) {
		if (!memcmp(&row->kind[k], &none, sizeof(none)))
			continue;
		fprintf(out, "\t%s", kpm_record_kinds[k]);
		put_fields(out, kpm_counters, KPM_COUNTERS, &row->kind[k], 0);
	}
	end_line(r, out);
	put_counters(r, out, row);
	r->tags[row->tag].row = *row;
}

static void put_header(struct kpm_recorder *r, FILE *out, const struct kpm_snapshot *snap,
		       bool full)
{
	bool any = false;

	fprintf(out, "s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRIu32 "\t",
		full ? "full" : "changed", snap->wall_ns, snap->mono_ns, snap->started_ns,
		snap->count);
	for (int i = 0; kpm_record_have[i].name; i++) {
		if (!(snap->have & kpm_record_have[i].bit))
			continue;
		fprintf(out, "%s%s", any ? "," : "", kpm_record_have[i].name);
		any = true;
	}
	fputs(any ? "" : "-", out);
	end_line(r, out);
	if (*snap->no_audit) {
		fputs("na", out);
		put(out, snap->no_audit);
		end_line(r, out);
	}
	fputs("m", out);
	put_fields(out, kpm_memory_fields, KPM_MEMORY_FIELDS, &snap->memory, snap->unknown.memory);
	end_line(r, out);
	fputs("l", out);
	put_fields(out, kpm_loss_fields, KPM_LOSS_FIELDS, &snap->loss, 0);
	end_line(r, out);
	fputs("o", out);
	put_fields(out, kpm_capacity_fields, KPM_CAPACITY_FIELDS, &snap->capacity,
		   snap->unknown.capacity);
	end_line(r, out);
	for (int i = 0; i < KPM_HOOKS; i++) {
		enum kpm_attach attach = snap->hooks[i].attach;

		/* of the two the format has one word, that earlier versions know */
		fprintf(out, "h\t%s\t%s\t%" PRIu64, kpm_hook_table[i].name,
			kpm_attach_name(attach == KPM_ATTACH_BOTH ? KPM_ATTACH_FENTRY : attach),
			snap->hooks[i].runs);
		end_line(r, out);
	}
}

/* Changes when a share does by more than a percent, or who has it; by a tenth in what stayed. */
static uint64_t hash_who(const struct kpm_who *who, uint32_t tag)
{
	struct kpm_stay stay = kpm_who_stay(who, tag);
	uint64_t hash = KPM_HASH_BEGIN;

	for (int kind = 0; kind < KPM_PARTY_KINDS; kind++) {
		uint32_t count;
		const struct kpm_share *shares = kpm_who_shares(who, tag, kind, &count);

		count = kpm_who_shown(shares, count);
		for (uint32_t i = 0; i < count; i++) {
			const struct kpm_party *party = kpm_who_get(who, shares[i].party);

			hash = kpm_hash(hash, party->name);
			hash = (hash ^ party->pid) * 0xff51afd7ed558ccdULL;
			hash = (hash ^ (uint64_t)(shares[i].share * 100 + 0.5)) *
			       0xc4ceb9fe1a85ec53ULL;
		}
		hash = kpm_hash(hash, ";");
	}
	if (stay.samples)
		hash = (hash ^ stay.samples ^ (uint64_t)(stay.share * 10) << 32) *
		       0xff51afd7ed558ccdULL;
	return hash;
}

static void put_party(struct kpm_recorder *r, FILE *out, uint32_t tag,
		      const struct kpm_share *share, const struct kpm_party *party)
{
	static const char *const words[KPM_PARTY_KINDS] = {"wo", "wp", "wc"};

	fprintf(out, "%s\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32, words[party->kind], tag,
		kpm_who_millionths(share->share), kpm_who_millionths(share->error), share->samples);
	put(out, party->name);
	if (party->kind == KPM_OWNER)
		put(out, party->module);
	if (party->kind == KPM_PROCESS)
		fprintf(out, "\t%" PRIu32 "\t%" PRId64, party->pid, party->started_ns);
	end_line(r, out);
}

/* The functions that a tag comes through, next to the allocation first. */
static void put_path(struct kpm_recorder *r, FILE *out, uint32_t tag,
		     const struct kpm_record_more *more)
{
	struct kpm_path path = {0};

	if (more && more->path)
		more->path(more->arg, tag, &path);
	for (uint32_t i = 0; i < path.count; i++) {
		fprintf(out, "wf\t%" PRIu32, tag);
		put(out, path.step[i].name);
		put(out, path.step[i].module);
		end_line(r, out);
	}
}

static void put_who(struct kpm_recorder *r, FILE *out, const struct kpm_who *who, uint32_t tag,
		    bool full, const struct kpm_record_more *more)
{
	uint64_t hash = hash_who(who, tag), none = hash_who(who, UINT32_MAX);
	struct kpm_stay stay = kpm_who_stay(who, tag);

	if (r->tags[tag].who == hash && (!full || hash == none))
		return;
	/* most tags never have anybody */
	if (!r->tags[tag].who && hash == none)
		return;
	fprintf(out, "wt\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64, tag, kpm_who_samples(who, tag),
		kpm_who_lost(who, tag));
	end_line(r, out);
	if (stay.samples) {
		fprintf(out, "wa\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32, tag, stay.samples,
			kpm_who_millionths(stay.share));
		end_line(r, out);
	}
	for (int kind = 0; kind < KPM_PARTY_KINDS; kind++) {
		uint32_t count;
		const struct kpm_share *shares = kpm_who_shares(who, tag, kind, &count);

		count = kpm_who_shown(shares, count);
		for (uint32_t i = 0; i < count; i++)
			put_party(r, out, tag, &shares[i], kpm_who_get(who, shares[i].party));
	}
	put_path(r, out, tag, more);
	r->tags[tag].who = hash;
}

/* Of the merged caches those that are new, and those that others have joined. */
static void put_merged(struct kpm_recorder *r, FILE *out, const struct kpm_tagset *tags)
{
	uint32_t count = kpm_tagset_merged_count(tags);

	for (uint32_t i = 0; i < count; i++) {
		const struct kpm_merged_cache *m = kpm_tagset_merged(tags, i);

		if (i < r->merged_count && r->merged[i] == m->changes)
			continue;
		fputs("ca", out);
		put(out, m->name);
		put(out, m->aliases);
		end_line(r, out);
		r->merged[i] = m->changes;
	}
	r->merged_count = count;
}

static void put_visible(struct kpm_recorder *r, FILE *out, const struct kpm_visible_count *one)
{
	fprintf(out, "v\t%s\t%" PRIu32 "\t%" PRIu64, kpm_visible_word(one->what), one->pid,
		one->count);
	put(out, one->comm);
	end_line(r, out);
}

int kpm_recorder_sample(struct kpm_recorder *r, FILE *out, const struct kpm_snapshot *snap,
			const struct kpm_tagset *tags, const struct kpm_who *who,
			const struct kpm_location *const *locations,
			const struct kpm_record_more *more)
{
	const struct kpm_visible_reading *seen = more ? more->seen : NULL;
	bool full = r->samples % FULL_INTERVAL == 0;

	if (kpm_array_reserve(r->tags, r->capacity, snap->count) ||
	    kpm_array_reserve(r->merged, r->merged_capacity, kpm_tagset_merged_count(tags)))
		return -ENOMEM;
	if (!r->samples) {
		fprintf(out, KPM_RECORD_MAGIC "\t%d\nb\t%" PRId64, KPM_RECORD_VERSION, r->session);
		put(out, r->version);
		put(out, snap->host);
		put(out, snap->kernel);
		fputc('\n', out);
	}
	r->lines = 0;
	put_header(r, out, snap, full);
	put_merged(r, out, tags);
	for (uint32_t i = 0; i < snap->count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(tags, i);

		if (i >= r->count)
			put_tag(r, out, i, name);
		put_more_cache(r, out, i, name);
		put_location(r, out, i, locations ? locations[i] : NULL);
		put_row(r, out, &snap->rows[i], full || i >= r->count);
		if (who)
			put_who(r, out, who, i, full, more);
	}
	for (uint32_t i = 0; seen && i < seen->count; i++)
		put_visible(r, out, &seen->list[i]);
	fprintf(out, "e\t%lu\n", r->lines + 1);
	r->count = snap->count;
	r->samples++;
	return ferror(out) ? -ENOMEM : 0;
}
