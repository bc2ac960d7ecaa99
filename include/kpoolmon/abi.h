/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of the maps, which the probes (bpf/) and user space share.
 *
 * Pinned maps outlive a version of the tool, so every change of a struct, a bit or the meaning
 * of a counter here must raise KPM_ABI_VERSION. All numbers are in host byte order.
 *
 * The maps (all arrays; all but `about` mapped into user space). Those marked = have one value,
 * which is the whole array: the probes then reach an element by its place, without a lookup of its
 * own.
 *
 *   objects = the live objects: blocks of buckets of slots, set-associative, two choices; more than
 *             KPM_WHOLE_BLOCKS are several values, of KPM_REGION_BLOCKS blocks each
 *   tags    = hash table of the tags' keys; the slot index is the tag's number. After it
 *             [shard][tag] the tallies: the counters that nearly every event raises
 *   taginfo   description of a tag, written once by the probe that claimed it
 *   taglist   numbers of the tags claimed so far, in that order, so that a reader's work grows
 *             with the tags in use
 *   counters= [shard][tag] counters that only grow (rule: user space subtracts)
 *   shards  = [shard] counters that belong to no tag
 *   recent  = [CPU] the last pointers that the first copies of the programs saw; not for
 *             user space
 *   samples = the samples (struct kpm_sample), sets of KPM_SET by a hash of the object's address
 *   stacks  = their stacks (struct kpm_stack), sets of KPM_SET by the stack's hash
 *   sampled = [tag] struct kpm_sampled
 *   gone    = names of return addresses in modules that were unloaded (struct kpm_gone), sets of
 *             KPM_SET by a hash of the address
 *   runs    [group of CPUs][tag] a word (bpf/samples.bpf.h); not for user space
 *   credits [CPU] struct kpm_credit
 *   control   one struct kpm_control
 *   about     one struct kpm_about; pinned maps only, no probe reads it
 */
#ifndef KPM_ABI_H
#define KPM_ABI_H

/* The probes have the types from bpf/types.bpf.h. */
#ifndef __bpf__
#include <linux/types.h>
#endif

#include <kpoolmon/kinds.h>

#define KPM_ABI_VERSION 6

/*
 * A slot of the object table: two words.
 *
 *   w0  63      KPM_W0_SECOND
 *       62..10  address >> 3, the low 53 bits (bits 55..3 of the address: all that differs between
 *               kernel addresses, with four- and five-level page tables)
 *        9..0   KPM_W0_* flags and the weight
 *   w1  63..48  tag number
 *       47..25  bytes asked for, KPM_ASKED_MAX at most
 *       24..0   allocation time, seconds of the kernel's jiffies, modulo a little over a year
 *
 * w0 == 0 is a free slot. A slot is claimed by a compare-and-swap of w0 from 0 to the address with
 * KPM_W0_BUSY and published by a plain store of w0 without it after the rest is written. It is
 * given up by a compare-and-swap that sets KPM_W0_BUSY, whose winner accounts for the object, and
 * a plain store of 0. The CPU that has set KPM_W0_BUSY owns the slot and its mark.
 */
struct kpm_slot {
	__u64 w0;
	__u64 w1;
};

#define KPM_ADDR_BITS   53
#define KPM_ADDR_SHIFT  10
#define KPM_ADDR_MASK   ((1ULL << KPM_ADDR_BITS) - 1)
#define KPM_W0_KEY(ptr) ((((__u64)(ptr) >> 3) & KPM_ADDR_MASK) << KPM_ADDR_SHIFT)
/* all that is not the address */
#define KPM_W0_META (KPM_W0_SECOND | ((1ULL << KPM_ADDR_SHIFT) - 1))
/* entered by a second copy of a program, and not seen by the first one since */
#define KPM_W0_SECOND (1ULL << 63)
/* log2 of how many objects the entry stands for */
#define KPM_W0_WEIGHT 0x00fULL
/* claimed and not written yet, or being given up: no entry */
#define KPM_W0_BUSY 0x010ULL
/* a large kmalloc: whole pages, no slab */
#define KPM_W0_LARGE 0x020ULL
/* entered by the allocator's own event of a large kmalloc; the caller's event follows */
#define KPM_W0_WRAPPER 0x040ULL
/* bytes asked for differ from the tag's usual figure and were counted apart */
#define KPM_W0_UNUSUAL 0x080ULL
/* of a slab cache: entered by kmem_cache_alloc, where kmalloc knows no cache */
#define KPM_W0_CACHE 0x100ULL
/* a sample of the object exists */
#define KPM_W0_SAMPLE 0x200ULL

#define KPM_TAG_SHIFT   48
#define KPM_ASKED_SHIFT 25
#define KPM_ASKED_MAX   ((1ULL << 23) - 1)
#define KPM_TIME_MASK   ((1ULL << 25) - 1)

/*
 * A bucket of the object table: four cache lines. `mark[i]` is 0 for a free slot i, KPM_MARK_USED
 * if the object in it is in the first slot of its first bucket, else that with KPM_MARK_DISPLACED
 * and six bits of the address's hash, so that eight slots are searched at once, and none if nothing
 * is displaced. `overflow` is 0, or KPM_MARK_DISPLACED with the number of objects that did not fit
 * and went on to the next of their buckets, which is searched only then. At KPM_OVERFLOW_MAX it
 * stays.
 */
#define KPM_BUCKET_SLOTS   15
#define KPM_MARK_USED      0x80
#define KPM_MARK_DISPLACED 0x40
#define KPM_OVERFLOW_MAX   0x3f
struct kpm_bucket {
	union {
		struct {
			__u8 mark[KPM_BUCKET_SLOTS];
			__u8 overflow;
		};
		__u64 marks[2];
	};
	struct kpm_slot slot[KPM_BUCKET_SLOTS];
};

/* Both choices of an object lie in one block: one map lookup, one or two pages. */
#define KPM_BLOCK_BUCKETS 32
struct kpm_block {
	struct kpm_bucket bucket[KPM_BLOCK_BUCKETS];
};
#define KPM_BLOCK_SLOTS (KPM_BLOCK_BUCKETS * KPM_BUCKET_SLOTS)
/* The verifier follows a place in a value up to 2^29 bytes. */
#define KPM_WHOLE_BLOCKS  65535
#define KPM_REGION_BLOCKS 1024

/*
 * Objects are rated at this share of the slots: 28.4 bytes each. Simulated, in steady churn:
 * 5 inserts of 10 million refused at 60 percent, none at 50.
 */
#define KPM_RATED_PERCENT 60
/* Rated objects at which the sampling of large holders begins, in percent of the rated ones. */
#define KPM_SAMPLE_PERCENT 60
#define KPM_SAMPLE_MAX     12

/*
 * The hot half of a tag. `key` is a 64-bit hash of call site and generation and of slab cache or
 * size and kind; it is claimed by one compare-and-swap from 0, and becomes its complement when
 * another slab cache is made where the tag's was. `word` is 0 until the claimant has written
 * everything else about the tag; the second word of the tag's slots begins with it:
 *
 *   63..48  the tag's number
 *   47..25  its usual bytes: as many as its first allocation asked for, KPM_ASKED_MAX at most
 *   24..16  0
 *   15..8   KPM_TAG_*
 *    7..0   log2 of the present sampling, 0: every object
 *
 * The lowest 25 bits are 0 for a tag whose objects take the fast path.
 */
struct kpm_tag {
	__u64 key;
	union {
		__u64 word;
		struct { /* the host is little-endian */
			__u8 shift;
			__u8 flags;
		};
	};
};

#define KPM_TAG_USUAL(word)    ((word) >> KPM_ASKED_SHIFT & KPM_ASKED_MAX)
#define KPM_TAG_FLAGS(word)    ((word) >> 8 & 0xff)
#define KPM_TAG_SAMPLING(word) ((word)&0xff)
#define KPM_TAG_IS_PLAIN(word) ((word) && !((word)&KPM_TIME_MASK))

#define KPM_TAG_WRAPPER 0x01 /* the call site lies in the allocator (large kmalloc) */
#define KPM_TAG_SAMPLED 0x02 /* has been sampled at some time: figures are estimates */
#define KPM_TAG_LARGE   0x04 /* large kmallocs */
#define KPM_TAG_CACHES  0x08 /* the objects are slab caches: struct kmem_cache */
#define KPM_TAG_RARE    0x10 /* allocates rarely: each entry comes to the sampler */
#define KPM_TAG_RAISED  0x20 /* the same until the deadline in struct kpm_sampled */

#define KPM_TAG_WAYS 4
struct kpm_tag_bucket {
	struct kpm_tag tag[KPM_TAG_WAYS];
};
/* Tag buckets searched for a tag before the table counts as full for it. */
#define KPM_TAG_PROBES 16

/*
 * The cold half of a tag. Each kernel tag has one size and one kind, so that bytes need no
 * counter: bytes outstanding = objects outstanding x size.
 */
struct kpm_tag_info {
	__u64 site;  /* call site: return address into the caller of the allocator */
	__u64 cache; /* struct kmem_cache *, 0 for kmalloc */
	__u32 size;  /* bytes that each object occupies */
	__u8 kind;   /* enum kpm_kind */
	__u8 large;  /* a large kmalloc: whole pages */
	/* the call site's module was unloaded since; set by the probe of module_free */
	__u8 unloaded;
	__u8 retired; /* its slab cache is gone: another was made at the same pointer */
	/* %pB of the call site, `load_msg+0x41/0x1e0 [module]`; empty if the kernel refused;
	 * `(bulk) CACHE` or `(nolock) CACHE` where the stack did not tell the caller (site 0) */
	char symbol[KPM_SYMBOL_LEN];
	/* slab cache, for kmalloc the one that the first object lay in; may be empty */
	char cache_name[KPM_CACHE_NAME_LEN];
	__u64 reserved;
};

/*
 * Counters of a tag in one shard: a cache line. Objects, times their weight. With those of its
 * tally: entries of the tag in the table = allocs - frees - reused - moved - audited.
 */
struct kpm_counters {
	__u64 allocs;        /* entered into the table */
	__u64 frees;         /* taken off by a free */
	__u64 reused;        /* taken off because the address was allocated again: a missed free */
	__u64 moved;         /* moved to the caller's tag: large kmallocs */
	__u64 refused;       /* not entered: table full */
	__u64 unusual;       /* net: entries whose bytes asked for are not the tag's usual ones */
	__u64 unusual_asked; /* net: bytes asked for by those */
	__u64 audited;       /* taken off by the audit */
};

/*
 * The rest of a tag's allocs and frees in one shard: objects of weight 1, as all of their tag,
 * entered and taken off by the first copies of the programs on the events. Each of the two words is
 * raised by one program only (that of kmalloc or kmem_cache_alloc, that of kfree or
 * kmem_cache_free), which the kernel does not run inside itself: where each CPU has a shard, no
 * atomic operation is needed.
 */
struct kpm_tally {
	__u64 allocs;
	__u64 frees;
};

/* Whose second copy it was: that of the program on an event, or of a hook. */
enum kpm_rescue {
	KPM_RESCUE_KFREE,
	KPM_RESCUE_CACHE_FREE,
	KPM_RESCUE_KMALLOC,
	KPM_RESCUE_CACHE_ALLOC,
	KPM_RESCUE_HOOK,
	KPM_RESCUES
};

/* Counters of one shard that belong to no tag: two cache lines. */
struct kpm_shard {
	__u64 tags_full;            /* allocations not accounted: no room for their tag */
	__u64 rescued[KPM_RESCUES]; /* objects that a second copy of a program caught alone */
	__u64 hook_runs[KPM_HOOKS];
	__u64 reserved[3];
};

#define KPM_SHARDS_MAX 16

/*
 * A sample: one allocation that was looked at closely. It lives as long as its object, whose first
 * word then has KPM_W0_SAMPLE, and stands for 2^weight entries of its tag.
 *
 * w0 is 0 for a free place. A place is claimed by a compare-and-swap of w0 from 0 to the address
 * with KPM_W0_BUSY, written, and published by w0 without it; it is given up the other way round.
 * `sequence` is raised by each writer. A reader that finds w0, w1 and `sequence` the same before
 * and after has one sample.
 */
struct kpm_sample {
	__u64 w0;      /* KPM_W0_KEY of the object, KPM_W0_BUSY */
	__u64 w1;      /* the second word of the object's entry: tag, bytes asked for, second */
	__u64 time;    /* CLOCK_MONOTONIC, ns */
	__u64 started; /* of the process, CLOCK_BOOTTIME, ns */
	__u64 cgroup;  /* id, 0: not known */
	char comm[16]; /* of the process: its main thread */
	__u32 pid;     /* of the process, in the first namespace */
	__u32 tid;
	__u32 stack; /* place in `stacks` */
	__u32 sequence;
	__u16 cpu;
	__u8 weight;
	__u8 flags;       /* KPM_SAMPLE_* */
	__u32 generation; /* of the stack */
};

/*
 * In an interrupt the process is the one that it hit; whether it was one is told by the stack. (The
 * count of the kernel that says it is a symbol that few kernels let programs have.)
 */
#define KPM_SAMPLE_KTHREAD 0x01 /* a thread of the kernel */

#define KPM_SET          8 /* places where a sample or a stack can be, twice */
#define KPM_STACK_FRAMES 48

/*
 * A stack, of one tag. `refs` counts the samples that have it. At 0 the place may be used again,
 * for which a compare-and-swap claims it: the upper half, the generation, rises, and
 * KPM_STACK_BUSY is set until the rest is written.
 */
struct kpm_stack {
	__u64 hash;  /* of frames and tag; 0: never used */
	__u64 refs;  /* 63..32 generation, 31 KPM_STACK_BUSY, 30..0 living samples */
	__u64 taken; /* entries that its samples, living or not, stood for */
	__u64 time;  /* CLOCK_MONOTONIC when it was first seen, ns */
	__u32 tag;
	__u16 frames;
	__u8 cut;   /* 1: there are more frames */
	__u8 whole; /* 1: the call site was not found in it: frames of the probe come first */
	__u64 ip[KPM_STACK_FRAMES]; /* return addresses, that of the allocation first */
};
#define KPM_STACK_BUSY          (1ULL << 31)
#define KPM_STACK_LIVING(refs)  ((refs) & (KPM_STACK_BUSY - 1))
#define KPM_STACK_GENERATION(r) ((r) >> 32)

/* The name of an address in stacks that are older than `time`; after that other code lies there. */
struct kpm_gone {
	__u64 ip;                    /* 0: free */
	__u64 time;                  /* CLOCK_MONOTONIC when the code went, at the latest, ns */
	char symbol[KPM_SYMBOL_LEN]; /* as in struct kpm_tag_info; empty: it has none */
};
#define KPM_GONE_MAX 1024

/* Of one tag. */
struct kpm_sampled {
	__u64 taken;    /* samples taken */
	__u64 lost;     /* samples that should have been taken: no credit, no room, no stack */
	__u64 living;   /* entries that the living samples stand for */
	__u64 deadline; /* with KPM_TAG_RAISED: a second of the clock of allocation times */
};

/* Of one CPU: nanoseconds that may still be spent on samples, and the jiffy they were counted in. */
struct kpm_credit {
	__u64 time;
	__s64 usual;
	__s64 raised; /* of tags with KPM_TAG_RAISED */
	__u64 spent;  /* ns, all in all */
	__u64 reserved[4];
};

/*
 * Of one CPU: the pointers that the first copies were last run for, until their second copies have
 * run. A cache line.
 */
struct kpm_recent {
	__u64 kfree;
	__u64 cache_free;
	__u64 kmalloc;
	__u64 cache_alloc;
	__u64 cache; /* scratch of the classic copies */
	__u64 reserved[3];
};

struct kpm_control {
	__u32 version;    /* KPM_ABI_VERSION */
	__u32 tag_count;  /* tags claimed: valid entries of `taglist` */
	__u64 started;    /* CLOCK_MONOTONIC when tracking began, ns */
	__u64 generation; /* modules that came or went and whose code could not be found */
	__u32 stopped;    /* set when tracking is stopped: readers close the maps */
	__u32 modules;    /* modules that came or went */
	__u64 reserved[4];
};

#define KPM_ABOUT_VERSION_LEN 24

/*
 * Facts for the readers of pinned maps that no other map has. `abi` and `version` are at these
 * offsets in every version.
 */
struct kpm_about {
	__u32 abi; /* KPM_ABI_VERSION */
	__u32 reserved_flags;
	char version[KPM_ABOUT_VERSION_LEN]; /* of the kpoolmon that made them */
	__u64 started_wall;                  /* CLOCK_REALTIME when tracking began, ns */
	__u8 attach[KPM_HOOKS];              /* enum kpm_attach of each hook */
	__u8 second;                         /* enum kpm_second_copies */
	__u64 reserved[2];
};

#define KPM_ASSERT(what) _Static_assert(what, #what)
KPM_ASSERT(sizeof(struct kpm_slot) == 16);
KPM_ASSERT(sizeof(struct kpm_bucket) == 256);
KPM_ASSERT(sizeof(struct kpm_block) == 8192);
KPM_ASSERT(sizeof(struct kpm_tag) == 16);
KPM_ASSERT(sizeof(struct kpm_tag_bucket) == 64);
KPM_ASSERT(sizeof(struct kpm_tag_info) == 192);
KPM_ASSERT(sizeof(struct kpm_counters) == 64);
KPM_ASSERT(sizeof(struct kpm_tally) == 16);
KPM_ASSERT(sizeof(struct kpm_shard) == 128);
KPM_ASSERT(sizeof(struct kpm_recent) == 64);
KPM_ASSERT(sizeof(struct kpm_sample) == 80);
KPM_ASSERT(sizeof(struct kpm_stack) == 40 + 8 * KPM_STACK_FRAMES);
KPM_ASSERT(sizeof(struct kpm_gone) == 136);
KPM_ASSERT(sizeof(struct kpm_sampled) == 32);
KPM_ASSERT(sizeof(struct kpm_credit) == 64);
KPM_ASSERT(sizeof(struct kpm_control) == 64);
KPM_ASSERT(sizeof(struct kpm_about) == 64);
/* address, weight and flags fill w0 but its top bit */
KPM_ASSERT(KPM_ADDR_BITS + KPM_ADDR_SHIFT == 63);
/* tag, bytes asked for and allocation time fill w1, and do not overlap */
KPM_ASSERT(((KPM_TAGS_MAX - 1ULL) << KPM_TAG_SHIFT ^ KPM_ASKED_MAX << KPM_ASKED_SHIFT ^
	    KPM_TIME_MASK) == ~0ULL);
KPM_ASSERT(KPM_ASKED_MAX >= 4 << 20);
KPM_ASSERT(KPM_TIME_MASK >= 365ULL * 24 * 3600);
KPM_ASSERT((KPM_W0_WEIGHT | KPM_W0_BUSY | KPM_W0_LARGE | KPM_W0_WRAPPER | KPM_W0_UNUSUAL |
	    KPM_W0_CACHE | KPM_W0_SAMPLE) < 1ULL << KPM_ADDR_SHIFT);
KPM_ASSERT(KPM_SAMPLE_MAX <= KPM_W0_WEIGHT);
KPM_ASSERT(KPM_TAGS_MAX == 1 << (64 - KPM_TAG_SHIFT));

#endif
