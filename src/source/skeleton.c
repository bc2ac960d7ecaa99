// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The constants are filled in before libbpf sees the object: libbpf knows the address of a map's
 * value only for data sections, whose size is fixed at compile time. A constant is the instruction
 * that loads 64 bits, two words of eight bytes:
 *
 *   18 RR 00 00 LL LL LL LL  00 00 00 00 HH HH HH HH
 *
 * The low half of RR is the register, the high half tells how the kernel takes the number: as it
 * is, LL its lower and HH its upper half; or LL as the descriptor of a map; or as that of a map
 * whose value is meant, from byte HH on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include <kpoolmon/load_constants.h>

#include "source/skeleton.h"

uint64_t kpm_tick_ns(void)
{
	struct timespec tick;

	/* the resolution of the coarse clocks is the length of a tick: 1/HZ */
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return tick.tv_nsec;
}

/* Turns jiffies into seconds, times 2^32. */
static uint64_t jiffies_scale(void)
{
	return (kpm_tick_ns() << 32) / 1000000000;
}

/* The number that replaces a constant, how the kernel is to take it, and the offset in a value. */
static uint64_t resolve(const struct kpm_maps *maps, unsigned int constant, uint8_t *how,
			uint32_t *offset)
{
	*offset = 0;
	*how = constant < KPM_CONST_REGIONS    ? BPF_PSEUDO_MAP_VALUE
	       : constant == KPM_CONST_REGIONS ? BPF_PSEUDO_MAP_FD
					       : 0;
	switch ((enum kpm_const)constant) {
	case KPM_CONST_OBJECTS:
		/* with several values it has no single address, and the code that uses it is dead
		 */
		return maps->blocks > KPM_WHOLE_BLOCKS ? maps->tags : maps->objects;
	case KPM_CONST_REGIONS:
		return maps->objects;
	case KPM_CONST_TALLIES:
		*offset = kpm_maps_tag_bytes(maps);
		return maps->tags;
	case KPM_CONST_TAGS:
		return maps->tags;
	case KPM_CONST_COUNTERS:
		return maps->counters;
	case KPM_CONST_SHARDS:
		return maps->shards;
	case KPM_CONST_RECENT:
		return maps->recent;
	case KPM_CONST_BLOCK_COUNT:
		return maps->blocks;
	case KPM_CONST_TAG_SLOTS:
		return maps->tag_slots;
	case KPM_CONST_TAG_BYTES:
		return kpm_maps_tag_bytes(maps);
	case KPM_CONST_TAG_MASK:
		return maps->tag_slots - 1;
	case KPM_CONST_HOME_MASK:
		return maps->tag_slots / KPM_TAG_WAYS - 1;
	case KPM_CONST_SHARD_MASK:
		return maps->shards_count - 1;
	case KPM_CONST_SHARED:
		return maps->cpus > maps->shards_count;
	case KPM_CONST_CPU_MASK:
		return maps->cpus - 1;
	case KPM_CONST_TEXT_START:
		return maps->text_start;
	case KPM_CONST_TEXT_SIZE:
		return maps->text_end - maps->text_start;
	case KPM_CONST_ALLOC_AGAIN:
		return maps->alloc_again;
	case KPM_CONST_AGAIN_IS_LAST:
		return maps->again_is_last;
	case KPM_CONST_JIFFIES_SCALE:
		return jiffies_scale();
	case KPM_CONSTS:
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
		    load[1].code || number - KPM_CONST_MARK >= KPM_CONSTS)
			continue;
		number = resolve(maps, number - KPM_CONST_MARK, &how, &offset);
		load[0].src_reg = how;
		load[0].imm = number;
		load[1].imm = how ? offset : number >> 32;
		memcpy(copy + at, load, sizeof(load));
	}
	return copy;
}

int kpm_skeleton_open(const struct kpm_maps *maps, struct bpf_object_skeleton *skeleton,
		      const struct bpf_object_open_opts *opts)
{
	void *filled_in = fill_in(maps, skeleton->data, skeleton->data_sz);
	int ret;

	if (!filled_in)
		return -ENOMEM;
	skeleton->data = filled_in;
	ret = bpf_object__open_skeleton(skeleton, opts);
	skeleton->data = NULL; /* libbpf has copied it */
	free(filled_in);
	return ret;
}
