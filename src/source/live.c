// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The live source: loads the probes, attaches them, reads their maps. Links and programs live as
 * long as their file descriptors, so that whatever ends the process takes the probes away.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <kpoolmon/books.h>
#include <kpoolmon/kernel.h>
#include <kpoolmon/meminfo.h>
#include <kpoolmon/source.h>

#include "kpoolmon.skel.h"
#include "probes.h"

struct live {
	struct kpm_source source;
	struct kpm_live_opts opts;
	struct kpoolmon_bpf *skel;
	struct kpm_books *books;
	struct bpf_link *links[KPM_PROBES];
	struct kpm_loss at_detach; /* the programs' own figures, kept when they are gone */
	bool detached;
	int64_t started_ns;
	struct utsname uts;
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

uint64_t kpm_default_objects(uint64_t memory_bytes)
{
	uint64_t objects = memory_bytes / 250 / 32; /* 0.4 percent, 32 bytes an object */

	if (objects < KPM_OBJECTS_FLOOR)
		return KPM_OBJECTS_FLOOR;
	return objects > KPM_OBJECTS_CAP ? KPM_OBJECTS_CAP : objects;
}

uint32_t kpm_default_tags(uint64_t objects)
{
	return objects < 2000000 ? 8192 : 16384;
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

/* Says in one sentence what a refusal of the kernel to load or attach means. */
static int explain(const struct kpm_live_opts *opts, int code, const char *what,
		   struct kpm_err *err)
{
	char path[4096], mode[128] = "";
	FILE *f;

	code = code < 0 ? code : -code;
	f = fopen(kpm_path(&opts->roots, KPM_FILE_LOCKDOWN, path, sizeof(path)), "re");
	if (f) {
		if (!fgets(mode, sizeof(mode), f))
			mode[0] = '\0';
		fclose(f);
	}
	if (strstr(mode, "[confidentiality]"))
		return kpm_fail(err, code, "%s: the kernel is locked down (confidentiality), which "
				"forbids BPF to read kernel memory; boot with "
				"lockdown=integrity or none", what);
	if (code == -EPERM || code == -EACCES)
		return kpm_fail(err, code, "%s: permission denied; run as root or with CAP_BPF and "
				"CAP_PERFMON", what);
	if (code == -ENOMEM || code == -E2BIG)
		return kpm_fail(err, code, "%s: no memory for tables of %llu objects; give a "
				"smaller --objects", what, (unsigned long long)opts->objects);
	return kpm_fail(err, code, "%s: %s", what, strerror(-code));
}

/* Sizes of the maps and the constants of the programs; `opts` has no zeros any more. */
static void configure(struct kpoolmon_bpf *skel, const struct kpm_live_opts *opts,
		      const struct kpm_kernel *kernel)
{
	uint64_t slots = opts->objects * 100 / KPM_RATED_PERCENT;
	uint32_t blocks = (slots + KPM_BLOCK_SLOTS - 1) / KPM_BLOCK_SLOTS;
	uint32_t cpus = libbpf_num_possible_cpus(), shards;
	struct timespec tick;

	shards = power_of_two(cpus < KPM_SHARDS_MAX ? cpus : KPM_SHARDS_MAX);
	/* the resolution of the coarse clocks is the length of a tick: 1/HZ */
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);

	skel->rodata->block_count = blocks;
	skel->rodata->tag_slots = opts->tags;
	skel->rodata->shard_mask = shards - 1;
	skel->rodata->rated_objects = opts->objects;
	skel->rodata->jiffies_scale = (tick.tv_nsec << 32) / 1000000000;
	skel->rodata->have_rdonly_cast = kernel->rdonly_cast;
	skel->rodata->have_get_kmem_cache = kernel->get_kmem_cache;

	bpf_map__set_max_entries(skel->maps.objects, blocks);
	bpf_map__set_max_entries(skel->maps.tags, opts->tags / KPM_TAG_WAYS);
	bpf_map__set_max_entries(skel->maps.taginfo, opts->tags);
	bpf_map__set_max_entries(skel->maps.taglist, opts->tags);
	bpf_map__set_max_entries(skel->maps.counters, opts->tags * shards);
	bpf_map__set_max_entries(skel->maps.shards, shards);
}

static struct bpf_program *program(const struct kpoolmon_bpf *skel, enum kpm_probe probe)
{
	struct bpf_program *const programs[KPM_PROBES] = {
		[KPM_PROBE_KFREE] = skel->progs.kpm_kfree,
		[KPM_PROBE_KFREE_AGAIN] = skel->progs.kpm_kfree_again,
		[KPM_PROBE_CACHE_FREE] = skel->progs.kpm_cache_free,
		[KPM_PROBE_CACHE_FREE_AGAIN] = skel->progs.kpm_cache_free_again,
		[KPM_PROBE_KMALLOC] = skel->progs.kpm_kmalloc,
		[KPM_PROBE_CACHE_ALLOC] = skel->progs.kpm_cache_alloc,
	};

	return programs[probe];
}

static int attach(struct live *live, struct kpm_err *err)
{
	for (int i = 0; i < KPM_PROBES; i++) {
		const struct kpm_probe_info *info = &kpm_probes[i];
		char what[64];

		if (info->rescue && live->opts.no_rescue)
			continue;
		live->links[i] = bpf_program__attach_raw_tracepoint(program(live->skel, i),
								    info->event);
		if (live->links[i])
			continue;
		snprintf(what, sizeof(what), "attach to tracepoint kmem:%s", info->event);
		return explain(&live->opts, errno, what, err);
	}
	return 0;
}

/* Recursion misses of a program: events for which the kernel did not run it. */
static uint64_t misses(const struct live *live, enum kpm_probe probe)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (!live->links[probe] ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(program(live->skel, probe)), &info, &len))
		return 0;
	return info.recursion_misses;
}

static void program_losses(const struct live *live, struct kpm_loss *loss)
{
	loss->skipped = misses(live, KPM_PROBE_KFREE) + misses(live, KPM_PROBE_CACHE_FREE);
	loss->lost_max = live->opts.no_rescue ? loss->skipped :
						misses(live, KPM_PROBE_KFREE_AGAIN) +
						misses(live, KPM_PROBE_CACHE_FREE_AGAIN);
	loss->allocs = misses(live, KPM_PROBE_KMALLOC) + misses(live, KPM_PROBE_CACHE_ALLOC);
}

static int live_sample(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err)
{
	struct live *live = (struct live *)src;
	struct kpm_loss own = live->at_detach;
	int ret;

	snap->have = 0;
	memset(&snap->loss, 0, sizeof(snap->loss));
	snap->mono_ns = clock_ns(CLOCK_MONOTONIC);
	snap->wall_ns = clock_ns(CLOCK_REALTIME);
	snap->started_ns = live->started_ns;
	ret = kpm_books_read(live->books, src->tags, snap, err);
	if (ret)
		return ret;
	if (!live->detached)
		program_losses(live, &own);
	snap->loss.skipped = own.skipped;
	snap->loss.lost_max = own.lost_max;
	snap->loss.allocs = own.allocs;
	snap->have |= KPM_HAVE_LOSS | (live->opts.no_rescue ? 0 : KPM_HAVE_RESCUE);
	if (!kpm_meminfo_read(&live->opts.roots, &snap->memory, NULL))
		snap->have |= KPM_HAVE_MEMORY;
	snprintf(snap->host, sizeof(snap->host), "%s", live->uts.nodename);
	snprintf(snap->kernel, sizeof(snap->kernel), "%s", live->uts.release);
	/* the hooks of the frees that raise no event are not built yet */
	snprintf(snap->missing, sizeof(snap->missing), "%s", KPM_UNHOOKED);
	return 0;
}

static int live_detach(struct kpm_source *src, struct kpm_err *err)
{
	struct live *live = (struct live *)src;
	int ret = 0;

	if (live->detached)
		return 0;
	for (int i = 0; i < KPM_PROBES; i++) {
		/* a program's figures are final once its link is gone */
		struct bpf_link *link = live->links[i];
		int one = link ? bpf_link__detach(link) : 0;

		if (one && one != -EOPNOTSUPP)
			ret = one;
	}
	program_losses(live, &live->at_detach);
	for (int i = 0; i < KPM_PROBES; i++) {
		bpf_link__destroy(live->links[i]);
		live->links[i] = NULL;
	}
	live->detached = true;
	return ret ? kpm_fail(err, ret, "detach the probes: %s", strerror(-ret)) : 0;
}

static void live_close(struct kpm_source *src)
{
	struct live *live = (struct live *)src;

	for (int i = 0; i < KPM_PROBES; i++)
		bpf_link__destroy(live->links[i]);
	kpm_books_close(live->books);
	kpoolmon_bpf__destroy(live->skel);
	free(live);
}

static const struct kpm_source_ops live_ops = {
	.sample = live_sample,
	.detach = live_detach,
	.close = live_close,
};

/* Checks the sizes and replaces zeros by what fits the machine. */
static int settle_sizes(struct kpm_live_opts *opts, struct kpm_err *err)
{
	struct kpm_memory memory;
	int ret;

	if (!opts->objects) {
		ret = kpm_meminfo_read(&opts->roots, &memory, err);
		if (ret)
			return ret;
		opts->objects = kpm_default_objects(memory.total);
	}
	if (!opts->tags)
		opts->tags = kpm_default_tags(opts->objects);
	if (opts->objects < KPM_OBJECTS_MIN || opts->objects > KPM_OBJECTS_MAX)
		return kpm_fail(err, -EINVAL, "--objects %llu is not in %d to %d",
				(unsigned long long)opts->objects, KPM_OBJECTS_MIN,
				KPM_OBJECTS_MAX);
	if (opts->tags < KPM_TAGS_MIN || opts->tags > KPM_TAGS_MAX)
		return kpm_fail(err, -EINVAL, "--tags %u is not in %d to %d", opts->tags,
				KPM_TAGS_MIN, KPM_TAGS_MAX);
	opts->tags = power_of_two(opts->tags);
	return 0;
}

/* libbpf's own words are for its developers; ours come from explain(). */
static int no_words(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (getenv("KPOOLMON_DEBUG_BPF"))
		return vfprintf(stderr, fmt, args);
	(void)level;
	return 0;
}

int kpm_live_open(const struct kpm_live_opts *opts, struct kpm_tagset *tags,
		  struct kpm_source **src, struct kpm_err *err)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct kpm_control ctl = {.version = KPM_ABI_VERSION};
	struct kpm_kernel kernel;
	struct kpm_books_fds fds;
	struct live *live;
	uint32_t zero = 0;
	int ret;

	live = calloc(1, sizeof(*live));
	if (!live)
		return kpm_fail(err, -ENOMEM, "out of memory");
	live->source.ops = &live_ops;
	live->source.tags = tags;
	live->opts = *opts;
	uname(&live->uts);
	libbpf_set_print(no_words);
	setrlimit(RLIMIT_MEMLOCK, &unlimited); /* before 5.11 maps counted against it */

	ret = kpm_kernel_probe(&opts->roots, &kernel, err);
	if (!ret)
		ret = settle_sizes(&live->opts, err);
	if (ret)
		goto fail;
	live->skel = kpoolmon_bpf__open();
	if (!live->skel) {
		ret = explain(&live->opts, errno, "open the probes", err);
		goto fail;
	}
	configure(live->skel, &live->opts, &kernel);
	ret = kpoolmon_bpf__load(live->skel);
	if (ret) {
		ret = explain(&live->opts, ret, "load the probes", err);
		goto fail;
	}
	live->started_ns = clock_ns(CLOCK_MONOTONIC);
	ctl.started = live->started_ns;
	fds = (struct kpm_books_fds){
		.objects = bpf_map__fd(live->skel->maps.objects),
		.tags = bpf_map__fd(live->skel->maps.tags),
		.taginfo = bpf_map__fd(live->skel->maps.taginfo),
		.taglist = bpf_map__fd(live->skel->maps.taglist),
		.counters = bpf_map__fd(live->skel->maps.counters),
		.shards = bpf_map__fd(live->skel->maps.shards),
		.control = bpf_map__fd(live->skel->maps.control),
	};
	if (bpf_map_update_elem(fds.control, &zero, &ctl, 0)) {
		ret = explain(&live->opts, errno, "write the probes' control map", err);
		goto fail;
	}
	ret = kpm_books_open(&fds, &live->books, err);
	if (!ret)
		ret = attach(live, err);
	if (ret)
		goto fail;
	*src = &live->source;
	return 0;
fail:
	live_close(&live->source);
	return ret;
}

const struct kpm_books *kpm_live_books(const struct kpm_source *src)
{
	return ((const struct live *)src)->books;
}
