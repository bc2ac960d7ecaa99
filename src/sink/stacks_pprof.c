// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks as a profile for pprof and what reads the same (profile.proto): a sample for each stack and
 * process, with the objects and the bytes that are outstanding.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/map64.h"
#include "base/text.h"
#include "sink/profile.pb-c.h"
#include "sink/stacks.h"

typedef Perftools__Profiles__Profile profile_t;
typedef Perftools__Profiles__Sample sample_t;
typedef Perftools__Profiles__Location location_t;

struct builder {
	const struct kpm_held *held;
	profile_t *profile;
	size_t types, samples, mappings, locations, functions, strings; /* room for */
	struct kpm_map64 string_at, function_at, mapping_at;
	uint64_t *location_of; /* [frame] its location; 0: none yet */
	uint32_t frame_room;
	bool failed; /* out of memory */
};

/* Appends a new message to a list of the profile; NULL: out of memory. */
#define NEW(b, list, room, init)                                                                   \
	({                                                                                         \
		__typeof__((b)->profile->list) one_ = NULL;                                        \
		__typeof__(*one_) new_ = NULL;                                                     \
                                                                                                   \
		(void)one_;                                                                        \
		if (!kpm_array_reserve((b)->profile->list, (b)->room, (b)->profile->n_##list + 1)) \
			new_ = malloc(sizeof(*new_));                                              \
		if (new_) {                                                                        \
			init(new_);                                                                \
			(b)->profile->list[(b)->profile->n_##list++] = new_;                       \
		}                                                                                  \
		(b)->failed |= !new_;                                                              \
		new_;                                                                              \
	})

/* The index of a text. */
static int64_t string(struct builder *b, const char *text)
{
	char clean[KPM_CLEAN_LEN];
	uint32_t *at;
	char *copy;

	if (!text || b->failed)
		return 0;
	kpm_clean(text, clean, sizeof(clean));
	at = kpm_map64_put(&b->string_at, kpm_hash(KPM_HASH_BEGIN, clean),
			   b->profile->n_string_table);
	if (at && *at < b->profile->n_string_table)
		return *at;
	copy = strdup(clean);
	if (!at || !copy ||
	    kpm_array_reserve(b->profile->string_table, b->strings,
			      b->profile->n_string_table + 1)) {
		free(copy);
		b->failed = true;
		return 0;
	}
	b->profile->string_table[b->profile->n_string_table] = copy;
	return b->profile->n_string_table++;
}

static void value_type(struct builder *b, const char *type, const char *unit)
{
	Perftools__Profiles__ValueType *t =
		NEW(b, sample_type, types, perftools__profiles__value_type__init);

	if (!t)
		return;
	t->type = string(b, type);
	t->unit = string(b, unit);
}

/*
 * What a frame's code is mapped from: the kernel or a module, by its file once that is known. The
 * build-id is that of what is loaded.
 */
static uint64_t mapping(struct builder *b, const struct kpm_tag_name *name,
			const struct kpm_location *at)
{
	const char *module = name->module ? name->module : "(not known)";
	uint32_t *known = kpm_map64_put(&b->mapping_at, kpm_hash(KPM_HASH_BEGIN, module),
					b->profile->n_mapping + 1);
	Perftools__Profiles__Mapping *m;

	if (known && *known <= b->profile->n_mapping) {
		m = b->profile->mapping[*known - 1];
	} else {
		m = NEW(b, mapping, mappings, perftools__profiles__mapping__init);
		if (!m || !known) {
			b->failed = true;
			return 0;
		}
		m->id = *known;
		m->filename = string(b, module);
		m->has_functions = true;
	}
	if (!at)
		return m->id;
	if (at->file)
		m->filename = string(b, at->file);
	if (at->build == KPM_BUILD_LOADED)
		m->build_id = string(b, at->build_id);
	m->has_filenames |= at->source != NULL;
	m->has_line_numbers |= at->line != 0;
	m->has_inline_frames |= at->inlined != NULL;
	return m->id;
}

static uint64_t function(struct builder *b, const char *name, const char *module, const char *file)
{
	uint64_t hash = kpm_hash(kpm_hash(kpm_hash(KPM_HASH_BEGIN, name), "\n"), module);
	uint32_t *known = kpm_map64_put(&b->function_at, kpm_hash(kpm_hash(hash, "\n"), file),
					b->profile->n_function + 1);
	Perftools__Profiles__Function *f;

	if (known && *known <= b->profile->n_function)
		return *known;
	f = NEW(b, function, functions, perftools__profiles__function__init);
	if (!f || !known) {
		b->failed = true;
		return 0;
	}
	f->id = *known;
	f->name = f->system_name = string(b, name);
	f->filename = string(b, *file ? file : NULL);
	return f->id;
}

static void add_line(struct builder *b, location_t *l, uint64_t function_id, int line)
{
	Perftools__Profiles__Line *new = malloc(sizeof(*new));
	size_t room = l->n_line;

	if (!new || kpm_array_reserve(l->line, room, l->n_line + 1)) {
		free(new);
		b->failed = true;
		return;
	}
	perftools__profiles__line__init(new);
	new->function_id = function_id;
	new->line = line;
	l->line[l->n_line++] = new;
}

/* A function of a place, the n-th from the innermost; the source line is in one of them. */
static void add_function(struct builder *b, location_t *l, const char *name, const char *module,
			 const struct kpm_location *at, int n)
{
	bool here = at && at->source && n == at->line_in;

	add_line(b, l, function(b, name, module, here ? at->source : ""), here ? at->line : 0);
}

/* The inlined functions of a place, `inner < outer`. Returns how many there are. */
static int add_inlined(struct builder *b, location_t *l, const struct kpm_location *at,
		       const char *module)
{
	const char *from = at && at->inlined ? at->inlined : "";
	int n = 0;

	while (*from) {
		const char *end = strstr(from, " < ");
		size_t len = end ? (size_t)(end - from) : strlen(from);
		char name[256];

		snprintf(name, sizeof(name), "%.*s", (int)len, from);
		add_function(b, l, name, module, at, n++);
		from += len + (end ? strlen(" < ") : 0);
	}
	return n;
}

static location_t *new_location(struct builder *b)
{
	location_t *l = NEW(b, location, locations, perftools__profiles__location__init);

	if (l)
		l->id = b->profile->n_location;
	return l;
}

static uint64_t location(struct builder *b, uint32_t frame)
{
	const struct kpm_tag_name *name = kpm_tagset_get(b->held->frames, frame);
	const struct kpm_location *at = b->held->locations ? b->held->locations[frame] : NULL;
	const char *module = name->module ? name->module : "";
	location_t *l;
	int inlined;

	if (b->location_of[frame])
		return b->location_of[frame];
	l = new_location(b);
	if (!l)
		return 0;
	l->mapping_id = mapping(b, name, at);
	inlined = add_inlined(b, l, at, module);
	add_function(b, l, name->symbol ? name->symbol : name->text, module, at, inlined);
	return b->location_of[frame] = l->id;
}

/* Of a tag without samples: its call site, by the name of the tag. */
static uint64_t tag_location(struct builder *b, uint32_t tag)
{
	const struct kpm_tag_name *name = kpm_tagset_get(b->held->tags, tag);
	location_t *l = new_location(b);

	if (!l)
		return 0;
	l->mapping_id = mapping(b, name, NULL);
	add_line(b, l,
		 function(b, name->symbol ? name->symbol : name->text,
			  name->module ? name->module : "", ""),
		 0);
	return l->id;
}

static void label(struct builder *b, sample_t *s, const char *key, const char *text, int64_t number)
{
	Perftools__Profiles__Label *l;
	size_t room = s->n_label;

	if (!text && !number)
		return;
	l = malloc(sizeof(*l));
	if (!l || kpm_array_reserve(s->label, room, s->n_label + 1)) {
		free(l);
		b->failed = true;
		return;
	}
	perftools__profiles__label__init(l);
	l->key = string(b, key);
	l->str = string(b, text);
	l->num = number;
	s->label[s->n_label++] = l;
}

static void add_sample(struct builder *b, const struct kpm_held_stack *stack,
		       const struct kpm_party *process, double objects, double bytes)
{
	const struct kpm_tag_name *tag = kpm_tagset_get(b->held->tags, stack->tag);
	sample_t *s = NEW(b, sample, samples, perftools__profiles__sample__init);
	uint32_t frames = stack->frame_count ? stack->frame_count : 1;

	if (!s)
		return;
	s->location_id = calloc(frames, sizeof(*s->location_id));
	s->value = calloc(2, sizeof(*s->value));
	if (!s->location_id || !s->value) {
		b->failed = true;
		return;
	}
	for (uint32_t i = 0; i < stack->frame_count; i++)
		s->location_id[s->n_location_id++] = location(b, stack->frames[i]);
	if (!stack->frame_count)
		s->location_id[s->n_location_id++] = tag_location(b, stack->tag);
	s->value[s->n_value++] = objects + 0.5;
	s->value[s->n_value++] = bytes + 0.5;
	label(b, s, "tag", tag->text, 0);
	label(b, s, "cache", tag->cache, 0);
	label(b, s, "process", process ? process->name : NULL, 0);
	label(b, s, "pid", NULL, process ? process->pid : 0);
}

static void build(struct builder *b)
{
	const struct kpm_held *held = b->held;

	string(b, "");
	value_type(b, "inuse_objects", "count");
	value_type(b, "inuse_space", "bytes");
	b->profile->default_sample_type = string(b, "inuse_space");
	b->profile->time_nanos = held->wall_ns;
	for (uint32_t i = 0; i < held->count && !b->failed; i++) {
		const struct kpm_held_stack *s = &held->stacks[i];

		if (!s->process_count)
			add_sample(b, s, NULL, s->objects, s->bytes);
		for (uint32_t k = 0; k < s->process_count && !b->failed; k++)
			add_sample(b, s, kpm_who_get(held->who, s->processes[k].party),
				   s->processes[k].objects, s->processes[k].bytes);
	}
}

/* Writes bytes as a file of gzip, which is the form that readers expect. */
static int write_compressed(FILE *out, const uint8_t *data, size_t size)
{
	z_stream z = {0};
	uint8_t buf[16384];
	int ret;

	/* 15 bits of window, and 16 for the head of gzip */
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return -ENOMEM;
	z.next_in = (Bytef *)data;
	z.avail_in = size;
	do {
		z.next_out = buf;
		z.avail_out = sizeof(buf);
		ret = deflate(&z, Z_FINISH);
		fwrite(buf, 1, sizeof(buf) - z.avail_out, out);
	} while (ret == Z_OK);
	deflateEnd(&z);
	return ret == Z_STREAM_END ? 0 : -ENOMEM;
}

static int pack(FILE *out, const profile_t *profile)
{
	size_t size = perftools__profiles__profile__get_packed_size(profile);
	uint8_t *data = malloc(size);
	int ret = -ENOMEM;

	if (data) {
		perftools__profiles__profile__pack(profile, data);
		ret = write_compressed(out, data, size);
	}
	free(data);
	return ret;
}

int kpm_stacks_pprof(FILE *out, const struct kpm_held *held)
{
	uint32_t frames = held->frames ? kpm_tagset_count(held->frames) : 0;
	struct builder b = {
		.held = held,
		.profile = malloc(sizeof(*b.profile)),
		.location_of = calloc(frames + 1, sizeof(*b.location_of)),
	};
	int ret = -ENOMEM;

	if (b.profile && b.location_of) {
		perftools__profiles__profile__init(b.profile);
		build(&b);
		if (!b.failed)
			ret = pack(out, b.profile);
	}
	kpm_map64_done(&b.string_at);
	kpm_map64_done(&b.function_at);
	kpm_map64_done(&b.mapping_at);
	free(b.location_of);
	if (b.profile)
		perftools__profiles__profile__free_unpacked(b.profile, NULL);
	return ret;
}
