// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums samples by stack and, in each, by process; then scales them to the rows of their tags. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/holding.h"
#include "base/array.h"
#include "base/map64.h"

struct group {
	struct kpm_held_stack stack;
	uint32_t first_frame; /* in `frame_numbers` */
	double weight, square, taken;
};

struct process {
	uint32_t group;
	double weight, square;
	struct kpm_held_process held;
};

struct kpm_holding {
	struct kpm_tagset *frames;
	struct group *groups;
	uint32_t group_count, group_capacity;
	struct kpm_map64 by_stack;
	struct process *processes;
	uint32_t process_count, process_capacity;
	struct kpm_map64 by_process;
	uint32_t *frame_numbers;
	uint32_t frame_count, frame_capacity;
	struct kpm_held_stack *stacks;
	uint32_t stack_capacity;
	struct kpm_held_process *held;
	uint32_t held_capacity;
	double *weights, *squares; /* [tag] */
	uint32_t weight_capacity, square_capacity;
};

void kpm_holding_name_by(struct kpm_holding *h, struct kpm_ksyms *ksyms)
{
	if (ksyms)
		kpm_tagset_set_namer(h->frames, kpm_ksyms_namer, ksyms);
}

struct kpm_holding *kpm_holding_new(void)
{
	struct kpm_holding *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->frames = kpm_tagset_new();
	if (!h->frames) {
		free(h);
		return NULL;
	}
	return h;
}

void kpm_holding_free(struct kpm_holding *h)
{
	if (!h)
		return;
	kpm_tagset_free(h->frames);
	kpm_map64_done(&h->by_stack);
	kpm_map64_done(&h->by_process);
	free(h->groups);
	free(h->processes);
	free(h->frame_numbers);
	free(h->stacks);
	free(h->held);
	free(h->weights);
	free(h->squares);
	free(h);
}

struct kpm_tagset *kpm_holding_frames(const struct kpm_holding *h)
{
	return h->frames;
}

static int enter_frames(struct kpm_holding *h, const struct kpm_sampler *s, uint32_t stack,
			struct group *g)
{
	const struct kpm_stack_of *from = &s->samples.stacks[stack];

	g->first_frame = h->frame_count;
	if (from->whole) /* the probe's own frames come first: nobody knows how many */
		return 0;
	if (kpm_array_reserve(h->frame_numbers, h->frame_capacity, h->frame_count + from->frames))
		return -ENOMEM;
	for (uint32_t i = 0; i < from->frames; i++) {
		const char *gone = kpm_samples_gone(&s->samples, from->ip[i], from->time_ns);
		int64_t number = kpm_tagset_enter(h->frames, from->ip[i], gone, NULL, false);

		if (number < 0)
			return -ENOMEM;
		h->frame_numbers[h->frame_count++] = number;
	}
	g->stack.frame_count = from->frames;
	return 0;
}

/* The group of a stack, made if it is new; NULL: out of memory. */
static struct group *group_of(struct kpm_holding *h, const struct kpm_sampler *s, uint32_t stack)
{
	const struct kpm_stack_of *from = &s->samples.stacks[stack];
	uint32_t *at = kpm_map64_put(&h->by_stack, from->hash, h->group_count);
	struct group *g;

	if (!at)
		return NULL;
	if (*at < h->group_count)
		return &h->groups[*at];
	if (kpm_array_reserve(h->groups, h->group_capacity, h->group_count + 1))
		return NULL;
	g = &h->groups[h->group_count];
	*g = (struct group){
		.stack = {.tag = from->tag,
			  .owner = kpm_owners_depth(s->owners, &s->samples, stack),
			  .cut = from->cut,
			  .interrupt = kpm_owners_interrupt(s->owners, &s->samples, stack),
			  .oldest_s = -1},
		.taken = from->taken,
	};
	if (enter_frames(h, s, stack, g))
		return NULL;
	h->group_count++;
	return g;
}

static int add_process(struct kpm_holding *h, const struct kpm_sampler *s, uint32_t sample,
		       struct group *g)
{
	const struct kpm_sample_of *one = &s->samples.list[sample];
	uint32_t group = g - h->groups, *at;
	int64_t party = kpm_owners_process(s->owners, s->who, one, g->stack.interrupt);

	if (party < 0)
		return -ENOMEM;
	at = kpm_map64_put(&h->by_process, (uint64_t)group << 32 | party, h->process_count);
	if (!at)
		return -ENOMEM;
	if (*at == h->process_count) {
		if (kpm_array_reserve(h->processes, h->process_capacity, h->process_count + 1))
			return -ENOMEM;
		h->processes[h->process_count++] =
			(struct process){.group = group, .held.party = party};
	}
	h->processes[*at].weight += one->weight;
	h->processes[*at].square += (double)one->weight * one->weight;
	h->processes[*at].held.samples++;
	return 0;
}

static int add_sample(struct kpm_holding *h, const struct kpm_sampler *s, uint32_t sample)
{
	const struct kpm_sample_of *one = &s->samples.list[sample];
	struct group *g = group_of(h, s, one->stack);
	double weight = one->weight, age = (s->snap.mono_ns - one->time_ns) / 1e9;

	if (!g)
		return -ENOMEM;
	if (age < 0)
		age = 0;
	g->weight += weight;
	g->square += weight * weight;
	g->stack.samples++;
	if (g->stack.oldest_s < 0 || age < g->stack.newest_s)
		g->stack.newest_s = age;
	if (age > g->stack.oldest_s)
		g->stack.oldest_s = age;
	h->weights[one->tag] += weight;
	h->squares[one->tag] += weight * weight;
	return add_process(h, s, sample, g);
}

/* The standard error of a part of a tag's samples, in objects; see model/who.h. */
static double error_of(const struct kpm_holding *h, const struct kpm_snapshot *snap, uint32_t tag,
		       double weight, double square)
{
	double all = h->weights[tag], share = weight / all, other = h->squares[tag] - square;

	return kpm_row_sum(&snap->rows[tag]).diff / all *
	       sqrt(square * (1 - share) * (1 - share) + other * share * share);
}

/* Scales a group that has samples to the row of its tag. */
static void scale(const struct kpm_holding *h, const struct kpm_snapshot *snap, struct group *g)
{
	struct kpm_counts row = kpm_row_sum(&snap->rows[g->stack.tag]);
	double share = g->weight / h->weights[g->stack.tag];

	g->stack.objects = share * row.diff;
	g->stack.bytes = share * row.bytes;
	g->stack.error = error_of(h, snap, g->stack.tag, g->weight, g->square);
	g->stack.living = g->taken > 0 ? g->weight / g->taken : 1;
	if (g->stack.living > 1)
		g->stack.living = 1;
	g->stack.frames = h->frame_numbers + g->first_frame;
}

/* A tag that has objects and no sample is a stack without frames. */
static int add_unsampled(struct kpm_holding *h, const struct kpm_snapshot *snap, uint32_t tag)
{
	struct kpm_counts row = kpm_row_sum(&snap->rows[tag]);
	struct group *g;

	if (!row.diff || h->weights[tag] > 0)
		return 0;
	if (kpm_array_reserve(h->groups, h->group_capacity, h->group_count + 1))
		return -ENOMEM;
	g = &h->groups[h->group_count++];
	*g = (struct group){
		.stack = {.tag = tag, .objects = row.diff, .bytes = row.bytes, .living = 1}};
	return 0;
}

static int by_bytes(const void *x, const void *y)
{
	const struct group *a = x, *b = y;

	if (a->stack.bytes != b->stack.bytes)
		return a->stack.bytes < b->stack.bytes ? 1 : -1;
	return (a->stack.tag > b->stack.tag) - (a->stack.tag < b->stack.tag);
}

static int by_group(const void *x, const void *y)
{
	const struct process *a = x, *b = y;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (a->weight < b->weight) - (a->weight > b->weight);
}

/* The processes of each group, largest first; before the groups are ordered. */
static int settle_processes(struct kpm_holding *h, const struct kpm_snapshot *snap)
{
	if (kpm_array_reserve(h->held, h->held_capacity, h->process_count))
		return -ENOMEM;
	if (h->process_count)
		qsort(h->processes, h->process_count, sizeof(*h->processes), by_group);
	for (uint32_t i = 0; i < h->process_count; i++) {
		struct process *p = &h->processes[i];
		struct group *g = &h->groups[p->group];
		double part = g->weight > 0 ? p->weight / g->weight : 0;

		p->held.objects = part * g->stack.objects;
		p->held.bytes = part * g->stack.bytes;
		p->held.error = error_of(h, snap, g->stack.tag, p->weight, p->square);
		h->held[i] = p->held;
		if (!g->stack.process_count++)
			g->stack.processes = &h->held[i];
	}
	return 0;
}

static int reset(struct kpm_holding *h, uint32_t tags)
{
	h->group_count = h->process_count = h->frame_count = 0;
	kpm_map64_clear(&h->by_stack);
	kpm_map64_clear(&h->by_process);
	if (kpm_array_reserve(h->weights, h->weight_capacity, tags) ||
	    kpm_array_reserve(h->squares, h->square_capacity, tags))
		return -ENOMEM;
	if (tags) {
		memset(h->weights, 0, tags * sizeof(*h->weights));
		memset(h->squares, 0, tags * sizeof(*h->squares));
	}
	return 0;
}

int kpm_holding_update(struct kpm_holding *h, const struct kpm_sampler *s, const bool *wanted,
		       uint32_t limit, struct kpm_held *held)
{
	const struct kpm_snapshot *snap = &s->snap;
	int ret = reset(h, snap->count);

	*held = (struct kpm_held){
		.tags = s->tags,
		.who = s->who,
		.frames = h->frames,
		.host = snap->host,
		.kernel = snap->kernel,
		.wall_ns = snap->wall_ns,
	};
	for (uint32_t i = 0; !ret && s->who && i < s->samples.count; i++) {
		uint32_t tag = s->samples.list[i].tag;

		if (tag < snap->count && wanted[tag])
			ret = add_sample(h, s, i);
	}
	for (uint32_t t = 0; !ret && t < snap->count; t++) {
		struct kpm_counts row = kpm_row_sum(&snap->rows[t]);

		if (!wanted[t])
			continue;
		held->objects += row.diff;
		held->bytes += row.bytes;
		if (t < s->samples.tag_count)
			held->lost += s->samples.tags[t].lost;
		ret = add_unsampled(h, snap, t);
	}
	for (uint32_t i = 0; !ret && i < h->group_count; i++) {
		struct kpm_held_stack *stack = &h->groups[i].stack;
		struct kpm_counts row = kpm_row_sum(&snap->rows[stack->tag]);

		stack->tag_objects = row.diff;
		stack->tag_bytes = row.bytes;
		if (h->groups[i].weight > 0)
			scale(h, snap, &h->groups[i]);
		held->samples += h->groups[i].stack.samples;
	}
	if (!ret)
		ret = settle_processes(h, snap);
	if (!ret)
		ret = kpm_array_reserve(h->stacks, h->stack_capacity, h->group_count);
	if (ret)
		return ret;
	if (h->group_count)
		qsort(h->groups, h->group_count, sizeof(*h->groups), by_bytes);
	held->count = limit && limit < h->group_count ? limit : h->group_count;
	held->left_out = h->group_count - held->count;
	for (uint32_t i = 0; i < held->count; i++)
		h->stacks[i] = h->groups[i].stack;
	held->stacks = h->stacks;
	return 0;
}
