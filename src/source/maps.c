// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes the array maps whose single value is a whole table, and of its size. */
#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/maps.h"

static int make(int *fd, const char *name, uint64_t value, uint64_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	*fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), value, count, &opts);
	return *fd < 0 ? -errno : 0;
}

uint64_t kpm_maps_tag_bytes(const struct kpm_maps *maps)
{
	return maps->tag_slots * sizeof(struct kpm_tag);
}

uint64_t kpm_maps_blocks(uint64_t blocks)
{
	if (blocks <= KPM_WHOLE_BLOCKS)
		return blocks;
	return (blocks + KPM_REGION_BLOCKS - 1) / KPM_REGION_BLOCKS * KPM_REGION_BLOCKS;
}

int kpm_maps_make(struct kpm_maps *maps)
{
	uint64_t in_value = maps->blocks > KPM_WHOLE_BLOCKS ? KPM_REGION_BLOCKS : maps->blocks;
	int ret;

	if ((ret = make(&maps->objects, "objects", in_value * sizeof(struct kpm_block),
			maps->blocks / in_value)) ||
	    (ret = make(&maps->tags, "tags", kpm_maps_tag_bytes(maps) * (1 + maps->shards_count),
			1)) ||
	    (ret = make(&maps->counters, "counters",
			(uint64_t)maps->shards_count * maps->tag_slots *
				sizeof(struct kpm_counters),
			1)) ||
	    (ret = make(&maps->shards, "shards", maps->shards_count * sizeof(struct kpm_shard),
			1)) ||
	    (ret = make(&maps->recent, "recent", maps->cpus * sizeof(struct kpm_recent), 1)))
		kpm_maps_close(maps);
	return ret;
}

void kpm_maps_close(struct kpm_maps *maps)
{
	int *const all[] = {&maps->objects, &maps->tags, &maps->counters, &maps->shards,
			    &maps->recent};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (*all[i] > 0)
			close(*all[i]);
		*all[i] = 0;
	}
}
