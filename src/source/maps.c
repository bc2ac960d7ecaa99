// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operands are filled in before libbpf sees the object: it knows a map's value only for sections of
 * data, whose size is fixed when they are compiled. An operand is the instruction that loads 64
 * bits, two words of eight bytes:
 *
 *   18 RR 00 00 LL LL LL LL  00 00 00 00 HH HH HH HH
 *
 * RR is the register (low half) and how the kernel is to take the number LL (high half): as what it
 * is, with the upper half HH, or as the descriptor of a map, or of a map whose value is meant, from
 * its byte HH.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include <kpoolmon/abi.h>

#include "source/maps.h"

/* Turns jiffies into seconds, times 2^32. */
static uint64_t jiffies_scale(void)
{
	struct timespec tick;

	/* the resolution of the coarse clocks is the length of a tick: 1/HZ */
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return ((uint64_t)tick.tv_nsec << 32) / 1000000000;
}

static int make(int *fd, const char *name, uint64_t value, uint64_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	*fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), value, count, &opts);
	return *fd < 0 ? -errno : 0;
}

/* Of the table of tags, and of the tallies of a shard. */
static uint64_t tag_bytes(const struct kpm_maps *maps)
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
	    (ret = make(&maps->tags, "tags", tag_bytes(maps) * (1 + maps->shards_count), 1)) ||
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

/* What an operand becomes: how the kernel takes it, the number, and where in a map's value. */
static uint64_t resolve(const struct kpm_maps *maps, unsigned int operand, uint8_t *how,
			uint32_t *offset)
{
	*offset = 0;
	*how = operand < KPM_OPERAND_REGIONS    ? BPF_PSEUDO_MAP_VALUE
	       : operand == KPM_OPERAND_REGIONS ? BPF_PSEUDO_MAP_FD
						: 0;
	switch ((enum kpm_operand)operand) {
	case KPM_OPERAND_OBJECTS:
		/* that of several values has no place, and the code that needs it is not run */
		return maps->blocks > KPM_WHOLE_BLOCKS ? maps->tags : maps->objects;
	case KPM_OPERAND_REGIONS:
		return maps->objects;
	case KPM_OPERAND_TALLIES:
		*offset = tag_bytes(maps);
		return maps->tags;
	case KPM_OPERAND_TAGS:
		return maps->tags;
	case KPM_OPERAND_COUNTERS:
		return maps->counters;
	case KPM_OPERAND_SHARDS:
		return maps->shards;
	case KPM_OPERAND_RECENT:
		return maps->recent;
	case KPM_OPERAND_BLOCK_COUNT:
		return maps->blocks;
	case KPM_OPERAND_TAG_SLOTS:
		return maps->tag_slots;
	case KPM_OPERAND_TAG_BYTES:
		return tag_bytes(maps);
	case KPM_OPERAND_TAG_MASK:
		return maps->tag_slots - 1;
	case KPM_OPERAND_HOME_MASK:
		return maps->tag_slots / KPM_TAG_WAYS - 1;
	case KPM_OPERAND_SHARD_MASK:
		return maps->shards_count - 1;
	case KPM_OPERAND_SHARED:
		return maps->cpus > maps->shards_count;
	case KPM_OPERAND_CPU_MASK:
		return maps->cpus - 1;
	case KPM_OPERAND_TEXT_START:
		return maps->text_start;
	case KPM_OPERAND_TEXT_SIZE:
		return maps->text_end - maps->text_start;
	case KPM_OPERAND_JIFFIES_SCALE:
		return jiffies_scale();
	case KPM_OPERANDS:
		break;
	}
	return 0;
}

static void *fill_in(const struct kpm_maps *maps, const void *image, size_t size)
{
	char *copy = malloc(size);

	if (!copy)
		return NULL;
	memcpy(copy, image, size);
	for (size_t at = 0; at + 2 * sizeof(struct bpf_insn) <= size;
	     at += sizeof(struct bpf_insn)) {
		struct bpf_insn load[2];
		uint64_t number;
		uint32_t offset;
		uint8_t how;

		memcpy(load, copy + at, sizeof(load));
		number = (uint32_t)load[0].imm | (uint64_t)(uint32_t)load[1].imm << 32;
		if (load[0].code != (BPF_LD | BPF_IMM | BPF_DW) || load[0].src_reg || load[0].off ||
		    load[1].code || number - KPM_OPERAND_MARK >= KPM_OPERANDS)
			continue;
		number = resolve(maps, number - KPM_OPERAND_MARK, &how, &offset);
		load[0].src_reg = how;
		load[0].imm = number;
		load[1].imm = how ? offset : number >> 32;
		memcpy(copy + at, load, sizeof(load));
	}
	return copy;
}

int kpm_maps_open(const struct kpm_maps *maps, struct bpf_object_skeleton *skeleton,
		  const struct bpf_object_open_opts *opts)
{
	void *filled_in = fill_in(maps, skeleton->data, skeleton->data_sz);
	int ret;

	if (!filled_in)
		return -ENOMEM;
	skeleton->data = filled_in;
	ret = bpf_object__open_skeleton(skeleton, opts);
	skeleton->data = NULL; /* the library has read all of it */
	free(filled_in);
	return ret;
}
