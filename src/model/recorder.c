// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes recordings. Fields are separated by tabs, the first one says what a line is:
 *
 *   kpoolmon-record 1
 *   b  1767225600000000000  0.1  box  6.18.0         session, version, host, kernel
 *   s  full  1767225601...  5001...  4001...  124  memory,loss,room
 *                       rows of a sample: all or changed; wall clock, monotonic clock, start of the
 *                       tracking, tags, what is known
 *   m  24604880896  ...                              memory, in the order of the struct
 *   na  this kernel has no bpf_get_kmem_cache...       why there is no audit
 *   l  84  84  0  0  0  0  3581  12                  losses
 *   o  16546  3159648  121  16384  95526912          room
 *   h  kfree_rcu  missing  0                         a hook: attach mode, runs
 *   t  0  ffffffff81234567  0  load_msg+0x41/0x1e0  msg_msg-4k     number, site, by cache, name,
 * cache c  0  kmalloc-2k                                 one more cache of a tag f  0  loaded
 * /lib/modules/...                   where a tag is on disk r  0  -  n  4183  246  3937  8062976
 * 4031488  0  0            a row: flags, Nonp, Paged e  12 lines from s to e: the sample is whole
 *
 * What is not known is `-`; bytes below a blank, a backslash and such a dash are `\xNN`.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/fields.h"
#include "model/recording.h"

/* What was written of a tag. */
struct written {
	struct kpm_row row;
	size_t cache;           /* length of the caches */
	struct kpm_place place; /* pointers as they were: a place's strings are never changed */
};

struct kpm_recorder {
	int64_t session;
	char version[32];
	struct written *tags;
	uint32_t count, room;
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
	free(r);
}

void kpm_recorder_reset(struct kpm_recorder *r)
{
	r->count = 0;
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

static int grow(struct kpm_recorder *r, uint32_t count)
{
	uint32_t want = count + count / 4 + 256;
	struct written *tags;

	if (count <= r->room)
		return 0;
	tags = realloc(r->tags, want * sizeof(*tags));
	if (!tags)
		return -ENOMEM;
	r->tags = tags;
	r->room = want;
	return 0;
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

static void put_place(struct kpm_recorder *r, FILE *out, uint32_t tag,
		      const struct kpm_place *place)
{
	struct kpm_place *had = &r->tags[tag].place;

	if (!place || !memcmp(had, place, sizeof(*place)))
		return;
	fprintf(out, "f\t%" PRIu32 "\t%s", tag, kpm_record_builds[place->build]);
	put(out, place->file);
	put(out, place->build_id);
	put(out, place->srcversion);
	put(out, place->vendor);
	put(out, place->builtin);
	put(out, place->source);
	fprintf(out, "\t%d", place->line);
	put(out, place->inlined);
	end_line(r, out);
	memcpy(had, place, sizeof(*had));
}

static void put_numbers(FILE *out, const void *numbers, size_t count)
{
	const uint64_t *n = numbers;

	for (size_t i = 0; i < count; i++)
		fprintf(out, "\t%" PRIu64, n[i]);
}

static bool same_row(const struct kpm_row *a, const struct kpm_row *b)
{
	return a->estimated == b->estimated && a->unloaded == b->unloaded &&
	       !memcmp(a->kind, b->kind, sizeof(a->kind));
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
		fputs(k == KPM_NONP ? "\tn" : "\tp", out);
		put_numbers(out, &row->kind[k], KPM_RECORD_FIGURES);
	}
	end_line(r, out);
	if (row->kind[KPM_NONP].audited || row->kind[KPM_PAGED].audited) {
		fprintf(out, "ra\t%" PRIu32 "\t%" PRIu64 "\t%" PRIu64, row->tag,
			row->kind[KPM_NONP].audited, row->kind[KPM_PAGED].audited);
		end_line(r, out);
	}
	r->tags[row->tag].row = *row;
}

static void put_header(struct kpm_recorder *r, FILE *out, const struct kpm_snapshot *snap,
		       bool full)
{
	const struct kpm_room *o = &snap->room;
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
	put_numbers(out, &snap->memory, sizeof(snap->memory) / sizeof(uint64_t));
	end_line(r, out);
	fputs("l", out);
	put_numbers(out, &snap->loss, sizeof(snap->loss) / sizeof(uint64_t));
	end_line(r, out);
	fprintf(out, "o\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64, o->objects,
		o->objects_rated, o->tags, o->tags_max, o->kernel_bytes);
	end_line(r, out);
	for (int i = 0; i < KPM_HOOKS; i++) {
		fprintf(out, "h\t%s\t%s\t%" PRIu64, kpm_hook_table[i].name,
			kpm_attach_name(snap->hooks[i].attach), snap->hooks[i].runs);
		end_line(r, out);
	}
}

int kpm_recorder_sample(struct kpm_recorder *r, FILE *out, const struct kpm_snapshot *snap,
			const struct kpm_tagset *tags, const struct kpm_place *const *places)
{
	bool full = r->samples % KPM_RECORD_FULL == 0;

	if (grow(r, snap->count))
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
	for (uint32_t i = 0; i < snap->count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(tags, i);

		if (i >= r->count)
			put_tag(r, out, i, name);
		put_more_cache(r, out, i, name);
		put_place(r, out, i, places ? places[i] : NULL);
		put_row(r, out, &snap->rows[i], full || i >= r->count);
	}
	fprintf(out, "e\t%lu\n", r->lines + 1);
	r->count = snap->count;
	r->samples++;
	return ferror(out) ? -ENOMEM : 0;
}
