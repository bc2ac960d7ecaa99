// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes' accounting: the programs are loaded but not attached, and fired with made-up
 * arguments (BPF_PROG_TEST_RUN on raw_tp). Needs root and a kernel with BTF.
 */
#include "fixture.h"

static void alloc_and_free(void **state)
{
	struct fixture *f = load(1000, 64);
	struct kpm_counts c;

	(void)state;
	alloc(f, SITE(1), PTR(10), 100, 128);
	alloc(f, SITE(1), PTR(30), 100, 128);
	alloc(f, SITE(2), PTR(50), 8, 8);
	sample(f);
	c = at(f, SITE(1));
	assert_int_equal(c.allocs, 2);
	assert_int_equal(c.frees, 0);
	assert_int_equal(c.diff, 2);
	assert_int_equal(c.bytes, 256);
	assert_int_equal(c.asked, 200);
	free_ptr(f, PTR(10));
	free_ptr(f, PTR(50));
	free_ptr(f, PTR(11)); /* unknown: ignored */
	sample(f);
	c = at(f, SITE(1));
	assert_int_equal(c.allocs, 2);
	assert_int_equal(c.frees, 1);
	assert_int_equal(c.diff, 1);
	assert_int_equal(c.bytes, 128);
	assert_int_equal(c.asked, 100);
	assert_int_equal(at(f, SITE(2)).diff, 0);
	assert_int_equal(f->snap.capacity.objects, 1);
	unload(f);
}

static void no_objects(void **state)
{
	struct fixture *f = load(1000, 64);

	(void)state;
	alloc(f, SITE(1), 0, 100, 128);
	alloc(f, SITE(1), 16, 0, 0);
	fire(f, KPM_EVENT_CACHE_ALLOC, SITE(1), 0, 0, 0, 0);
	free_ptr(f, 0);
	free_ptr(f, 16);
	sample(f);
	assert_int_equal(f->snap.count, 0);
	unload(f);
}

static void double_free(void **state)
{
	struct fixture *f = load(1000, 64);

	(void)state;
	alloc(f, SITE(1), PTR(1), 64, 64);
	free_ptr(f, PTR(1));
	free_ptr(f, PTR(1));
	sample(f);
	assert_int_equal(at(f, SITE(1)).frees, 1);
	assert_int_equal(at(f, SITE(1)).diff, 0);
	unload(f);
}

/* A missed free: the old object leaves its own tag, once. */
static void reuse(void **state)
{
	struct fixture *f = load(1000, 64);
	struct kpm_counts c;

	(void)state;
	alloc(f, SITE(1), PTR(1), 60, 64);
	alloc(f, SITE(2), PTR(1), 30, 32);
	sample(f);
	c = at(f, SITE(1));
	assert_int_equal(c.allocs, 1);
	assert_int_equal(c.frees, 1);
	assert_int_equal(c.missed, 1);
	assert_int_equal(c.diff, 0);
	assert_int_equal(c.asked, 0);
	assert_int_equal(at(f, SITE(2)).diff, 1);
	assert_int_equal(f->snap.loss.missed, 1);
	free_ptr(f, PTR(1));
	sample(f);
	assert_int_equal(at(f, SITE(2)).frees, 1);
	assert_int_equal(f->snap.capacity.objects, 0);
	unload(f);
}

/* The same, wherever in the table they stand: more than half of its slots are taken. */
static void reuse_everywhere(void **state)
{
	enum { COUNT = 900 };
	struct fixture *f = load(1000, 64);

	(void)state;
	for (int i = 0; i < COUNT; i++)
		alloc(f, SITE(1), PTR(i * 8), 60, 64);
	for (int i = 0; i < COUNT; i++)
		alloc(f, SITE(2 + i % 2), PTR(i * 8), i % 2 ? 60 : 61 + i % 3, 64);
	sample(f);
	assert_int_equal(at(f, SITE(1)).missed, COUNT);
	assert_int_equal(at(f, SITE(1)).diff, 0);
	assert_int_equal(f->snap.capacity.objects, COUNT);
	for (int i = COUNT - 1; i >= 0; i--)
		free_ptr(f, PTR(i * 8));
	sample(f);
	assert_int_equal(at(f, SITE(2)).frees, COUNT / 2);
	assert_int_equal(at(f, SITE(3)).frees, COUNT / 2);
	assert_int_equal(f->snap.loss.missed, COUNT);
	assert_int_equal(f->snap.loss.refused, 0);
	assert_int_equal(f->snap.capacity.objects, 0);
	unload(f);
}

/* Buckets are searched no further once the objects that overflowed from them are gone. */
static void no_overflow_stays(void **state)
{
	enum { COUNT = 3000 };
	struct fixture *f = load(1000, 1024);
	const struct kpm_bucket *buckets;
	struct kpm_tables_fds fds;
	unsigned int overflow = 0;
	size_t count, size;

	(void)state;
	kpm_probes_fds(&f->probes, &fds);
	count = f->probes.maps.blocks * KPM_BLOCK_BUCKETS;
	size = count * sizeof(*buckets);
	buckets = mmap(NULL, size, PROT_READ, MAP_SHARED, fds.objects, 0);
	assert_true(buckets != MAP_FAILED);
	/* first with some room left, then with too little */
	for (int times = 1; times <= 2; times++) {
		for (int i = 0; i < COUNT * times / 2; i++)
			alloc(f, SITE(i % 600), PTR(i * 8), 64, 64);
		/* once more, as if the frees had been missed */
		for (int i = 0; i < 500; i++)
			alloc(f, SITE(i % 600), PTR(i * 8), 64, 64);
		for (size_t i = 0; i < count; i++)
			overflow += buckets[i].overflow & KPM_OVERFLOW_MAX;
		assert_true(overflow > 10);
		for (int i = 0; i < COUNT * times / 2; i++)
			free_ptr(f, PTR(i * 7919 % COUNT * 8));
		for (int i = 0; i < COUNT; i++)
			free_ptr(f, PTR(i * 8));
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(buckets[i].marks[0], 0);
			assert_int_equal(buckets[i].marks[1], 0);
		}
	}
	munmap((void *)buckets, size);
	unload(f);
}

/* Frees in the tallies, which only the event that belongs to an object may raise. */
static uint64_t tallied_frees(const struct fixture *f)
{
	const struct kpm_maps *maps = &f->probes.maps;
	const size_t count = (size_t)maps->shards_count * maps->tag_slots;
	const size_t size =
		maps->tag_slots * sizeof(struct kpm_tag) + count * sizeof(struct kpm_tally);
	const struct kpm_tag *tags = mmap(NULL, size, PROT_READ, MAP_SHARED, maps->tags, 0);
	const struct kpm_tally *tallies = (const struct kpm_tally *)(tags + maps->tag_slots);
	uint64_t sum = 0;

	assert_true(tags != MAP_FAILED);
	for (size_t i = 0; i < count; i++)
		sum += tallies[i].frees;
	munmap((void *)tags, size);
	return sum;
}

/* kfree() takes objects of a slab cache as well: it counts them where several programs may. */
static void other_event_frees(void **state)
{
	/* objects with a sample do not take the fast path */
	struct fixture *f =
		load_with((struct kpm_live_opts){.objects = 1000, .tags = 64, .samples = -1});

	(void)state;
	for (int i = 0; i < 100; i++) {
		alloc(f, SITE(1), PTR(i * 8), 60, 64);
		fire(f, KPM_EVENT_CACHE_ALLOC, SITE(2), PTR(10000 + i * 8), SITE(3), 0, 0);
	}
	sample(f);
	assert_int_equal(at(f, SITE(1)).diff, 100);
	assert_int_equal(at(f, SITE(2)).diff, 100);
	for (int i = 0; i < 100; i++) {
		fire(f, KPM_EVENT_CACHE_FREE, 0, PTR(i * 8), 0, 0, 0);
		free_ptr(f, PTR(10000 + i * 8));
	}
	sample(f);
	assert_int_equal(at(f, SITE(1)).frees, 100);
	assert_int_equal(at(f, SITE(2)).frees, 100);
	assert_int_equal(f->snap.capacity.objects, 0);
	assert_int_equal(tallied_frees(f), 0);
	alloc(f, SITE(1), PTR(0), 60, 64);
	free_ptr(f, PTR(0));
	assert_int_equal(tallied_frees(f), 1);
	unload(f);
}

/* Atomic operations in a program, as the kernel has it. */
static unsigned int atomics(const struct fixture *f, enum kpm_event event)
{
	const int fd = bpf_program__fd(kpm_probes_program(&f->probes, event));
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info), size;
	struct bpf_insn *code;
	unsigned int n = 0;

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	size = info.xlated_prog_len;
	code = calloc(1, size);
	assert_non_null(code);
	info = (struct bpf_prog_info){.xlated_prog_len = size,
				      .xlated_prog_insns = (uintptr_t)code};
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	for (uint32_t i = 0; i < size / sizeof(*code); i++)
		n += code[i].code == (BPF_STX | BPF_ATOMIC | BPF_DW);
	free(code);
	return n;
}

/* Where CPUs share shards, atomic operations raise the tallies. */
static void more_cpus_than_shards(void **state)
{
	char sys[] = "/tmp/kpoolmon-test-XXXXXX", command[256];
	struct fixture *f = load(1000, 64);
	const unsigned int allocs = atomics(f, KPM_EVENT_KMALLOC);
	const unsigned int frees = atomics(f, KPM_EVENT_KFREE);
	/* 0: this machine's CPUs share them anyway */
	const unsigned int more = f->probes.maps.cpus == f->probes.maps.shards_count;

	(void)state;
	unload(f);
	assert_non_null(mkdtemp(sys));
	snprintf(command, sizeof(command),
		 "cd %s && ln -s /sys/kernel kernel && mkdir -p devices/system/cpu && "
		 "echo 0-63 >devices/system/cpu/possible",
		 sys);
	assert_int_equal(system(command), 0);
	f = load_from(sys, 1000, 64);
	assert_int_equal(f->probes.maps.shards_count, KPM_SHARDS_MAX);
	assert_int_equal(atomics(f, KPM_EVENT_KMALLOC), allocs + more);
	assert_int_equal(atomics(f, KPM_EVENT_KFREE), frees + more);
	for (int i = 0; i < 500; i++)
		alloc(f, SITE(1), PTR(i * 8), 60, 64);
	for (int i = 0; i < 300; i++)
		free_ptr(f, PTR(i * 8));
	sample(f);
	assert_int_equal(at(f, SITE(1)).allocs, 500);
	assert_int_equal(at(f, SITE(1)).frees, 300);
	assert_int_equal(f->snap.capacity.objects, 200);
	unload(f);
	snprintf(command, sizeof(command), "rm -r '%s'", sys);
	assert_int_equal(system(command), 0);
}

static void second_copy_counts_its_catch(void **state)
{
	struct fixture *f = load(1000, 64);

	(void)state;
	alloc(f, SITE(1), PTR(1), 60, 64);
	alloc(f, SITE(1), PTR(9), 60, 64);
	alloc(f, SITE(1), PTR(17), 60, 64);
	free_ptr(f, PTR(1));
	fire(f, KPM_EVENT_KFREE_AGAIN, 0, PTR(1), 0, 0, 0);
	fire(f, KPM_EVENT_KFREE_AGAIN, 0, PTR(9), 0, 0, 0);
	fire(f, KPM_EVENT_CACHE_FREE_AGAIN, 0, PTR(17), 0, 0, 0);
	sample(f);
	assert_int_equal(at(f, SITE(1)).frees, 3);
	assert_int_equal(f->snap.loss.rescued, 2);
	unload(f);
}

/* What the first copy has seen is no longer known once the second was run. */
static void second_copy_forgets(void **state)
{
	struct fixture *f = load(1000, 64);

	(void)state;
	alloc(f, SITE(1), PTR(1), 60, 64);
	free_ptr(f, PTR(1));
	fire(f, KPM_EVENT_KFREE_AGAIN, 0, PTR(1), 0, 0, 0);
	alloc(f, SITE(1), PTR(1), 60, 64);
	fire(f, KPM_EVENT_KFREE_AGAIN, 0, PTR(1), 0, 0, 0);
	fire(f, KPM_EVENT_CACHE_FREE, 0, PTR(9), 0, 0, 0);
	fire(f, KPM_EVENT_CACHE_FREE_AGAIN, 0, PTR(9), 0, 0, 0);
	alloc(f, SITE(1), PTR(9), 60, 64);
	fire(f, KPM_EVENT_CACHE_FREE_AGAIN, 0, PTR(9), 0, 0, 0);
	sample(f);
	assert_int_equal(at(f, SITE(1)).allocs, 3);
	assert_int_equal(at(f, SITE(1)).frees, 3);
	assert_int_equal(f->snap.loss.rescued, 2);
	assert_int_equal(f->snap.loss.missed, 0);
	unload(f);
}

/* The second copy of an alloc program enters what the first has not, and that alone. */
static void alloc_copies_enter_once(void **state)
{
	for (int classic = 0; classic < 2; classic++) {
		struct fixture *f = load_preemptible(classic);

		(void)state;
		alloc(f, SITE(1), PTR(1), 60, 64);
		fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(1), PTR(1), 60, 64, 0);
		fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(1), PTR(9), 60, 64, 0);
		fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(2), PTR(17), 100, 128, GFP_RECLAIMABLE);
		/* the second kmalloc of this site asks for another size */
		fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(1), PTR(25), 50, 64, 0);
		fire(f, KPM_EVENT_CACHE_ALLOC, SITE(3), PTR(33), PTR(5000), 0, 0);
		fire(f, KPM_EVENT_CACHE_ALLOC_AGAIN, SITE(3), PTR(33), PTR(5000), 0, 0);
		fire(f, KPM_EVENT_CACHE_ALLOC_AGAIN, SITE(3), PTR(41), PTR(5000), 0, 0);
		fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(1), 0, 60, 64, 0);
		sample(f);
		assert_int_equal(at(f, SITE(1)).allocs, 3);
		assert_int_equal(at(f, SITE(1)).asked, 60 + 60 + 50);
		assert_int_equal(at(f, SITE(2)).bytes, 128);
		assert_int_equal(at(f, SITE(3)).allocs, 2);
		assert_int_equal(f->snap.loss.missed, 0);
		assert_int_equal(f->snap.loss.rescued, 4);
		for (int i = 0; i < 4; i++)
			free_ptr(f, PTR(1 + i * 8));
		fire(f, KPM_EVENT_CACHE_FREE, SITE(3), PTR(33), PTR(5000), 0, 0);
		fire(f, KPM_EVENT_CACHE_FREE, SITE(3), PTR(41), PTR(5000), 0, 0);
		sample(f);
		assert_int_equal(f->snap.capacity.objects, 0);
		unload(f);
	}
}

/* Each program that a hook or an event names is there, in each attach mode. */
static void named_programs_exist(void **state)
{
	struct fixture *f = load(1000, 64);
	const struct bpf_object *object;

	(void)state;
	object = f->probes.skel->obj;
	for (int hook = 0; hook < KPM_HOOKS; hook++)
		for (enum kpm_attach mode = KPM_ATTACH_FENTRY; mode <= KPM_ATTACH_BOTH; mode++)
			for (int i = 0; i < KPM_HOOK_LINKS; i++) {
				const char *name = kpm_hook_program(hook, mode, i);

				if (name && !bpf_object__find_program_by_name(object, name))
					fail_msg("there is no program %s", name);
			}
	for (enum kpm_event event = 0; event < KPM_EVENTS; event++)
		assert_non_null(kpm_probes_program(&f->probes, event));
	unload(f);
}

/* A stale entry of the address is replaced by whichever copy runs, once. */
static void alloc_copy_replaces(void **state)
{
	struct fixture *f = load_preemptible(true);

	(void)state;
	alloc(f, SITE(1), PTR(1), 60, 64);
	fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(1), PTR(1), 60, 64, 0);
	fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(2), PTR(1), 60, 64, 0);
	sample(f);
	assert_int_equal(at(f, SITE(1)).missed, 1);
	assert_int_equal(at(f, SITE(2)).allocs, 1);
	/* the first copy, though it runs after one that has entered the object */
	alloc(f, SITE(2), PTR(1), 60, 64);
	sample(f);
	assert_int_equal(at(f, SITE(2)).allocs, 1);
	assert_int_equal(at(f, SITE(2)).missed, 0);
	assert_int_equal(f->snap.capacity.objects, 1);
	unload(f);
}

/*
 * A task moves to another CPU between two copies and leaves its pointer behind; later the first copy
 * misses an event of the same address there. The last copy, as this one is without the classic
 * ones, must not take the old pointer for it.
 */
static void migration_hides_no_miss(void **state)
{
	struct fixture *f = load_preemptible(false);

	(void)state;
	alloc(f, SITE(1), PTR(1), 60, 64);
	free_ptr(f, PTR(1));
	fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(1), PTR(1), 60, 64, 0);
	sample(f);
	assert_int_equal(at(f, SITE(1)).allocs, 2);
	fire(f, KPM_EVENT_KFREE_AGAIN, 0, PTR(1), 0, 0, 0);
	sample(f);
	assert_int_equal(at(f, SITE(1)).frees, 2);
	fire(f, KPM_EVENT_CACHE_ALLOC, SITE(3), PTR(33), PTR(5000), 0, 0);
	fire(f, KPM_EVENT_CACHE_FREE, SITE(3), PTR(33), PTR(5000), 0, 0);
	fire(f, KPM_EVENT_CACHE_ALLOC_AGAIN, SITE(3), PTR(33), PTR(5000), 0, 0);
	fire(f, KPM_EVENT_CACHE_FREE_AGAIN, SITE(3), PTR(33), PTR(5000), 0, 0);
	sample(f);
	assert_int_equal(at(f, SITE(3)).allocs, 2);
	assert_int_equal(at(f, SITE(3)).frees, 2);
	assert_int_equal(f->snap.capacity.objects, 0);
	unload(f);
}

/* Without room in the table both copies find none: the object is refused once. */
static void copies_refuse_once(void **state)
{
	struct fixture *f = load_with((struct kpm_live_opts){.objects = 1000,
							     .tags = 64,
							     .preemptible = true,
							     .hooks.classic = KPM_WISH_OFF,
							     .no_sampling = true});
	uint64_t refused;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		alloc(f, SITE(1), PTR(i * 8), 60, 64);
		fire(f, KPM_EVENT_KMALLOC_AGAIN, SITE(1), PTR(i * 8), 60, 64, 0);
	}
	sample(f);
	refused = f->snap.loss.refused;
	assert_true(refused > 0);
	assert_int_equal(at(f, SITE(1)).allocs, 100000);
	assert_int_equal(at(f, SITE(1)).diff + refused, 100000);
	unload(f);
}

/* A table that is larger than one value of a map can be to the verifier. */
static void many_blocks(void **state)
{
	struct fixture *f = load(20000000, 64);

	(void)state;
	for (int i = 0; i < 3000; i++)
		alloc(f, SITE(1), PTR(i * 1001), 64, 64);
	for (int i = 0; i < 1000; i++)
		free_ptr(f, PTR(i * 1001));
	sample(f);
	assert_true(f->snap.capacity.objects_rated >= 20000000);
	assert_int_equal(at(f, SITE(1)).allocs, 3000);
	assert_int_equal(at(f, SITE(1)).diff, 2000);
	assert_int_equal(f->snap.loss.missed, 0);
	unload(f);
}

static void kinds(void **state)
{
	struct fixture *f = load(1000, 64);
	const struct kpm_row *row;

	(void)state;
	fire(f, KPM_EVENT_KMALLOC, SITE(1), PTR(1), 64, 64, GFP_RECLAIMABLE);
	fire(f, KPM_EVENT_KMALLOC, SITE(1), PTR(9), 64, 64, 0);
	fire(f, KPM_EVENT_KMALLOC, SITE(1), PTR(17), 64, 64, GFP_RECLAIMABLE | GFP_DMA);
	/* large: unreclaimable whatever was asked */
	fire(f, KPM_EVENT_KMALLOC, SITE(1), PTR(8192), 9000, 16384, GFP_RECLAIMABLE);
	sample(f);
	assert_int_equal(f->snap.count, 1);
	row = &f->snap.rows[0];
	assert_int_equal(row->kind[KPM_PAGED].diff + row->kind[KPM_NONP].diff, 4);
	assert_true(row->kind[KPM_PAGED].diff == 1 || row->kind[KPM_PAGED].diff == 2);
	assert_true(row->kind[KPM_NONP].bytes >= 16384 + 64);
	unload(f);
}

/* Sizes that vary, small and up to 4 MB: bytes given and asked for stay exact. */
static void asked_bytes(void **state)
{
	static const uint64_t asked[] = {1, 8, 100, 100, 127, 8192, 8193, 4194304, 4000000};
	struct fixture *f = load(1000, 64);
	uint64_t sum = 0, given = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		uint64_t size = 8;

		while (size < asked[i])
			size *= 2;
		alloc(f, SITE(1), PTR(i * 1048576), asked[i], size);
		sum += asked[i];
		given += size;
	}
	sample(f);
	assert_int_equal(at(f, SITE(1)).asked, sum);
	assert_int_equal(at(f, SITE(1)).bytes, given);
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		free_ptr(f, PTR(i * 1048576));
		sum -= asked[i];
		sample(f);
		assert_int_equal(at(f, SITE(1)).asked, sum);
	}
	assert_int_equal(at(f, SITE(1)).bytes, 0);
	unload(f);
}

/* Addresses that differ in one bit only, over all 57. */
static void wide_addresses(void **state)
{
	struct fixture *f = load(1000, 64);

	(void)state;
	for (int bit = 3; bit < 56; bit++)
		alloc(f, SITE(1), 0xff00000000000000ULL | 1ULL << bit, 64, 64);
	sample(f);
	assert_int_equal(at(f, SITE(1)).diff, 53);
	assert_int_equal(at(f, SITE(1)).missed, 0);
	for (int bit = 3; bit < 56; bit++)
		free_ptr(f, 0xff00000000000000ULL | 1ULL << bit);
	sample(f);
	assert_int_equal(at(f, SITE(1)).frees, 53);
	unload(f);
}

/* An address inside the function of that name, 0 if this kernel has none. */
static uint64_t inside(const char *function)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long address;
	char type, name[512];

	while (f && fscanf(f, "%llx %c %511s%*[^\n]", &address, &type, name) == 3)
		if (!strcmp(name, function)) {
			fclose(f);
			return address + 5;
		}
	if (f)
		fclose(f);
	return 0;
}

/* Since 6.10 a large kmalloc raises two events: the allocator's own, then the caller's. */
static void large_counts_once(void **state)
{
	uint64_t wrapper = inside("__kmalloc_noprof");
	struct fixture *f;
	struct kpm_counts c;

	(void)state;
	if (!wrapper)
		skip();
	f = load(1000, 64);
	for (int i = 0; i < 3; i++) {
		alloc(f, wrapper, PTR(i * 4096), 9000, 16384);
		alloc(f, SITE(1), PTR(i * 4096), 9000, 16384);
	}
	sample(f);
	c = at(f, SITE(1));
	assert_int_equal(c.allocs, 3);
	assert_int_equal(c.bytes, 3 * 16384);
	c = at(f, wrapper);
	assert_int_equal(c.allocs, 0);
	assert_int_equal(c.frees, 0);
	assert_int_equal(c.diff, 0);
	assert_int_equal(f->snap.loss.missed, 0);
	/* a missed free of a large object is one all the same */
	alloc(f, wrapper, PTR(0), 9000, 16384);
	alloc(f, SITE(2), PTR(0), 9000, 16384);
	sample(f);
	assert_int_equal(at(f, SITE(1)).missed, 1);
	assert_int_equal(at(f, SITE(1)).diff, 2);
	assert_int_equal(at(f, SITE(2)).diff, 1);
	unload(f);
}

static void object_table_full(void **state)
{
	struct fixture *f = load(1000, 1024);
	uint64_t allocs = 0, diff = 0, refused = 0;

	(void)state;
	/* many call sites, so that none is a large holder */
	for (int i = 0; i < 6000; i++)
		alloc(f, SITE(i % 600), PTR(i * 8), 64, 64);
	sample(f);
	for (uint32_t i = 0; i < f->snap.count; i++) {
		struct kpm_counts c = kpm_row_sum(&f->snap.rows[i]);

		assert_false(f->snap.rows[i].estimated);
		assert_int_equal(c.allocs, 10);
		assert_int_equal(c.allocs, c.diff + c.refused);
		allocs += c.allocs;
		diff += c.diff;
		refused += c.refused;
	}
	assert_int_equal(allocs, 6000);
	assert_true(refused > 0);
	assert_int_equal(f->snap.loss.refused, refused);
	/* more than rated, and nothing refused below that */
	assert_true(diff >= f->snap.capacity.objects_rated);
	/* freeing what was refused takes nothing off */
	for (int i = 0; i < 6000; i++)
		free_ptr(f, PTR(i * 8));
	sample(f);
	assert_int_equal(f->snap.capacity.objects, 0);
	unload(f);
}

static void tag_table_full(void **state)
{
	struct fixture *f = load(1000, 64);
	uint64_t diff = 0;

	(void)state;
	for (int i = 0; i < 500; i++)
		alloc(f, SITE(i), PTR(i * 8), 64, 64);
	sample(f);
	for (uint32_t i = 0; i < f->snap.count; i++)
		diff += kpm_row_sum(&f->snap.rows[i]).diff;
	assert_int_equal(f->snap.capacity.tags, 64);
	assert_int_equal(diff, 64);
	assert_int_equal(f->snap.loss.tags_full, 500 - 64);
	/* an address of a known tag that goes to one without room still leaves its tag */
	alloc(f, SITE(1000), PTR(0), 64, 64);
	sample(f);
	assert_int_equal(f->snap.loss.missed + f->snap.loss.tags_full, 500 - 64 + 2);
	unload(f);
}

/* Outside the kernel's own text a call site is another tag after a module came or went. */
static void modules_retire_tags(void **state)
{
	uint64_t core = inside("vprintk");
	struct fixture *f = load(1000, 64);

	(void)state;
	for (int i = 0; i < 3; i++) {
		alloc(f, SITE(1), PTR(i * 16), 64, 64);
		if (core)
			alloc(f, core, PTR(100 + i * 16), 64, 64);
		fire(f, i ? KPM_EVENT_MODULE_FREE : KPM_EVENT_MODULE_LOAD, 0, 0, 0, 0, 0);
	}
	sample(f);
	assert_int_equal(f->snap.capacity.tags, core ? 4 : 3);
	/* here they have one name, so they are one row */
	assert_int_equal(at(f, SITE(1)).diff, 3);
	assert_int_equal(f->snap.count, core ? 2 : 1);
	free_ptr(f, PTR(0));
	sample(f);
	assert_int_equal(at(f, SITE(1)).diff, 2);
	unload(f);
}

/* DESIGN: one refresh at 5,000 tags takes 5 ms of CPU at most. */
static void refresh(void **state)
{
	struct fixture *f = load(100000, 16384);
	struct timespec before, after;
	double ms;

	(void)state;
	for (int i = 0; i < 5000; i++)
		alloc(f, SITE(i), PTR(i * 16), 64, 64);
	sample(f); /* enters the tags, which happens once */
	assert_int_equal(f->snap.capacity.tags, 5000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	for (int i = 0; i < 20; i++)
		sample(f);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	ms = ((after.tv_sec - before.tv_sec) * 1e3 + (after.tv_nsec - before.tv_nsec) / 1e6) / 20;
	printf("5000 tags: %.2f ms of CPU counted for a refresh\n", ms);
	assert_true(ms < 5);
	unload(f);
}

/* The allocation clock, in seconds. */
static uint32_t clock_now(const struct fixture *f)
{
	uint64_t args[6] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(kpm_probes_clock(&f->probes)), &opts), 0);
	return opts.retval;
}

static int time_of(const struct kpm_slot *entry, void *arg)
{
	*(uint32_t *)arg = entry->w1 & KPM_TIME_MASK;
	return 0;
}

static void allocation_times(void **state)
{
	struct fixture *f = load(1000, 64);
	uint32_t before = clock_now(f), time = 0, after;

	(void)state;
	alloc(f, SITE(1), PTR(1), 64, 64);
	after = clock_now(f);
	kpm_tables_walk(f->tables, time_of, &time);
	assert_true(time == before || time == after);
	/* it is seconds */
	usleep(2500000);
	assert_in_range((clock_now(f) - time) & KPM_TIME_MASK, 2, 4);
	unload(f);
}

/* A leaker is sampled and stays within 2 percent; the tags beside it stay exact. */
static void weights(void **state)
{
	struct fixture *f = load(10000, 256);
	uint64_t leaked = 200000, n = 0;

	(void)state;
	for (uint64_t i = 0; i < leaked; i++) {
		alloc(f, SITE(0), PTR(1000000 + i * 16), 100, 128);
		if (i % 2000 == 0) {
			alloc(f, SITE(1 + n % 20), PTR(n * 8), 64, 64);
			n++;
		}
	}
	sample(f);
	for (uint32_t i = 0; i < f->snap.count; i++) {
		struct kpm_counts c = kpm_row_sum(&f->snap.rows[i]);
		bool leaker = kpm_tagset_get(f->tags, i)->site == SITE(0);

		assert_int_equal(f->snap.rows[i].estimated, leaker);
		if (!leaker) {
			assert_int_equal(c.diff, n / 20);
			continue;
		}
		assert_in_range(c.diff, leaked * 96 / 100, leaked * 104 / 100);
		assert_int_equal(c.bytes, c.diff * 128);
		assert_int_equal(c.refused, 0);
	}
	assert_int_equal(f->snap.loss.refused, 0);
	/* an estimate ends where it began: all of it freed leaves nothing */
	for (uint64_t i = 0; i < leaked; i++)
		free_ptr(f, PTR(1000000 + i * 16));
	sample(f);
	assert_int_equal(at(f, SITE(0)).diff, 0);
	unload(f);
}

struct racer {
	struct fixture *f;
	pthread_barrier_t *barrier;
	enum kpm_event event;
	int cpu, rounds;
	uint64_t site, ptr;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(r->cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	for (int i = 0; i < r->rounds; i++) {
		pthread_barrier_wait(r->barrier);
		fire(r->f, r->event, r->site, r->ptr, 64, 64, 0);
		pthread_barrier_wait(r->barrier);
	}
	return NULL;
}

/* Runs two programs at the same time again and again, each round after an alloc of PTR(1). */
static void run_race(struct fixture *f, struct racer a, struct racer b, int rounds)
{
	pthread_barrier_t barrier;
	pthread_t ta, tb;

	pthread_barrier_init(&barrier, NULL, 3);
	a.f = b.f = f;
	a.barrier = b.barrier = &barrier;
	a.rounds = b.rounds = rounds;
	b.cpu = 1;
	pthread_create(&ta, NULL, race, &a);
	pthread_create(&tb, NULL, race, &b);
	for (int i = 0; i < rounds; i++) {
		alloc(f, SITE(1), PTR(1), 60, 64);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		free_ptr(f, PTR(1));
	}
	pthread_join(ta, NULL);
	pthread_join(tb, NULL);
	pthread_barrier_destroy(&barrier);
}

static void two_frees_at_once(void **state)
{
	struct fixture *f = load(1000, 64);
	const int rounds = 20000;

	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	run_race(f, (struct racer){.event = KPM_EVENT_KFREE, .ptr = PTR(1)},
		 (struct racer){.event = KPM_EVENT_KFREE_AGAIN, .ptr = PTR(1)}, rounds);
	sample(f);
	assert_int_equal(at(f, SITE(1)).allocs, rounds);
	assert_int_equal(at(f, SITE(1)).frees, rounds);
	assert_int_equal(at(f, SITE(1)).missed, 0);
	assert_int_equal(f->snap.capacity.objects, 0);
	unload(f);
}

/* A free and a reuse of the old object at once: it leaves its own tag, once. */
static void free_and_reuse_at_once(void **state)
{
	struct fixture *f = load(1000, 64);
	const int rounds = 20000;

	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	run_race(f, (struct racer){.event = KPM_EVENT_KMALLOC, .site = SITE(2), .ptr = PTR(1)},
		 (struct racer){.event = KPM_EVENT_KFREE, .ptr = PTR(1)}, rounds);
	sample(f);
	assert_int_equal(at(f, SITE(1)).allocs, rounds);
	assert_int_equal(at(f, SITE(1)).frees, rounds);
	assert_int_equal(f->snap.capacity.objects, 0);
	unload(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alloc_and_free),
		cmocka_unit_test(no_objects),
		cmocka_unit_test(double_free),
		cmocka_unit_test(reuse),
		cmocka_unit_test(reuse_everywhere),
		cmocka_unit_test(no_overflow_stays),
		cmocka_unit_test(other_event_frees),
		cmocka_unit_test(more_cpus_than_shards),
		cmocka_unit_test(second_copy_counts_its_catch),
		cmocka_unit_test(second_copy_forgets),
		cmocka_unit_test(alloc_copies_enter_once),
		cmocka_unit_test(named_programs_exist),
		cmocka_unit_test(alloc_copy_replaces),
		cmocka_unit_test(migration_hides_no_miss),
		cmocka_unit_test(copies_refuse_once),
		cmocka_unit_test(many_blocks),
		cmocka_unit_test(kinds),
		cmocka_unit_test(asked_bytes),
		cmocka_unit_test(wide_addresses),
		cmocka_unit_test(large_counts_once),
		cmocka_unit_test(object_table_full),
		cmocka_unit_test(tag_table_full),
		cmocka_unit_test(modules_retire_tags),
		cmocka_unit_test(refresh),
		cmocka_unit_test(allocation_times),
		cmocka_unit_test(weights),
		cmocka_unit_test(two_frees_at_once),
		cmocka_unit_test(free_and_reuse_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
