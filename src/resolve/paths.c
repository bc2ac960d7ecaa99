// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "resolve/paths.h"

#define PATHS_MOST 0.8
/* Functions of a tag's stacks that are told apart: the first that come up. */
#define SUMS_MAX 256

/*
 * Functions between a system call and what it is about: that two tags come through one of them says
 * nothing.
 */
static bool is_dispatcher(const char *name)
{
	static const char *const prefixes[] = {
		"ksys_",    "vfs_",      "do_vfs_",   "do_sys_",         "__do_sys_",   "__sys_",
		"do_iter_", "new_sync_", "proc_reg_", "call_write_iter", "kernfs_fop_", "seq_read"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

struct sum {
	struct kpm_path_step step;
	double weight;
	uint32_t seen; /* the last sample that had it: recursion counts once */
};

struct sums {
	struct sum list[SUMS_MAX];
	uint32_t count;
	double all;
};

static void add(struct sums *sums, const struct kpm_path_step *step, double weight, uint32_t sample)
{
	struct sum *s = NULL;

	for (uint32_t i = 0; i < sums->count && !s; i++)
		if (sums->list[i].step.name == step->name)
			s = &sums->list[i];
	if (!s) {
		if (sums->count == SUMS_MAX)
			return;
		s = &sums->list[sums->count++];
		*s = (struct sum){*step, 0, UINT32_MAX};
	}
	if (s->seen != sample)
		s->weight += weight;
	s->seen = sample;
}

/* Is it one that most of the samples have? */
static bool is_common(const struct sums *sums, const struct kpm_path_step *step)
{
	for (uint32_t i = 0; i < sums->count; i++)
		if (sums->list[i].step.name == step->name)
			return sums->list[i].weight >= PATHS_MOST * sums->all;
	return false;
}

static bool has(const struct kpm_path *path, const struct kpm_path_step *step)
{
	for (uint32_t i = 0; i < path->count; i++)
		if (path->step[i].name == step->name)
			return true;
	return false;
}

void kpm_paths_find(const struct kpm_owners *o, const struct kpm_samples *s, uint32_t tag,
		    struct kpm_path *path)
{
	struct sums sums = {.count = 0};
	uint64_t heaviest = 0;
	uint32_t order = UINT32_MAX; /* a stack whose functions are in the order of its frames */
	struct kpm_path_step step;

	path->count = 0;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct kpm_sample_of *one = &s->list[i];
		enum kpm_frame_of at;

		if (one->tag != tag)
			continue;
		sums.all += one->weight;
		for (uint32_t f = 0; (at = kpm_owners_frame(o, s, one->stack, f, &step)); f++)
			if (at == KPM_FRAME_PLAIN && !is_dispatcher(step.name))
				add(&sums, &step, one->weight, i);
		if (one->weight > heaviest) {
			heaviest = one->weight;
			order = one->stack;
		}
	}
	if (order == UINT32_MAX)
		return;
	for (uint32_t f = 0; path->count < KPM_PATH_MAX; f++) {
		enum kpm_frame_of at = kpm_owners_frame(o, s, order, f, &step);

		if (!at)
			break;
		if (at == KPM_FRAME_PLAIN && !has(path, &step) && is_common(&sums, &step))
			path->step[path->count++] = step;
	}
}
