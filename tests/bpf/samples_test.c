// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples: when they are taken, with which weight, and that they go with their objects. */
#include "fixture.h"

#include <sys/wait.h>

struct sampled {
	struct fixture *f;
	struct kpm_samples samples;
};

static struct sampled *load_sampled(struct kpm_live_opts opts)
{
	struct sampled *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->f = load_with(opts);
	return s;
}

static void unload_sampled(struct sampled *s)
{
	kpm_samples_done(&s->samples);
	unload(s->f);
	free(s);
}

static void read_samples(struct sampled *s)
{
	sample(s->f);
	assert_int_equal(kpm_tables_samples(s->f->tables, &s->samples), 0);
	assert_int_equal(s->samples.unread, 0);
}

static uint32_t tag_at(struct sampled *s, uint64_t site)
{
	for (uint32_t i = 0; i < s->f->snap.count; i++)
		if (kpm_tagset_get(s->f->tags, i)->site == site)
			return i;
	fail_msg("no such call site");
	return 0;
}

/* Samples of a call site, and the objects that they stand for. */
static uint32_t samples_at(struct sampled *s, uint64_t site, uint64_t *weight)
{
	uint32_t tag = tag_at(s, site), n = 0;

	*weight = 0;
	for (uint32_t i = 0; i < s->samples.count; i++) {
		if (s->samples.list[i].tag != tag)
			continue;
		n++;
		*weight += s->samples.list[i].weight;
	}
	return n;
}

static void rare_ones_are_all_sampled(void **state)
{
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 1000, .tags = 64});
	const struct kpm_sample_of *one;
	uint64_t weight;

	(void)state;
	for (int i = 0; i < 10; i++)
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
	read_samples(s);
	assert_int_equal(samples_at(s, SITE(1), &weight), 10);
	assert_int_equal(weight, 10);
	one = &s->samples.list[0];
	assert_int_equal(one->pid, getpid());
	assert_memory_equal(one->comm, "samples_test", sizeof("samples_test"));
	assert_false(one->kthread);
	assert_int_equal(one->asked, 60);
	assert_true(one->time_ns <= kpm_now() && one->time_ns > kpm_now() - 10 * KPM_SECOND);
	assert_true(one->cgroup != 0);
	/* a made-up call site is in no stack: the whole of it is kept */
	assert_int_equal(s->samples.stack_count, 1);
	assert_true(s->samples.stacks[0].whole);
	assert_true(s->samples.stacks[0].frames > 3);
	assert_int_equal(s->samples.stacks[0].taken, 10);
	unload_sampled(s);
}

static void freed_with_the_object(void **state)
{
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 1000, .tags = 64});
	uint64_t weight;

	(void)state;
	for (int i = 0; i < 4; i++)
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
	/* a free, its address allocated again, a second event of a large kmalloc */
	free_ptr(s->f, PTR(0));
	alloc(s->f, SITE(2), PTR(8), 60, 64);
	read_samples(s);
	assert_int_equal(samples_at(s, SITE(1), &weight), 2);
	assert_int_equal(samples_at(s, SITE(2), &weight), 1);
	assert_int_equal(s->samples.count, 3);
	/* what was taken stays known: survival is taken against living */
	for (uint32_t i = 0; i < s->samples.stack_count; i++)
		if (s->samples.stacks[i].tag == tag_at(s, SITE(1)))
			assert_int_equal(s->samples.stacks[i].taken, 4);
	for (int i = 1; i < 4; i++)
		free_ptr(s->f, PTR(i * 8));
	read_samples(s);
	assert_int_equal(s->samples.count, 0);
	assert_int_equal(s->samples.tags[tag_at(s, SITE(1))].taken, 4);
	unload_sampled(s);
}

/* The caller of a large kmalloc is sampled, the allocator that its first event names is not. */
static void moved(void **state)
{
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 1000, .tags = 64});
	uint64_t weight;

	(void)state;
	alloc(s->f, SITE(1), PTR(0), 10000, 12288);
	read_samples(s);
	assert_int_equal(samples_at(s, SITE(1), &weight), 1);
	unload_sampled(s);
}

/* Everything lives: the estimate from the weights is what was allocated. */
static void weights(void **state)
{
	enum { COUNT = 20000 };
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 40000, .tags = 64});
	uint64_t weight, n;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
	read_samples(s);
	n = samples_at(s, SITE(1), &weight);
	/* far fewer than objects, and what they stand for is right to some percent */
	printf("[          ] %lu samples stand for %lu of %d\n", n, weight, COUNT);
	assert_true(n > 50 && n < 2000);
	assert_true(weight > COUNT * 8 / 10 && weight < COUNT * 12 / 10);
	for (int i = 0; i < COUNT; i++)
		free_ptr(s->f, PTR(i * 8));
	read_samples(s);
	assert_int_equal(s->samples.count, 0);
	unload_sampled(s);
}

/* Where each second one is freed in step, the rest is half of what was taken: no place is chosen in
 * step with a loop. */
static void not_in_step(void **state)
{
	enum { COUNT = 40000 };
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 80000, .tags = 64});
	uint64_t weight;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
	for (int i = 0; i < COUNT; i += 2)
		free_ptr(s->f, PTR(i * 8));
	read_samples(s);
	samples_at(s, SITE(1), &weight);
	printf("[          ] they stand for %lu of %d\n", weight, COUNT / 2);
	assert_true(weight > COUNT * 35 / 100 && weight < COUNT * 65 / 100);
	unload_sampled(s);
}

/* The rate falls: within a few seconds each one is sampled again. */
static void interval_adapts(void **state)
{
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 40000, .tags = 64});
	uint64_t weight, before, after;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
		free_ptr(s->f, PTR(i * 8));
	}
	read_samples(s);
	before = s->samples.tags[tag_at(s, SITE(1))].taken;
	assert_true(before < 600);
	/* slowly: a hundred in five seconds */
	for (int i = 0; i < 200; i++) {
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
		usleep(25000);
	}
	read_samples(s);
	after = s->samples.tags[tag_at(s, SITE(1))].taken;
	samples_at(s, SITE(1), &weight);
	printf("[          ] %lu of 20000, then %lu of 200 for %lu\n", before, after - before,
	       weight);
	/* of the first ones, before that is noticed, one stands for many */
	assert_true(after - before > 50);
	assert_true(weight > 60 && weight < 600);
	unload_sampled(s);
}

static uint32_t allocation_second(const struct fixture *f)
{
	uint64_t args[6] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(kpm_probes_clock(&f->probes)), &opts), 0);
	return opts.retval;
}

/* A raised tag is sampled each time, until the deadline that the probe itself obeys. */
static void raised_until_the_deadline(void **state)
{
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 100000, .tags = 64});
	struct kpm_tables_fds fds;
	uint64_t weight, before;
	uint32_t tag, n;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
		free_ptr(s->f, PTR(i * 8));
	}
	read_samples(s);
	tag = tag_at(s, SITE(1));
	kpm_probes_fds(&s->f->probes, &fds);
	assert_int_equal(
		kpm_tables_raise(s->f->tables, &fds, tag, allocation_second(s->f) + 2, true), 0);
	for (int i = 0; i < 500; i++)
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
	read_samples(s);
	n = samples_at(s, SITE(1), &weight);
	/* all but those of a run that was under way */
	assert_true(n > 430 && weight > 430);
	sleep(4);
	for (int i = 0; i < 5000; i++) {
		alloc(s->f, SITE(1), PTR(50000 + i * 8), 60, 64);
		free_ptr(s->f, PTR(50000 + i * 8));
	}
	read_samples(s);
	before = s->samples.tags[tag].taken;
	for (int i = 0; i < 5000; i++) {
		alloc(s->f, SITE(1), PTR(50000 + i * 8), 60, 64);
		free_ptr(s->f, PTR(50000 + i * 8));
	}
	read_samples(s);
	assert_true(s->samples.tags[tag].taken - before < 500);
	unload_sampled(s);
}

/* Without credit a busy tag gives way at once: it must not take what comes in from others for good. */
static void busy_ones_give_way(void **state)
{
	/* enough for some ten samples */
	const struct kpm_live_opts opts = {.objects = 1000, .tags = 64, .samples = 1};
	struct sampled *s = load_sampled(opts);
	struct kpm_sampled_tag *tag;

	(void)state;
	for (int i = 0; i < 40000; i++) {
		alloc(s->f, SITE(1), PTR(i % 100 * 8), 60, 64);
		free_ptr(s->f, PTR(i % 100 * 8));
	}
	read_samples(s);
	tag = &s->samples.tags[tag_at(s, SITE(1))];
	printf("[          ] %lu taken, %lu lost\n", tag->taken, tag->lost);
	assert_true(tag->taken > 0 && tag->taken + tag->lost < 50);
	unload_sampled(s);
}

/* Credit that others have nearly spent is not spent to its end: who comes last has its share. */
static void the_last_have_their_share(void **state)
{
	enum { COUNT = 150000, OTHERS = 400, OF_EACH = 100 };
	/* the usual credit, enough for some thousands of samples on a CPU */
	const struct kpm_live_opts opts = {.objects = 1000000, .tags = 1024, .samples = 1000};
	struct sampled *s = load_sampled(opts);
	uint64_t first = 0, last = 0;
	uint32_t tag;
	pid_t child;
	int status;

	(void)state;
	for (int i = 0; i < OTHERS * OF_EACH; i++)
		alloc(s->f, SITE(100 + i / OF_EACH), PTR(i * 8), 60, 64);
	for (int i = 0; i < COUNT; i++)
		alloc(s->f, SITE(1), PTR(1000000 + i * 8), 60, 64);
	child = fork();
	if (!child) {
		for (int i = 0; i < COUNT; i++)
			alloc(s->f, SITE(1), PTR(3000000 + i * 8), 60, 64);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	read_samples(s);
	tag = tag_at(s, SITE(1));
	for (uint32_t i = 0; i < s->samples.count; i++) {
		if (s->samples.list[i].tag != tag)
			continue;
		if (s->samples.list[i].pid == (uint32_t)child)
			last += s->samples.list[i].weight;
		else
			first += s->samples.list[i].weight;
	}
	printf("[          ] %lu of %d, then %lu of %d; %lu lost\n", first, COUNT, last, COUNT,
	       s->samples.tags[tag].lost);
	assert_true(first + last > COUNT && last > 0);
	assert_true(s->samples.tags[tag].lost < 8);
	unload_sampled(s);
}

/* Stacks of which much was taken stay known, though many others come by after them. */
static void figures_outlive_passers_by(void **state)
{
	enum { KEPT = 4, OTHERS = 400 };
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 2000, .tags = 1024});
	uint32_t found = 0;

	(void)state;
	for (int i = 0; i < KEPT * 12; i++) {
		alloc(s->f, SITE(i % KEPT), PTR(i * 8), 60, 64);
		free_ptr(s->f, PTR(i * 8));
	}
	usleep(2200000);
	for (int i = 0; i < OTHERS * 8; i++) {
		alloc(s->f, SITE(KEPT + i / 8), PTR(i * 8), 60, 64);
		free_ptr(s->f, PTR(i * 8));
	}
	read_samples(s);
	for (int i = 0; i < KEPT; i++)
		for (uint32_t k = 0; k < s->samples.stack_count; k++)
			found += s->samples.stacks[k].tag == tag_at(s, SITE(i)) &&
				 s->samples.stacks[k].taken == 12;
	assert_int_equal(found, KEPT);
	unload_sampled(s);
}

/* No more samples than there is room for; the objects are counted all the same. */
static void table_full(void **state)
{
	enum { SITES = 1000 };
	struct sampled *s = load_sampled((struct kpm_live_opts){.objects = 2000, .tags = 2048});

	(void)state;
	for (int i = 0; i < SITES; i++)
		alloc(s->f, SITE(i), PTR(i * 8), 60, 64);
	read_samples(s);
	assert_true(s->samples.count <= 512);
	assert_int_equal(s->f->snap.capacity.objects, SITES);
	for (int i = 0; i < SITES; i++)
		free_ptr(s->f, PTR(i * 8));
	read_samples(s);
	assert_int_equal(s->samples.count, 0);
	unload_sampled(s);
}

static void off(void **state)
{
	struct sampled *s =
		load_sampled((struct kpm_live_opts){.objects = 1000, .tags = 64, .samples = -1});

	(void)state;
	for (int i = 0; i < 10; i++)
		alloc(s->f, SITE(1), PTR(i * 8), 60, 64);
	read_samples(s);
	assert_int_equal(s->samples.count, 0);
	assert_int_equal(s->f->snap.capacity.objects, 10);
	unload_sampled(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rare_ones_are_all_sampled),
		cmocka_unit_test(freed_with_the_object),
		cmocka_unit_test(moved),
		cmocka_unit_test(weights),
		cmocka_unit_test(not_in_step),
		cmocka_unit_test(interval_adapts),
		cmocka_unit_test(raised_until_the_deadline),
		cmocka_unit_test(busy_ones_give_way),
		cmocka_unit_test(the_last_have_their_share),
		cmocka_unit_test(figures_outlive_passers_by),
		cmocka_unit_test(table_full),
		cmocka_unit_test(off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
