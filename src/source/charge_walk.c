// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs the programs of bpf/charges.bpf.h a slice at a time, then reads and empties their maps. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "base/array.h"
#include "base/clock.h"
#include "source/audit_programs.h"
#include "source/charge_walk.h"

/* In a run of a program: some thousand entries, a millisecond. */
#define BLOCKS_A_RUN 8

static int count_objects(struct kpm_audit *a)
{
	int ret = 0;

	for (uint32_t block = 0; !ret && block < a->blocks; block += BLOCKS_A_RUN) {
		struct kpm_audit_args args = {.first = block, .count = a->blocks - block};

		if (args.count > BLOCKS_A_RUN)
			args.count = BLOCKS_A_RUN;
		ret = kpm_audit_run(a, a->skel->progs.kpm_audit_charges, &args);
		if (!ret && kpm_audit_state(a)->charges_unknown)
			ret = -EOPNOTSUPP;
	}
	return ret;
}

static int read_groups(struct kpm_audit *a, struct kpm_charges *out)
{
	uint32_t count = kpm_audit_state(a)->groups;

	out->group_count = 0;
	if (kpm_array_reserve(out->groups, out->group_capacity, count))
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct kpm_group g;

		if (bpf_map_lookup_elem(bpf_map__fd(a->skel->maps.groups), &i, &g))
			return -errno;
		out->groups[out->group_count++] = (struct kpm_charged_group){
			.identity = g.objcg,
			.id = g.id,
			.cgroup2 = !g.hierarchy,
			.removed = g.inherited,
		};
	}
	return 0;
}

static int add_charge(const struct kpm_tables *tables, struct kpm_charges *out, uint64_t key,
		      uint64_t objects)
{
	uint32_t tag, group = key;

	/* a tag that is newer than the last reading */
	if (!kpm_tables_known(tables, key >> 32, &tag))
		return 0;
	if (tag >= out->tag_count) {
		if (kpm_array_reserve(out->objects, out->tag_capacity, tag + 1))
			return -ENOMEM;
		memset(out->objects + out->tag_count, 0,
		       (tag + 1 - out->tag_count) * sizeof(*out->objects));
		out->tag_count = tag + 1;
	}
	out->objects[tag] += objects;
	if (group == KPM_NOT_CHARGED)
		return 0;
	if (kpm_array_reserve(out->list, out->capacity, out->count + 1))
		return -ENOMEM;
	out->list[out->count++] = (struct kpm_charge){
		.tag = tag,
		.group = group == KPM_NO_GROUP ? KPM_CHARGED_UNKNOWN : group - 1,
		.objects = objects,
	};
	return 0;
}

/* Reads the sums and leaves none: each key is taken out once it was read. */
static int read_sums(struct kpm_audit *a, const struct kpm_tables *tables, struct kpm_charges *out)
{
	int fd = bpf_map__fd(a->skel->maps.charges), ret = 0;
	uint64_t key, objects;

	out->count = out->tag_count = 0;
	while (!bpf_map_get_next_key(fd, NULL, &key)) {
		if (bpf_map_lookup_elem(fd, &key, &objects) || bpf_map_delete_elem(fd, &key))
			return -errno;
		if (!ret)
			ret = add_charge(tables, out, key, objects);
	}
	return ret;
}

/* Each walk finds the groups itself: memory of one that has gone may be another's. */
static int forget_groups(struct kpm_audit *a)
{
	int fd = bpf_map__fd(a->skel->maps.group_index);
	uint64_t key;

	while (!bpf_map_get_next_key(fd, NULL, &key))
		if (bpf_map_delete_elem(fd, &key))
			return -errno;
	kpm_audit_state(a)->groups = 0;
	return 0;
}

static int read_samples(struct kpm_audit *a, uint32_t places, struct kpm_charges *out)
{
	struct kpm_audit_args args = {.count = places};
	int ret = kpm_audit_run(a, a->skel->progs.kpm_audit_charged_samples, &args);
	size_t size = places * sizeof(uint64_t);
	const uint64_t *charged;

	out->sample_count = 0;
	if (ret || kpm_array_reserve(out->samples, out->sample_capacity, places))
		return ret ? ret : -ENOMEM;
	charged = mmap(NULL, size, PROT_READ, MAP_SHARED,
		       bpf_map__fd(a->skel->maps.charged_samples), 0);
	if (charged == MAP_FAILED)
		return -errno;
	for (uint32_t i = 0; i < places; i++)
		out->samples[out->sample_count++] = charged[i];
	munmap((void *)charged, size);
	return 0;
}

int kpm_charge_walk(struct kpm_audit *a, const struct kpm_tables *tables, struct kpm_charges *out)
{
	int ret = forget_groups(a);

	out->time_ns = kpm_now();
	kpm_audit_state(a)->charges_lost = 0;
	if (!ret)
		ret = count_objects(a);
	if (!ret)
		ret = read_groups(a, out);
	if (!ret)
		ret = read_sums(a, tables, out);
	/* parts of what is known in part would be wrong */
	if (!ret && kpm_audit_state(a)->charges_lost)
		ret = -ENOBUFS;
	if (!ret)
		ret = read_samples(a, kpm_tables_sample_places(tables), out);
	return ret;
}
