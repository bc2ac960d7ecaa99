// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks the named frames of the stacks for each snapshot. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/map64.h"
#include "resolve/cgroups.h"
#include "resolve/charged_paths.h"
#include "resolve/owners.h"
#include "resolve/stack_names.h"

/*
 * So many callers make a helper, if none of them has more than that part of what was taken. Below
 * four the callers of a function are often one operation (make, split and copy a mapping); a
 * constructor of something general has more.
 */
#define OWNERS_FAN_OUT     4
#define OWNERS_MOST        0.7
#define OWNERS_TAKEN_LEAST 16
/* Frames over which a helper is looked for. */
#define HELPERS_MAX 16
/* Parties that are kept though no sample has them. */
#define FORGET_ABOVE 20000

struct kpm_owners {
	struct kpm_stack_names names;
	struct kpm_cgroups *cgroups;
	struct kpm_charged_paths *charged;
	uint32_t *depth; /* [stack of the samples] frames up to the owner's */
	uint32_t depth_capacity;
	/* parties by process and by cgroup, of the present samples */
	struct kpm_map64 processes, groups;
};

struct kpm_owners *kpm_owners_new(const struct kpm_roots *roots, struct kpm_ksyms *ksyms,
				  const struct kpm_labels *labels)
{
	struct kpm_owners *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->names.ksyms = ksyms;
	o->names.labels = labels;
	o->cgroups = kpm_cgroups_new(roots, KPM_CGROUP2);
	o->charged = kpm_charged_paths_new(roots);
	if (o->cgroups && o->charged)
		return o;
	kpm_owners_free(o);
	return NULL;
}

void kpm_owners_free(struct kpm_owners *o)
{
	if (!o)
		return;
	kpm_stack_names_done(&o->names);
	free(o->depth);
	kpm_map64_done(&o->processes);
	kpm_map64_done(&o->groups);
	kpm_cgroups_free(o->cgroups);
	kpm_charged_paths_free(o->charged);
	free(o);
}

void kpm_owners_prepare(struct kpm_owners *o, uint32_t modules)
{
	o->names.modules = modules;
	if (o->names.ksyms)
		kpm_ksyms_read(o->names.ksyms);
	kpm_cgroups_read(o->cgroups);
}

static void count_caller(struct kpm_function *f, uint32_t caller, uint64_t taken)
{
	f->taken += taken;
	for (uint32_t i = 0; i < f->caller_count; i++)
		if (f->callers[i].function == caller) {
			f->callers[i].taken += taken;
			return;
		}
	if (f->caller_count < KPM_CALLERS_MAX) {
		f->callers[f->caller_count].function = caller;
		f->callers[f->caller_count++].taken = taken;
	}
}

/* Finds the functions that many call. What was found once stays: an owner must not come and go. */
static void find_fan_out(struct kpm_owners *o, const struct kpm_samples *s)
{
	for (uint32_t i = 0; i < o->names.function_count; i++) {
		o->names.functions[i].caller_count = 0;
		o->names.functions[i].taken = 0;
	}
	for (uint32_t i = 0; i < s->stack_count; i++) {
		const struct kpm_named_stack *stack = kpm_stack_names_get(&o->names, i);

		for (uint32_t k = 0; k + 1 < stack->frames && k < HELPERS_MAX; k++)
			if (stack->frame[k] != KPM_NO_FUNCTION &&
			    stack->frame[k + 1] != KPM_NO_FUNCTION)
				count_caller(&o->names.functions[stack->frame[k]],
					     stack->frame[k + 1], s->stacks[i].taken);
	}
	for (uint32_t i = 0; i < o->names.function_count; i++) {
		struct kpm_function *f = &o->names.functions[i];
		uint64_t most = 0;

		for (uint32_t k = 0; k < f->caller_count; k++)
			if (f->callers[k].taken > most)
				most = f->callers[k].taken;
		f->fan_out |= f->caller_count >= OWNERS_FAN_OUT && f->taken >= OWNERS_TAKEN_LEAST &&
			      most < OWNERS_MOST * f->taken;
	}
}

static bool is_helper(const struct kpm_function *f)
{
	return f->role == KPM_FUNCTION_HELPER || (f->role == KPM_FUNCTION_PLAIN && f->fan_out);
}

static bool is_entry(const struct kpm_function *f)
{
	return f->role == KPM_FUNCTION_ENTRY || f->role == KPM_FUNCTION_INTERRUPT;
}

/*
 * The next frame of another module that had this one, of a module itself, work for it; 0: there is
 * none. Between the two there may be more functions of the first module, but none of the kernel.
 */
static uint32_t other_module(const struct kpm_owners *o, const struct kpm_named_stack *stack,
			     uint32_t from)
{
	const char *module = o->names.functions[stack->frame[from]].module;

	if (!strcmp(module, "kernel"))
		return 0;
	for (uint32_t i = from + 1; i < stack->frames; i++) {
		const struct kpm_function *caller;

		if (stack->frame[i] == KPM_NO_FUNCTION)
			return 0;
		caller = &o->names.functions[stack->frame[i]];
		if (!strcmp(caller->module, "kernel"))
			return 0;
		if (strcmp(caller->module, module))
			return i;
	}
	return 0;
}

/* The number of frames up to the owner's; 0: there is none. */
static uint32_t find_owner(const struct kpm_owners *o, const struct kpm_named_stack *stack)
{
	uint32_t i;

	for (i = 0; i < stack->frames; i++) {
		const struct kpm_function *f;
		uint32_t other;

		if (stack->frame[i] == KPM_NO_FUNCTION)
			return i;
		f = &o->names.functions[stack->frame[i]];
		if (is_entry(f))
			return i;
		other = other_module(o, stack, i);
		if (other)
			i = other - 1;
		else if (!is_helper(f))
			return i + 1;
	}
	return i;
}

/* The function of a tag, if it needs no samples to be its owner; else KPM_NO_FUNCTION. */
static uint32_t own_function(struct kpm_owners *o, const struct kpm_tag_name *name)
{
	char symbol[256];
	uint32_t f;

	if (!name->symbol || !name->module || strcmp(name->module, "kernel"))
		return KPM_NO_FUNCTION;
	snprintf(symbol, sizeof(symbol), "%s", name->symbol);
	kpm_cut_suffix(symbol);
	f = kpm_stack_names_enter(&o->names, symbol, name->module);
	return f == KPM_NO_FUNCTION || is_helper(&o->names.functions[f]) ? KPM_NO_FUNCTION : f;
}

static int64_t owner_party(const struct kpm_owners *o, struct kpm_who *who, uint32_t function)
{
	const struct kpm_function *f = &o->names.functions[function];

	return kpm_who_party(
		who, &(struct kpm_party){.kind = KPM_OWNER, .name = f->name, .module = f->module});
}

struct of_tag {
	uint32_t samples;
	bool owned;   /* its owner is its own function */
	bool charged; /* some of it is charged */
};

/* Tags whose owner is their own function: at once. */
static int own_tags(struct kpm_owners *o, const struct kpm_tagset *tags, struct kpm_who *who,
		    struct of_tag *of, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t f = own_function(o, kpm_tagset_get(tags, i));
		struct kpm_share all = {.share = 1};
		int64_t party;

		if (f == KPM_NO_FUNCTION)
			continue;
		party = owner_party(o, who, f);
		all.party = party;
		of[i].owned = true;
		if (party < 0 || kpm_who_set(who, i, &all))
			return -ENOMEM;
	}
	return 0;
}

static uint64_t process_key(const struct kpm_sample_of *s)
{
	return ((uint64_t)s->pid << 32 ^ (uint64_t)s->started_ns) * 0x9e3779b97f4a7c15ULL | 1;
}

/*
 * Enters the processes of all samples by the name that each of them had last: it may have begun to
 * run another program.
 */
static int enter_processes(struct kpm_owners *o, const struct kpm_samples *s, struct kpm_who *who)
{
	kpm_map64_clear(&o->processes);
	for (uint32_t i = 0; i < s->count; i++) {
		uint32_t *newest = kpm_map64_put(&o->processes, process_key(&s->list[i]), i);

		if (!newest)
			return -ENOMEM;
		if (s->list[i].time_ns > s->list[*newest].time_ns)
			*newest = i;
	}
	for (uint32_t i = 0; i < o->processes.size; i++) {
		const struct kpm_sample_of *one;
		char comm[KPM_COMM_LEN + 1];
		int64_t party;

		if (!o->processes.entries[i].used)
			continue;
		one = &s->list[o->processes.entries[i].value];
		memcpy(comm, one->comm, KPM_COMM_LEN);
		comm[KPM_COMM_LEN] = '\0';
		party = kpm_who_party(who, &(struct kpm_party){.kind = KPM_PROCESS,
							       .name = comm,
							       .pid = one->pid,
							       .started_ns = one->started_ns});
		if (party < 0)
			return -ENOMEM;
		o->processes.entries[i].value = party;
	}
	return 0;
}

int64_t kpm_owners_process(struct kpm_owners *o, struct kpm_who *who, const struct kpm_sample_of *s,
			   bool interrupt)
{
	const uint32_t *known = interrupt ? NULL : kpm_map64_get(&o->processes, process_key(s));

	if (known)
		return *known;
	return kpm_who_party(who, &(struct kpm_party){.kind = KPM_PROCESS, .name = KPM_INTERRUPT});
}

/* The path of a group can change: it may be removed. */
static int64_t cgroup_party(struct kpm_owners *o, struct kpm_who *who, uint64_t id)
{
	const uint32_t *known = kpm_map64_get(&o->groups, id);
	int64_t party;

	if (known)
		return *known;
	party = kpm_who_party(who, &(struct kpm_party){.kind = KPM_CGROUP,
						       .name = kpm_cgroups_path(o->cgroups, id)});
	return party < 0 || !kpm_map64_put(&o->groups, id, party) ? -ENOMEM : party;
}

/* The cgroups of what is charged, as parts of all objects of their tags. */
static int add_charges(struct kpm_owners *o, const struct kpm_charges *c, struct kpm_who *who)
{
	int ret = kpm_charged_paths_update(o->charged, c, o->cgroups);

	for (uint32_t i = 0; !ret && i < c->count; i++) {
		const struct kpm_charge *one = &c->list[i];
		const char *path = kpm_charged_paths_get(o->charged, one->group);
		int64_t party =
			kpm_who_party(who, &(struct kpm_party){.kind = KPM_CGROUP, .name = path});

		ret = party < 0 ? -ENOMEM
				: kpm_who_charge(who, one->tag, party,
						 (double)one->objects / c->objects[one->tag]);
	}
	return ret;
}

/* Is that sample's object counted among the charged ones? One of later is taken for the same. */
static bool is_charged(const struct kpm_charges *c, const struct kpm_sample_of *one, bool tag)
{
	if (!c || one->time_ns >= c->time_ns)
		return tag;
	return one->place < c->sample_count && c->samples[one->place];
}

/* Adds a sample to its owner, its process and, unless its object is charged, its cgroup. */
static int add_sample(struct kpm_owners *o, const struct kpm_sample_of *one, struct kpm_who *who,
		      bool owned, bool charged)
{
	const struct kpm_named_stack *stack = kpm_stack_names_get(&o->names, one->stack);
	uint32_t depth = o->depth[one->stack];
	int64_t party;

	if (!owned && depth) {
		party = owner_party(o, who, stack->frame[depth - 1]);
		if (party < 0 || kpm_who_add(who, one->tag, party, one->weight))
			return -ENOMEM;
	}
	party = kpm_owners_process(o, who, one, stack->interrupt);
	if (party < 0 || kpm_who_add(who, one->tag, party, one->weight))
		return -ENOMEM;
	if (stack->interrupt || charged || !one->cgroup)
		return 0;
	party = cgroup_party(o, who, one->cgroup);
	return party < 0 ? -ENOMEM : kpm_who_add(who, one->tag, party, one->weight);
}

int kpm_owners_update(struct kpm_owners *o, const struct kpm_samples *s,
		      const struct kpm_charges *charges, const struct kpm_tagset *tags,
		      struct kpm_who *who)
{
	uint32_t count = kpm_tagset_count(tags);
	struct of_tag *of = calloc(count + 1, sizeof(*of));
	int ret = of ? 0 : -ENOMEM;

	/* in months processes come by that nobody has any more */
	if (kpm_who_parties(who) > 4 * s->count + FORGET_ABOVE)
		kpm_who_forget(who);
	if (!ret)
		ret = kpm_who_begin(who, count);
	if (!ret)
		ret = kpm_stack_names_update(&o->names, s);
	if (!ret)
		ret = kpm_array_reserve(o->depth, o->depth_capacity, s->stack_count);
	if (ret)
		goto out;
	find_fan_out(o, s);
	for (uint32_t i = 0; i < s->stack_count; i++)
		o->depth[i] =
			s->stacks[i].whole ? 0 : find_owner(o, kpm_stack_names_get(&o->names, i));
	kpm_cgroups_refresh(o->cgroups);
	kpm_map64_clear(&o->groups);
	ret = enter_processes(o, s, who);
	if (!ret)
		ret = own_tags(o, tags, who, of, count);
	for (uint32_t i = 0; charges && i < charges->count; i++)
		if (charges->list[i].tag < count)
			of[charges->list[i].tag].charged = true;
	for (uint32_t i = 0; !ret && i < s->count; i++) {
		const struct kpm_sample_of *one = &s->list[i];

		if (one->tag >= count)
			continue;
		of[one->tag].samples++;
		ret = add_sample(o, one, who, of[one->tag].owned,
				 is_charged(charges, one, of[one->tag].charged));
	}
	if (!ret && charges)
		ret = add_charges(o, charges, who);
	for (uint32_t i = 0; !ret && i < count; i++)
		kpm_who_count(who, i, of[i].samples, i < s->tag_count ? s->tags[i].lost : 0);
	if (!ret)
		ret = kpm_who_end(who);
out:
	free(of);
	return ret;
}

uint32_t kpm_owners_depth(const struct kpm_owners *o, const struct kpm_samples *s, uint32_t stack)
{
	return stack < s->stack_count ? o->depth[stack] : 0;
}

bool kpm_owners_interrupt(const struct kpm_owners *o, const struct kpm_samples *s, uint32_t stack)
{
	return stack < s->stack_count && kpm_stack_names_get(&o->names, stack)->interrupt;
}

enum kpm_frame_of kpm_owners_frame(const struct kpm_owners *o, const struct kpm_samples *s,
				   uint32_t stack, uint32_t frame, struct kpm_path_step *step)
{
	const struct kpm_named_stack *named;
	const struct kpm_function *f;

	/* of a whole stack the first frames are the probe's */
	if (stack >= s->stack_count || s->stacks[stack].whole)
		return KPM_FRAME_NONE;
	named = kpm_stack_names_get(&o->names, stack);
	if (frame >= named->frames)
		return KPM_FRAME_NONE;
	if (named->frame[frame] == KPM_NO_FUNCTION)
		return KPM_FRAME_NAMELESS;
	f = &o->names.functions[named->frame[frame]];
	*step = (struct kpm_path_step){f->name, f->module};
	if (is_entry(f))
		return KPM_FRAME_NONE;
	return is_helper(f) ? KPM_FRAME_HELPER : KPM_FRAME_PLAIN;
}
