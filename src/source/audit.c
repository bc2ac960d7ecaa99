// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads the programs of the audit and runs them, a slice at a time: the lists of the CPUs and nodes
 * first, then the object table from one end to the other, over and over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "source/audit_programs.h"
#include "source/kernel.h"
#include "source/libbpf_log.h"
#include "source/maps.h"
#include "source/skeleton.h"

/* In a run of a program: some thousand entries, a millisecond. */
#define BLOCKS_A_RUN 8
#define CPUS_A_RUN   8
/* Processor time with a sample, at most. */
#define BUDGET_MOST 100000000
/* Least number of slabs that must agree on the address of the memory map, and how many of ten. */
#define LANDMARKS_LEAST 4
#define LANDMARKS_AGREE 9

uint64_t kpm_audit_taken(const struct kpm_audit_report *report)
{
	uint64_t sum = 0;

	for (int i = 0; i < KPM_AUDIT_FREE_KINDS; i++)
		sum += report->taken[i];
	return sum;
}

int kpm_audit_run(struct kpm_audit *a, struct bpf_program *program, struct kpm_audit_args *args)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(*args));
	int64_t before = kpm_thread_time();

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts))
		return -errno;
	a->report.cpu_ns += kpm_thread_time() - before;
	a->report.scanned = kpm_audit_state(a)->scanned;
	a->report.inconclusive = kpm_audit_state(a)->inconclusive;
	memcpy(a->report.taken, kpm_audit_state(a)->taken, sizeof(a->report.taken));
	return 0;
}

/* Number of elements of that size in all values of an array map. */
static uint32_t count_values(int fd, uint32_t size)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return 0;
	return (uint64_t)info.max_entries * info.value_size / size;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Finds the address of the memory map, on which most slabs must agree. */
static int find_map(struct kpm_audit *a, struct kpm_err *err)
{
	struct kpm_audit_args args = {0};
	uint64_t base[KPM_LANDMARKS_MAX];
	uint32_t most = 0, same = 0, count;
	int ret = kpm_audit_run(a, a->skel->progs.kpm_audit_landmarks, &args);

	if (ret)
		return kpm_fail(err, ret, "audit: %s", strerror(-ret));
	count = kpm_audit_state(a)->records;
	kpm_audit_state(a)->records = 0;
	for (uint32_t i = 0; i < count; i++)
		if (bpf_map_lookup_elem(bpf_map__fd(a->skel->maps.landmarks), &i, &base[i]))
			return kpm_fail(err, -errno, "audit: %s", strerror(errno));
	qsort(base, count, sizeof(*base), compare);
	for (uint32_t i = 0; i < count; i++) {
		same = i && base[i] == base[i - 1] ? same + 1 : 1;
		if (same > most) {
			most = same;
			kpm_audit_state(a)->map_base = base[i];
		}
	}
	if (most < LANDMARKS_LEAST || most * 10 < count * LANDMARKS_AGREE)
		return kpm_fail(err, -EOPNOTSUPP,
				"audit: %u of %u slabs agree about where the memory map of this "
				"kernel lies, too few; there is no audit",
				most, count);
	return 0;
}

/* Says why the programs could not be loaded. */
static int explain(int code, const struct kpm_roots *roots, struct kpm_err *err)
{
	struct kpm_kernel kernel;

	if (!kpm_kernel_probe(roots, &kernel, NULL) && kernel.audit_lacks)
		return kpm_fail(err, -EOPNOTSUPP,
				"this kernel has no %s; the audit needs Linux 6.13 or newer",
				kernel.audit_lacks);
	return kpm_fail(err, -EOPNOTSUPP, "load the audit: %s; there is no audit on this kernel",
			strerror(-code));
}

/* Opens the object for these tables. */
static int open_skeleton(struct kpm_audit *a, const struct kpm_tables_fds *fds,
			 const struct bpf_object_open_opts *open)
{
	const struct kpm_maps maps = {
		.objects = fds->objects,
		.tags = fds->tags,
		.counters = fds->counters,
		.shards = fds->shards,
		.blocks = a->blocks,
		.tag_slots = count_values(fds->taginfo, sizeof(struct kpm_tag_info)),
		.shards_count = count_values(fds->shards, sizeof(struct kpm_shard)),
	};
	struct audit_bpf *skel = calloc(1, sizeof(*skel));
	int ret = skel ? audit_bpf__create_skeleton(skel) : -ENOMEM;

	if (!ret)
		ret = kpm_skeleton_open(&maps, skel->skeleton, open);
	if (ret)
		audit_bpf__destroy(skel);
	else
		a->skel = skel;
	return ret;
}

static int load(struct kpm_audit *a, const struct kpm_tables_fds *fds,
		const struct kpm_roots *roots, struct kpm_err *err)
{
	char path[4096];
	LIBBPF_OPTS(bpf_object_open_opts, open,
		    .btf_custom_path = kpm_path(roots, KPM_FILE_VMLINUX_BTF, path, sizeof(path)));
	int ret;

	kpm_libbpf_quiet();
	ret = open_skeleton(a, fds, &open);
	if (ret)
		return kpm_fail(err, ret, "open the audit: %s", strerror(-ret));
	a->skel->rodata->have_rdonly_cast = 1;
	a->skel->rodata->have_get_kmem_cache = 1;
	a->skel->rodata->samples_mask = count_values(fds->samples, sizeof(struct kpm_sample)) - 1;
	a->skel->rodata->stacks_mask = count_values(fds->stacks, sizeof(struct kpm_stack)) - 1;
	if ((ret = bpf_map__reuse_fd(a->skel->maps.taginfo, fds->taginfo)) ||
	    (ret = bpf_map__reuse_fd(a->skel->maps.samples, fds->samples)) ||
	    (ret = bpf_map__reuse_fd(a->skel->maps.stacks, fds->stacks)) ||
	    (ret = bpf_map__reuse_fd(a->skel->maps.sampled, fds->sampled)))
		return kpm_fail(err, ret, "audit: %s", strerror(-ret));
	ret = bpf_map__set_max_entries(a->skel->maps.charged_samples,
				       a->skel->rodata->samples_mask + 1);
	if (ret)
		return kpm_fail(err, ret, "audit: %s", strerror(-ret));
	ret = audit_bpf__load(a->skel);
	return ret ? explain(ret, roots, err) : 0;
}

int kpm_audit_open(const struct kpm_tables_fds *fds, const struct kpm_roots *roots,
		   struct kpm_audit **audit, struct kpm_err *err)
{
	struct kpm_audit *a = calloc(1, sizeof(*a));
	uint32_t nodes;
	int ret;

	if (!a)
		return kpm_fail(err, -ENOMEM, "out of memory");
	a->blocks = count_values(fds->objects, sizeof(struct kpm_block));
	a->cpus = kpm_kernel_numbers(roots, KPM_FILE_CPUS);
	ret = load(a, fds, roots, err);
	if (!ret) {
		kpm_audit_state(a)->min_age = KPM_AUDIT_MIN_AGE_S;
		nodes = kpm_kernel_numbers(roots, KPM_FILE_NODES);
		kpm_audit_state(a)->nodes = nodes ? nodes : 1;
		ret = find_map(a, err);
	}
	if (ret) {
		kpm_audit_close(a);
		return ret;
	}
	/* starting somewhere else each time, many short runs cover the whole table, too */
	a->block = (uint64_t)kpm_now() / 1000 % a->blocks;
	a->sampled_ns = kpm_now();
	*audit = a;
	return 0;
}

void kpm_audit_close(struct kpm_audit *a)
{
	if (!a)
		return;
	audit_bpf__destroy(a->skel);
	free(a);
}

/* The second pass over all candidates. */
static int confirm(struct kpm_audit *a)
{
	struct kpm_audit_args args = {.count = kpm_audit_state(a)->records};
	int ret = args.count ? kpm_audit_run(a, a->skel->progs.kpm_audit_confirm, &args) : 0;

	kpm_audit_state(a)->records = 0;
	return ret;
}

/* Is there room for candidates of another run? */
static bool has_room(const struct kpm_audit *a)
{
	return kpm_audit_state(a)->records < KPM_CANDIDATES_MAX;
}

/* The first pass over the next part of the lists or the table. */
static int scan(struct kpm_audit *a)
{
	bool lists = a->cpu < a->cpus;
	struct kpm_audit_args args = {
		.first = lists ? a->cpu : a->block,
		.count = lists ? a->cpus - a->cpu : a->blocks - a->block,
	};
	int ret;

	if (args.count > (lists ? CPUS_A_RUN : BLOCKS_A_RUN))
		args.count = lists ? CPUS_A_RUN : BLOCKS_A_RUN;
	ret = kpm_audit_run(
		a, lists ? a->skel->progs.kpm_audit_lists : a->skel->progs.kpm_audit_scan, &args);
	if (ret)
		return ret;
	a->scanned_ns = kpm_now();
	/* if candidates did not fit, these lists are scanned once more after the second pass */
	a->again = lists && !a->again && !has_room(a);
	if (!lists)
		a->block += kpm_audit_state(a)->done;
	else if (!a->again)
		a->cpu += args.count;
	if (a->block >= a->blocks) {
		a->cpu = a->block = 0;
		a->report.rounds += a->whole;
		a->whole = true;
	}
	return 0;
}

int kpm_audit_step(struct kpm_audit *a, int64_t budget_ns)
{
	int64_t until = a->report.cpu_ns + budget_ns;
	uint64_t rounds = a->report.rounds;
	int ret = 0;

	if (kpm_now() - a->scanned_ns < KPM_AUDIT_PAUSE_MS * 1000000LL)
		return 0;
	ret = confirm(a);
	while (!ret && has_room(a) && a->report.cpu_ns < until && a->report.rounds == rounds)
		ret = scan(a);
	return ret;
}

static void pause_between(void)
{
	const struct timespec pause = {.tv_nsec = KPM_AUDIT_PAUSE_MS * 1000000L};

	nanosleep(&pause, NULL);
}

void kpm_audit_sample(struct kpm_audit *a, struct kpm_snapshot *snap)
{
	int64_t now = kpm_now(), budget = (now - a->sampled_ns) / 100;

	a->sampled_ns = now;
	if (budget > BUDGET_MOST)
		budget = BUDGET_MOST;
	/* a failure is no reason to lose the sample; the next one tries again */
	if (!kpm_audit_step(a, budget) && a->report.rounds)
		snap->have |= KPM_HAVE_AUDIT;
}

int kpm_audit_both(struct kpm_audit *a, int64_t budget_ns)
{
	int ret = kpm_audit_step(a, budget_ns);

	pause_between();
	return ret ? ret : confirm(a);
}

int kpm_audit_whole(struct kpm_audit *a)
{
	uint64_t rounds = a->report.rounds;
	int ret = 0;

	a->cpu = a->block = 0;
	a->whole = true;
	while (!ret && (a->report.rounds == rounds || kpm_audit_state(a)->records)) {
		while (!ret && has_room(a) && a->report.rounds == rounds)
			ret = scan(a);
		pause_between();
		if (!ret)
			ret = confirm(a);
	}
	return ret;
}

const struct kpm_audit_report *kpm_audit_done(const struct kpm_audit *a)
{
	return &a->report;
}
