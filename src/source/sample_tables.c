// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The half of the tables that samples are in. The probes write during the read: what changes while
 * it is copied is left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/array.h"
#include "source/table_maps.h"

static int read_tags(const struct kpm_tables *b, struct kpm_samples *out)
{
	const struct kpm_sampled *sampled = b->sampled.data;
	uint32_t count = 0;

	for (uint32_t i = 0; i < b->listed; i++)
		if (b->ours[i] >= count)
			count = b->ours[i] + 1;
	if (kpm_array_reserve(out->tags, out->tag_capacity, count))
		return -ENOMEM;
	memset(out->tags, 0, count * sizeof(*out->tags));
	out->tag_count = count;
	for (uint32_t i = 0; i < b->listed && b->sampled.entries == b->tag_slots; i++) {
		struct kpm_sampled_tag *to = &out->tags[b->ours[i]];

		to->taken += kpm_load(&sampled[b->kernel[i]].taken);
		to->lost += kpm_load(&sampled[b->kernel[i]].lost);
	}
	return 0;
}

/* Copies a stack; false if it was written meanwhile, or is none of a tag that is known. */
static bool copy_stack(const struct kpm_tables *b, uint32_t at, uint32_t generation,
		       struct kpm_stack_of *to)
{
	const struct kpm_stack *stacks = b->stacks.data, *from = &stacks[at];
	uint64_t refs = kpm_load(&from->refs);
	uint32_t frames, tag;

	if (refs & KPM_STACK_BUSY || KPM_STACK_GENERATION(refs) != generation)
		return false;
	frames = from->frames;
	tag = from->tag;
	if (frames > KPM_STACK_FRAMES || tag >= b->tag_slots || !b->of[tag])
		return false;
	*to = (struct kpm_stack_of){
		.tag = b->of[tag] - 1,
		.hash = from->hash,
		.taken = from->taken,
		.time_ns = from->time,
		.cut = from->cut,
		.whole = from->whole,
		.frames = frames,
	};
	memcpy(to->ip, from->ip, frames * sizeof(*to->ip));
	refs = kpm_load(&from->refs);
	return !(refs & KPM_STACK_BUSY) && KPM_STACK_GENERATION(refs) == generation;
}

/* All stacks; index[place] becomes one more than that of the stack in `out`. */
static int read_stacks(const struct kpm_tables *b, struct kpm_samples *out, uint32_t *index)
{
	const struct kpm_stack *stacks = b->stacks.data;

	out->stack_count = 0;
	for (uint32_t i = 0; i < b->stacks.entries; i++) {
		uint64_t refs = kpm_load(&stacks[i].refs);

		if (!kpm_load(&stacks[i].hash) || refs & KPM_STACK_BUSY)
			continue;
		if (kpm_array_reserve(out->stacks, out->stack_capacity, out->stack_count + 1))
			return -ENOMEM;
		if (copy_stack(b, i, KPM_STACK_GENERATION(refs), &out->stacks[out->stack_count]))
			index[i] = ++out->stack_count;
	}
	return 0;
}

/* Copies a sample; 0: it changed meanwhile, 1: it was copied, -1: there is none. */
static int copy_sample(const struct kpm_tables *b, const struct kpm_sample *from,
		       const uint32_t *index, struct kpm_sample_of *to)
{
	uint64_t w0 = kpm_load(&from->w0), w1 = kpm_load(&from->w1);
	uint32_t sequence = __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE);
	uint32_t tag = w1 >> KPM_TAG_SHIFT, stack = from->stack, generation = from->generation;
	const struct kpm_stack *stacks = b->stacks.data;

	if (!w0)
		return -1;
	if (w0 & KPM_W0_BUSY || tag >= b->tag_slots || !b->of[tag] || stack >= b->stacks.entries)
		return 0;
	*to = (struct kpm_sample_of){
		.tag = b->of[tag] - 1,
		.weight = 1ULL << (from->weight & 63),
		.time_ns = from->time,
		.started_ns = from->started,
		.cgroup = from->cgroup,
		.pid = from->pid,
		.tid = from->tid,
		.asked = w1 >> KPM_ASKED_SHIFT & KPM_ASKED_MAX,
		.cpu = from->cpu,
		.kthread = from->flags & KPM_SAMPLE_KTHREAD,
	};
	memcpy(to->comm, from->comm, sizeof(to->comm));
	if (kpm_load(&from->w0) != w0 || kpm_load(&from->w1) != w1 ||
	    __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE) != sequence || !index[stack] ||
	    KPM_STACK_GENERATION(kpm_load(&stacks[stack].refs)) != generation)
		return 0;
	to->stack = index[stack] - 1;
	return 1;
}

static int by_ip(const void *x, const void *y)
{
	const struct kpm_gone_name *a = x, *b = y;

	return (a->ip > b->ip) - (a->ip < b->ip);
}

static int read_gone(const struct kpm_tables *b, struct kpm_samples *out)
{
	const struct kpm_gone *gone = b->gone.data;

	out->gone_count = 0;
	for (uint32_t i = 0; i < b->gone.entries; i++) {
		uint64_t ip = kpm_load(&gone[i].ip);

		if (!ip)
			continue;
		if (kpm_array_reserve(out->gone, out->gone_capacity, out->gone_count + 1))
			return -ENOMEM;
		out->gone[out->gone_count++] =
			(struct kpm_gone_name){ip, gone[i].time, gone[i].symbol};
	}
	if (out->gone_count)
		qsort(out->gone, out->gone_count, sizeof(*out->gone), by_ip);
	return 0;
}

uint32_t kpm_tables_modules(const struct kpm_tables *b)
{
	return __atomic_load_n(&((const struct kpm_control *)b->control.data)->modules,
			       __ATOMIC_ACQUIRE);
}

int kpm_tables_samples(const struct kpm_tables *b, struct kpm_samples *out)
{
	const struct kpm_sample *samples = b->samples.data;
	uint32_t *index = calloc(b->stacks.entries, sizeof(*index));
	int ret = index ? read_tags(b, out) : -ENOMEM;

	out->count = out->unread = 0;
	out->modules = kpm_tables_modules(b);
	if (!ret)
		ret = read_stacks(b, out, index);
	if (!ret)
		ret = read_gone(b, out);
	for (uint32_t i = 0; !ret && i < b->samples.entries; i++) {
		int got;

		if (!kpm_load(&samples[i].w0))
			continue;
		if (kpm_array_reserve(out->list, out->capacity, out->count + 1)) {
			ret = -ENOMEM;
			break;
		}
		got = copy_sample(b, &samples[i], index, &out->list[out->count]);
		out->list[out->count].place = i;
		out->count += got == 1;
		out->unread += got == 0;
	}
	free(index);
	return ret;
}

int kpm_tables_walk_samples(const struct kpm_tables *b,
			    int (*visit)(const struct kpm_slot *sample, void *arg), void *arg)
{
	const struct kpm_sample *samples = b->samples.data;

	for (uint32_t i = 0; i < b->samples.entries; i++) {
		struct kpm_slot words = {.w0 = kpm_load(&samples[i].w0),
					 .w1 = kpm_load(&samples[i].w1)};
		int ret;

		if (!words.w0 || words.w0 & KPM_W0_BUSY || kpm_load(&samples[i].w0) != words.w0)
			continue;
		ret = visit(&words, arg);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * The maps are mapped for writing just for this. The probes change the same words by atomic
 * operations, and so does this; a deadline has no other writer.
 */
int kpm_tables_raise(const struct kpm_tables *b, const struct kpm_tables_fds *fds, uint32_t tag,
		     uint32_t deadline, bool raised)
{
	struct kpm_tag *tags;
	struct kpm_sampled *sampled;
	int ret = 0;

	if (b->sampled.entries != b->tag_slots)
		return -EOPNOTSUPP;
	tags = mmap(NULL, b->tags.size, PROT_READ | PROT_WRITE, MAP_SHARED, fds->tags, 0);
	if (tags == MAP_FAILED)
		return -errno;
	sampled = mmap(NULL, b->sampled.size, PROT_READ | PROT_WRITE, MAP_SHARED, fds->sampled, 0);
	if (sampled == MAP_FAILED)
		ret = -errno;
	for (uint32_t i = 0; !ret && i < b->listed; i++) {
		uint32_t id = b->kernel[i];

		if (b->ours[i] != tag)
			continue;
		if (raised) {
			__atomic_store_n(&sampled[id].deadline, deadline, __ATOMIC_RELEASE);
			__atomic_fetch_or(&tags[id].flags, KPM_TAG_RAISED, __ATOMIC_RELEASE);
		} else {
			__atomic_fetch_and(&tags[id].flags, (__u8)~KPM_TAG_RAISED,
					   __ATOMIC_RELEASE);
		}
	}
	if (sampled != MAP_FAILED)
		munmap(sampled, b->sampled.size);
	munmap(tags, b->tags.size);
	return ret;
}

uint32_t kpm_tables_sample_places(const struct kpm_tables *b)
{
	return b->samples.entries;
}

uint64_t kpm_tables_sample_bytes(const struct kpm_tables *b)
{
	return b->samples.size + b->stacks.size + b->sampled.size + b->gone.size + b->credits.size +
	       b->runs_bytes;
}

uint64_t kpm_tables_sample_time(const struct kpm_tables *b)
{
	const struct kpm_credit *credits = b->credits.data;
	uint64_t spent = 0;

	for (uint32_t i = 0; i < b->credits.entries; i++)
		spent += kpm_load(&credits[i].spent);
	return spent;
}
