/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs do not know before they are loaded and use at each event: where the maps of
 * one value lie, and sizes. In the compiled programs a 64-bit constant KPM_OPERAND_MARK + n stands
 * for it, which src/source/maps.c replaces by the map's value or the number: an operand costs
 * nothing, a lookup or a variable some instructions and a cache line.
 */
#ifndef KPOOLMON_OPERANDS_H
#define KPOOLMON_OPERANDS_H

enum kpm_operand {
	/* pointers to the value of a map that has one */
	KPM_OPERAND_OBJECTS, /* unless there are more blocks than KPM_WHOLE_BLOCKS */
	KPM_OPERAND_TAGS,
	KPM_OPERAND_TALLIES, /* of the same map: those of the first shard */
	KPM_OPERAND_COUNTERS,
	KPM_OPERAND_SHARDS,
	KPM_OPERAND_RECENT,
	/* the map itself, for a lookup */
	KPM_OPERAND_REGIONS,
	/* numbers */
	KPM_OPERAND_BLOCK_COUNT,
	KPM_OPERAND_TAG_SLOTS,  /* a power of two from KPM_TAG_WAYS to KPM_TAGS_MAX */
	KPM_OPERAND_TAG_BYTES,  /* of the table of tags, and of the tallies of a shard */
	KPM_OPERAND_TAG_MASK,   /* that less one */
	KPM_OPERAND_HOME_MASK,  /* the number of buckets of tags, less one */
	KPM_OPERAND_SHARD_MASK, /* the number of shards, a power of two, less one */
	KPM_OPERAND_SHARED,     /* 1: several CPUs have the same shard */
	KPM_OPERAND_CPU_MASK,   /* CPUs that there can be, rounded up in the same way, less one */
	KPM_OPERAND_TEXT_START, /* the kernel's own code; all other call sites may be a module's */
	KPM_OPERAND_TEXT_SIZE,
	KPM_OPERAND_JIFFIES_SCALE, /* 2^32 / HZ: turns jiffies into seconds */
	KPM_OPERANDS
};

#define KPM_OPERAND_MARK 0x6b706f6f6c6d0000

#endif
