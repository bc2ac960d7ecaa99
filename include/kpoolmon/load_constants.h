/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load-time constants: numbers that the programs use at each event and that are known only when
 * they are loaded, addresses of map values and sizes. The compiled programs have the 64-bit
 * constant KPM_CONST_MARK + n in their place; src/source/skeleton.c replaces it. A constant costs
 * nothing, where a lookup or a variable costs some instructions and a cache line.
 */
#ifndef KPM_LOAD_CONSTANTS_H
#define KPM_LOAD_CONSTANTS_H

enum kpm_const {
	/* pointers to the value of a map that has one */
	KPM_CONST_OBJECTS, /* unless there are more blocks than KPM_WHOLE_BLOCKS */
	KPM_CONST_TAGS,
	KPM_CONST_TALLIES, /* of the same map: those of the first shard */
	KPM_CONST_COUNTERS,
	KPM_CONST_SHARDS,
	KPM_CONST_RECENT,
	/* the map itself, for a lookup */
	KPM_CONST_REGIONS,
	/* numbers */
	KPM_CONST_BLOCK_COUNT,
	KPM_CONST_TAG_SLOTS,  /* a power of two from KPM_TAG_WAYS to KPM_TAGS_MAX */
	KPM_CONST_TAG_BYTES,  /* of the table of tags, and of the tallies of a shard */
	KPM_CONST_TAG_MASK,   /* KPM_CONST_TAG_SLOTS less one */
	KPM_CONST_HOME_MASK,  /* the number of buckets of tags, less one */
	KPM_CONST_SHARD_MASK, /* the number of shards, a power of two, less one */
	KPM_CONST_SHARED,     /* 1: several CPUs have the same shard */
	KPM_CONST_CPU_MASK,   /* possible CPUs, rounded up to a power of two, less one */
	KPM_CONST_TEXT_START, /* the kernel's own code; all other call sites may be a module's */
	KPM_CONST_TEXT_SIZE,
	KPM_CONST_ALLOC_AGAIN,   /* 1: the alloc programs have second copies */
	KPM_CONST_AGAIN_IS_LAST, /* 1: programs are preempted, and there are no classic copies */
	KPM_CONST_JIFFIES_SCALE, /* 2^32 / HZ: turns jiffies into seconds */
	KPM_CONSTS
};

#define KPM_CONST_MARK 0x6b706f6f6c6d0000

#endif
