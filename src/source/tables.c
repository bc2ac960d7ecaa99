// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes write during the read: a tag's frees are read before its allocs, so that an object can
 * be counted as outstanding a moment too long, never too short.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/array.h"
#include "source/table_maps.h"

/*
 * Maps one array map read-only. `value` is the size of its values, as this version has it, or of
 * the elements of each value.
 */
static int map_array(struct kpm_tables *b, struct kpm_mapping *m, int fd, const char *name,
		     uint32_t value, struct kpm_err *err)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	long page = sysconf(_SC_PAGESIZE);
	void *data;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return kpm_fail(err, -errno, "map %s: %s", name, strerror(errno));
	if (!info.value_size || info.value_size % value)
		return kpm_fail(err, -EPROTO,
				"map %s has values of %u bytes, not of %u: it belongs "
				"to another version of kpoolmon",
				name, info.value_size, value);
	m->entries = (uint64_t)info.max_entries * info.value_size / value;
	m->size =
		((size_t)info.max_entries * ((info.value_size + 7) & ~7U) + page - 1) & ~(page - 1);
	data = mmap(NULL, m->size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return kpm_fail(err, -errno, "map %s: mmap: %s", name, strerror(errno));
	m->data = data;
	b->bytes += m->size;
	return 0;
}

/* What a map occupies; 0 if it is not there. */
static uint64_t map_bytes(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	return (uint64_t)info.max_entries * ((info.value_size + 7) & ~7U);
}

int kpm_tables_open(const struct kpm_tables_fds *fds, struct kpm_tables **tables,
		    struct kpm_err *err)
{
	struct kpm_tables *b = calloc(1, sizeof(*b));
	const struct kpm_control *ctl;
	int ret;

	if (!b)
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = map_array(b, &b->control, fds->control, "control", sizeof(*ctl), err);
	if (ret)
		goto fail;
	ctl = b->control.data;
	if (ctl->version != KPM_ABI_VERSION) {
		ret = kpm_fail(err, -EPROTO,
			       "the probes' maps have layout %u, this kpoolmon reads "
			       "layout %u",
			       ctl->version, KPM_ABI_VERSION);
		goto fail;
	}
	if ((ret = map_array(b, &b->objects, fds->objects, "objects", sizeof(struct kpm_block),
			     err)) ||
	    (ret = map_array(b, &b->tags, fds->tags, "tags", sizeof(struct kpm_tag), err)) ||
	    (ret = map_array(b, &b->taginfo, fds->taginfo, "taginfo", sizeof(struct kpm_tag_info),
			     err)) ||
	    (ret = map_array(b, &b->taglist, fds->taglist, "taglist", sizeof(uint32_t), err)) ||
	    (ret = map_array(b, &b->counters, fds->counters, "counters",
			     sizeof(struct kpm_counters), err)) ||
	    (ret = map_array(b, &b->shards, fds->shards, "shards", sizeof(struct kpm_shard),
			     err)) ||
	    (ret = map_array(b, &b->samples, fds->samples, "samples", sizeof(struct kpm_sample),
			     err)) ||
	    (ret = map_array(b, &b->stacks, fds->stacks, "stacks", sizeof(struct kpm_stack),
			     err)) ||
	    (ret = map_array(b, &b->sampled, fds->sampled, "sampled", sizeof(struct kpm_sampled),
			     err)) ||
	    (ret = map_array(b, &b->gone, fds->gone, "gone", sizeof(struct kpm_gone), err)) ||
	    (ret = map_array(b, &b->credits, fds->credits, "credits", sizeof(struct kpm_credit),
			     err)))
		goto fail;
	b->runs_bytes = map_bytes(fds->runs);
	b->bytes += b->runs_bytes;
	b->tag_slots = b->taginfo.entries;
	b->shard_count = b->shards.entries;
	b->kernel = calloc(b->tag_slots, sizeof(*b->kernel));
	b->ours = calloc(b->tag_slots, sizeof(*b->ours));
	b->of = calloc(b->tag_slots, sizeof(*b->of));
	if (!b->kernel || !b->ours || !b->of) {
		ret = kpm_fail(err, -ENOMEM, "out of memory");
		goto fail;
	}
	*tables = b;
	return 0;
fail:
	kpm_tables_close(b);
	return ret;
}

void kpm_tables_close(struct kpm_tables *b)
{
	struct kpm_mapping *all[] = {&b->objects,  &b->tags,    &b->taginfo, &b->taglist,
				     &b->counters, &b->shards,  &b->control, &b->samples,
				     &b->stacks,   &b->sampled, &b->gone,    &b->credits};

	if (!b)
		return;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->data)
			munmap(all[i]->data, all[i]->size);
	free(b->kernel);
	free(b->ours);
	free(b->of);
	free(b);
}

static void sum_counters(const struct kpm_tables *b, uint32_t tag, struct kpm_counters *sum)
{
	const struct kpm_counters *all = b->counters.data, *c;
	/* one map with the tags, which are as large */
	const struct kpm_tally *tallies = (const struct kpm_tally *)b->tags.data + b->tag_slots, *t;

	memset(sum, 0, sizeof(*sum));
	for (uint32_t s = 0; s < b->shard_count; s++) {
		c = &all[(size_t)s * b->tag_slots + tag];
		t = &tallies[(size_t)s * b->tag_slots + tag];
		sum->frees += kpm_load(&c->frees) + kpm_load(&t->frees);
		sum->reused += kpm_load(&c->reused);
		sum->moved += kpm_load(&c->moved);
		sum->audited += kpm_load(&c->audited);
	}
	for (uint32_t s = 0; s < b->shard_count; s++) {
		c = &all[(size_t)s * b->tag_slots + tag];
		t = &tallies[(size_t)s * b->tag_slots + tag];
		sum->refused += kpm_load(&c->refused);
		sum->unusual += kpm_load(&c->unusual);
		sum->unusual_asked += kpm_load(&c->unusual_asked);
		sum->allocs += kpm_load(&c->allocs) + kpm_load(&t->allocs);
	}
}

static const struct kpm_tag *hot_tag(const struct kpm_tables *b, uint32_t tag)
{
	const struct kpm_tag *tags = b->tags.data;

	return &tags[tag];
}

/* Turns newly claimed kernel tags into tags of the set. */
static int enter_new_tags(struct kpm_tables *b, struct kpm_tagset *set)
{
	const struct kpm_control *ctl = b->control.data;
	const struct kpm_tag_info *infos = b->taginfo.data;
	const uint64_t *list = b->taglist.data; /* values of an array map are 8 bytes apart */
	uint32_t count = __atomic_load_n(&ctl->tag_count, __ATOMIC_ACQUIRE);

	for (; b->listed < count && b->listed < b->tag_slots; b->listed++) {
		uint32_t id = __atomic_load_n(&list[b->listed], __ATOMIC_ACQUIRE);
		const struct kpm_tag_info *info;
		const char *symbol;
		int64_t ours;

		if (!id) /* claimed this moment: next time */
			return 0;
		info = &infos[id - 1];
		/* a name that fills its buffer was cut: the symbol table has the whole */
		symbol = strlen(info->symbol) < KPM_SYMBOL_LEN - 1 ? info->symbol : NULL;
		ours = kpm_tagset_enter(set, info->site, symbol,
					info->cache_name[0] ? info->cache_name : NULL,
					info->cache != 0);
		if (ours < 0)
			return ours;
		b->kernel[b->listed] = id - 1;
		b->ours[b->listed] = ours;
		b->of[id - 1] = ours + 1;
	}
	return 0;
}

/* Entries of the object table, from every n-th bucket: exact to a third of a percent. */
static uint64_t estimate_entries(const struct kpm_tables *b)
{
	const struct kpm_bucket *buckets = b->objects.data;
	uint64_t count = (uint64_t)b->objects.entries * KPM_BLOCK_BUCKETS;
	uint64_t used = 0, seen = 0, step = count / 8192 | 1;

	for (uint64_t i = 0; i < count; i += step, seen++)
		for (int k = 0; k < KPM_BUCKET_SLOTS; k++)
			used += buckets[i].mark[k] != 0;
	return used * count / seen;
}

int kpm_tables_read(struct kpm_tables *b, struct kpm_tagset *set, struct kpm_snapshot *snap,
		    struct kpm_err *err)
{
	const struct kpm_tag_info *infos = b->taginfo.data;
	const struct kpm_shard *shards = b->shards.data;
	int ret = enter_new_tags(b, set);

	if (!ret)
		ret = kpm_snapshot_reset(snap, kpm_tagset_count(set));
	if (ret)
		return kpm_fail(err, ret, "out of memory");
	snap->capacity = (struct kpm_capacity){
		.objects_rated =
			(uint64_t)b->objects.entries * KPM_BLOCK_SLOTS * KPM_RATED_PERCENT / 100,
		.tags = b->listed,
		.tags_max = b->tag_slots,
		.kernel_bytes = b->bytes,
	};
	for (uint32_t i = 0; i < b->listed; i++) {
		const struct kpm_tag_info *info = &infos[b->kernel[i]];
		const struct kpm_tag *hot = hot_tag(b, b->kernel[i]);
		struct kpm_row *row = &snap->rows[b->ours[i]];
		struct kpm_counts *k = &row->kind[info->kind == KPM_PAGED];
		struct kpm_counters c;
		uint64_t off, diff;

		sum_counters(b, b->kernel[i], &c);
		off = c.frees + c.reused + c.audited;
		diff = c.allocs - off - c.moved;
		k->allocs += c.allocs + c.refused - c.moved;
		k->frees += off;
		k->diff += diff;
		k->bytes += diff * info->size;
		k->asked += (diff - c.unusual) * KPM_TAG_USUAL(hot->word) + c.unusual_asked;
		k->missed += c.reused;
		k->refused += c.refused;
		k->audited += c.audited;
		row->estimated |= (hot->flags & KPM_TAG_SAMPLED) != 0;
		row->unloaded |= info->unloaded;
		b->any_sampled |= row->estimated;
		snap->loss.refused += c.refused;
		snap->loss.missed += c.reused;
		snap->loss.audited += c.audited;
		snap->capacity.objects += diff;
	}
	/* of a module that is there again a row holds tags of both times */
	for (uint32_t i = 0; i < b->listed; i++)
		if (!infos[b->kernel[i]].unloaded)
			snap->rows[b->ours[i]].unloaded = false;
	if (b->any_sampled)
		snap->capacity.objects = estimate_entries(b);
	for (int h = 0; h < KPM_HOOKS; h++)
		snap->hooks[h].runs = 0;
	for (uint32_t s = 0; s < b->shard_count; s++) {
		snap->loss.tags_full += kpm_load(&shards[s].tags_full);
		for (int r = 0; r < KPM_RESCUES; r++)
			snap->loss.rescued += kpm_load(&shards[s].rescued[r]);
		for (int h = 0; h < KPM_HOOKS; h++)
			snap->hooks[h].runs += kpm_load(&shards[s].hook_runs[h]);
	}
	snap->have |= KPM_HAVE_CAPACITY | KPM_HAVE_ASKED;
	return 0;
}

void kpm_tables_rescued(const struct kpm_tables *b, uint64_t rescued[KPM_RESCUES])
{
	const struct kpm_shard *shards = b->shards.data;

	memset(rescued, 0, KPM_RESCUES * sizeof(*rescued));
	for (uint32_t s = 0; s < b->shard_count; s++)
		for (int r = 0; r < KPM_RESCUES; r++)
			rescued[r] += kpm_load(&shards[s].rescued[r]);
}

int64_t kpm_tables_started(const struct kpm_tables *b)
{
	const struct kpm_control *ctl = b->control.data;

	return ctl->started;
}

bool kpm_tables_stopped(const struct kpm_tables *b)
{
	const struct kpm_control *ctl = b->control.data;

	return __atomic_load_n(&ctl->stopped, __ATOMIC_ACQUIRE) != 0;
}

uint32_t kpm_tables_tag_slots(const struct kpm_tables *b)
{
	return b->tag_slots;
}

const struct kpm_tag_info *kpm_tables_tag(const struct kpm_tables *b, uint32_t tag,
					  struct kpm_counters *sum)
{
	const struct kpm_tag_info *infos = b->taginfo.data;

	if (tag >= b->tag_slots || !__atomic_load_n(&hot_tag(b, tag)->word, __ATOMIC_ACQUIRE))
		return NULL;
	sum_counters(b, tag, sum);
	return &infos[tag];
}

bool kpm_tables_known(const struct kpm_tables *b, uint32_t slot, uint32_t *tag)
{
	if (slot >= b->tag_slots || !b->of[slot])
		return false;
	*tag = b->of[slot] - 1;
	return true;
}

void kpm_tables_members(const struct kpm_tables *b, uint32_t tag, bool *member, uint32_t *bytes)
{
	const struct kpm_tag_info *infos = b->taginfo.data;

	for (uint32_t i = 0; i < b->listed; i++) {
		member[b->kernel[i]] = b->ours[i] == tag;
		bytes[b->kernel[i]] = infos[b->kernel[i]].size;
	}
}

int kpm_tables_walk(const struct kpm_tables *b,
		    int (*visit)(const struct kpm_slot *entry, void *arg), void *arg)
{
	const struct kpm_bucket *buckets = b->objects.data;

	for (uint64_t i = 0; i < (uint64_t)b->objects.entries * KPM_BLOCK_BUCKETS; i++) {
		for (int k = 0; k < KPM_BUCKET_SLOTS; k++) {
			const struct kpm_slot *slot = &buckets[i].slot[k];
			struct kpm_slot entry = {.w0 = kpm_load(&slot->w0),
						 .w1 = kpm_load(&slot->w1)};
			int ret;

			/* unchanged after the second word was read: the two belong together */
			if (!entry.w0 || entry.w0 & KPM_W0_BUSY || kpm_load(&slot->w0) != entry.w0)
				continue;
			ret = visit(&entry, arg);
			if (ret)
				return ret;
		}
	}
	return 0;
}
