// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sizes, loads and attaches the programs. Links and programs live as long as their file
 * descriptors, so that whatever ends the process takes them out of the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "source/classic.h"
#include "source/kernel.h"
#include "source/libbpf_log.h"
#include "source/meminfo.h"
#include "source/probes.h"
#include "source/skeleton.h"

#include "kpoolmon.skel.h"

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

/* Says in one sentence why the kernel has refused to load or attach. */
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
		return kpm_fail(err, code,
				"%s: the kernel is locked down (confidentiality), which "
				"forbids BPF to read kernel memory; boot with "
				"lockdown=integrity or none",
				what);
	if (code == -EPERM || code == -EACCES)
		return kpm_fail(err, code,
				"%s: permission denied; run as root or with CAP_BPF and "
				"CAP_PERFMON",
				what);
	if (code == -ENOMEM || code == -E2BIG)
		return kpm_fail(err, code,
				"%s: no memory for tables of %llu objects; give a "
				"smaller --objects",
				what, (unsigned long long)opts->objects);
	return kpm_fail(err, code, "%s: %s", what, strerror(-code));
}

/* Checks the sizes and replaces zeros by defaults for the machine. */
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
	opts->tags = power_of_two(opts->tags);
	return 0;
}

/* Sizes of the maps and load-time constants; `opts` has no zeros any more. */
static int size_maps(struct kpm_maps *maps, const struct kpm_live_opts *opts,
		     const struct kpm_kernel *kernel, struct kpm_err *err)
{
	uint64_t slots = opts->objects * 100 / KPM_RATED_PERCENT;
	uint32_t cpus = kpm_kernel_numbers(&opts->roots, KPM_FILE_CPUS);
	char path[4096];

	if (!cpus)
		return kpm_fail(err, -ENOENT, "%s: cannot read the possible CPUs; mount sysfs",
				kpm_path(&opts->roots, KPM_FILE_CPUS, path, sizeof(path)));
	cpus = power_of_two(cpus);
	*maps = (struct kpm_maps){
		.blocks = kpm_maps_blocks((slots + KPM_BLOCK_SLOTS - 1) / KPM_BLOCK_SLOTS),
		.tag_slots = opts->tags,
		.shards_count = cpus < KPM_SHARDS_MAX ? cpus : KPM_SHARDS_MAX,
		.cpus = cpus,
		.text_start = kernel->text_start,
		.text_end = kernel->text_end,
	};
	return 0;
}

/*
 * Would the kernel take classic copies? Their events are opened once the first copies are attached,
 * since of the two the one that came first runs first.
 */
static int try_classic(const struct kpm_probes *probes)
{
	int fd;

	if (!probes->kernel.get_kmem_cache)
		return -EOPNOTSUPP;
	fd = kpm_classic_open(&probes->opts.roots, kpm_event_table[KPM_EVENT_KMALLOC].event);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Decides on the second copies: before the load. */
static int plan_second_copies(struct kpm_probes *probes, struct kpm_err *err)
{
	enum kpm_wish wish = probes->opts.hooks.classic;
	bool preemptible = probes->kernel.preemptible;
	int ret = -ENOENT;

	probes->second = KPM_SECOND_NONE;
	if (probes->opts.no_rescue && wish == KPM_WISH_ON)
		return kpm_fail(err, -EINVAL,
				"--probes +classic: with --no-rescue no probe has a second copy; "
				"leave one of them out");
	if (probes->opts.no_rescue)
		return 0;
	if (wish == KPM_WISH_ON || (wish == KPM_WISH_AUTO && preemptible))
		ret = try_classic(probes);
	if (!ret)
		probes->second = KPM_SECOND_CLASSIC;
	else
		probes->second = preemptible ? KPM_SECOND_WEAK : KPM_SECOND_FREES;
	if (ret && wish == KPM_WISH_ON)
		return kpm_fail(err, ret,
				"--probes +classic: this kernel does not permit a program on the "
				"classic tracepoints of kmem (%s); leave it out",
				strerror(-ret));
	return 0;
}

/* Opens the object with its load-time constants. */
static int open_skeleton(struct kpm_probes *probes, const struct bpf_object_open_opts *open)
{
	struct kpoolmon_bpf *skel = calloc(1, sizeof(*skel));
	int ret = skel ? kpoolmon_bpf__create_skeleton(skel) : -ENOMEM;

	if (!ret)
		ret = kpm_skeleton_open(&probes->maps, skel->skeleton, open);
	if (ret)
		kpoolmon_bpf__destroy(skel);
	else
		probes->skel = skel;
	return ret;
}

/* Is the program to be attached? */
static bool is_wanted(const struct kpm_probes *probes, enum kpm_event event)
{
	switch (kpm_event_table[event].role) {
	case KPM_ROLE_FREE_AGAIN:
		return probes->second != KPM_SECOND_NONE && !probes->opts.no_rescue;
	case KPM_ROLE_ALLOC_AGAIN:
		return probes->second >= KPM_SECOND_WEAK;
	case KPM_ROLE_CLASSIC:
		return probes->second == KPM_SECOND_CLASSIC;
	case KPM_ROLE_MODULE:
		return probes->kernel.modules;
	default:
		return true;
	}
}

/* The tables of samples, and what the programs may spend on them. */
static void configure_samples(struct kpm_probes *probes)
{
	const struct kpm_live_opts *opts = &probes->opts;
	struct kpoolmon_bpf *skel = probes->skel;
	bool on = opts->samples >= 0;
	uint32_t samples = on ? kpm_default_samples(opts->objects) : KPM_SET;
	uint32_t stacks = on ? samples / KPM_SAMPLES_A_STACK : KPM_SET;
	uint32_t tags = on ? opts->tags : 1;
	uint32_t groups = probes->maps.shards_count;
	uint64_t tick = kpm_tick_ns();

	while (groups > 1 && (uint64_t)groups * tags * sizeof(uint64_t) > KPM_RUNS_BYTES_MAX)
		groups /= 2;
	bpf_map__set_max_entries(skel->maps.samples, samples);
	bpf_map__set_max_entries(skel->maps.stacks, stacks);
	bpf_map__set_max_entries(skel->maps.sampled, tags);
	bpf_map__set_max_entries(skel->maps.gone, on ? KPM_GONE_MAX : KPM_SET);
	bpf_map__set_max_entries(skel->maps.runs, on ? groups * tags : 1);
	bpf_map__set_max_entries(skel->maps.credits, on ? probes->maps.cpus : 1);
	skel->rodata->samples_mask = samples - 1;
	skel->rodata->stacks_mask = stacks - 1;
	skel->rodata->run_groups_mask = groups - 1;
	skel->rodata->jiffies_a_second = 1000000000 / tick;
	skel->rodata->usual_fill =
		on ? tick * (opts->samples ? opts->samples : KPM_SAMPLES_DEFAULT) / 1000000 : 0;
	skel->rodata->raised_fill = on ? tick * KPM_SAMPLES_RAISED / 1000000 : 0;
	skel->rodata->disable_preemption =
		probes->kernel.preemptible && probes->kernel.preempt_disable;
}

/* Sets the sizes of the other maps, the variables of the programs and which of them to load. */
static void configure(struct kpm_probes *probes)
{
	const struct kpm_live_opts *opts = &probes->opts;
	const struct kpm_kernel *kernel = &probes->kernel;
	struct kpoolmon_bpf *skel = probes->skel;

	for (int i = 0; i < KPM_EVENTS; i++)
		if (kpm_event_table[i].role == KPM_ROLE_ALLOC_AGAIN ||
		    kpm_event_table[i].role == KPM_ROLE_CLASSIC)
			bpf_program__set_autoload(kpm_probes_program(probes, i),
						  is_wanted(probes, i));
	skel->rodata->have_classic = probes->second == KPM_SECOND_CLASSIC;
	skel->rodata->rated_objects = opts->no_sampling ? UINT64_MAX : opts->objects;
	skel->rodata->have_rdonly_cast = kernel->rdonly_cast;
	skel->rodata->have_get_kmem_cache = kernel->get_kmem_cache;
	skel->rodata->bulk_returns_bool = kernel->bulk_returns_bool;
	skel->rodata->nolock_args = kernel->nolock_args;
	skel->rodata->nolock_context = kernel->nolock_context;

	bpf_map__set_max_entries(skel->maps.taginfo, opts->tags);
	bpf_map__set_max_entries(skel->maps.taglist, opts->tags);
	configure_samples(probes);
}

/*
 * Opens, sizes and loads, with hooks or without: a kernel on which one of them cannot be loaded
 * still has its events.
 */
static int load(struct kpm_probes *probes, const struct kpm_hook_choice *hooks, struct kpm_err *err)
{
	const struct kpm_live_opts *opts = &probes->opts;
	char btf[4096];
	/* without a path libbpf searches missing types in the BTF of modules, which needs root */
	LIBBPF_OPTS(bpf_object_open_opts, open,
		    .btf_custom_path =
			    kpm_path(&opts->roots, KPM_FILE_VMLINUX_BTF, btf, sizeof(btf)));
	int ret;

	probes->hooks = (struct kpm_hooks){0};
	ret = open_skeleton(probes, &open);
	if (ret)
		return explain(opts, ret, "open the probes", err);
	configure(probes);
	ret = kpm_hooks_plan(&probes->hooks, probes->skel->obj, &probes->kernel, hooks,
			     &opts->roots, !opts->no_rescue, err);
	if (ret)
		return ret;
	ret = kpoolmon_bpf__load(probes->skel);
	return ret ? explain(opts, ret, "load the probes", err) : 0;
}

static bool any_hooks(const struct kpm_hooks *hooks)
{
	for (int i = 0; i < KPM_HOOKS; i++)
		if (hooks->attach[i] >= KPM_ATTACH_FENTRY)
			return true;
	return false;
}

int kpm_probes_load(struct kpm_probes *probes, const struct kpm_live_opts *opts,
		    struct kpm_err *err)
{
	const struct kpm_hook_choice none = {.off = (1U << KPM_HOOKS) - 1};
	struct kpm_control ctl = {.version = KPM_ABI_VERSION};
	uint32_t zero = 0;
	int ret;

	*probes = (struct kpm_probes){.opts = *opts};
	kpm_libbpf_quiet(); /* explain() says it in one sentence */
	ret = kpm_kernel_probe(&opts->roots, &probes->kernel, err);
	probes->kernel.preemptible |= opts->preemptible;
	if (!ret)
		ret = plan_second_copies(probes, err);
	if (!ret)
		ret = settle_sizes(&probes->opts, err);
	if (!ret)
		ret = size_maps(&probes->maps, &probes->opts, &probes->kernel, err);
	probes->maps.alloc_again = probes->second >= KPM_SECOND_WEAK;
	probes->maps.again_is_last = probes->second == KPM_SECOND_WEAK;
	if (ret)
		goto fail;
	ret = kpm_maps_make(&probes->maps);
	if (ret) {
		ret = explain(&probes->opts, ret, "make the maps", err);
		goto fail;
	}
	ret = load(probes, &opts->hooks, err);
	if (ret && any_hooks(&probes->hooks) && !opts->hooks.required) {
		kpoolmon_bpf__destroy(probes->skel);
		probes->skel = NULL;
		ret = load(probes, &none, err);
	}
	if (ret)
		goto fail;
	probes->started_ns = kpm_now();
	ctl.started = probes->started_ns;
	if (!bpf_map_update_elem(bpf_map__fd(probes->skel->maps.control), &zero, &ctl, 0))
		return 0;
	ret = explain(&probes->opts, errno, "write the probes' control map", err);
fail:
	kpm_probes_unload(probes);
	return ret;
}

static struct bpf_link *attach_event(struct kpm_probes *probes, enum kpm_event event)
{
	struct bpf_program *program = kpm_probes_program(probes, event);
	const char *name = kpm_event_table[event].event;

	return kpm_event_table[event].role == KPM_ROLE_CLASSIC
		       ? kpm_classic_attach(program, &probes->opts.roots, name)
		       : bpf_program__attach_raw_tracepoint(program, name);
}

static int attach_events(struct kpm_probes *probes, enum kpm_event from, enum kpm_event to,
			 struct kpm_err *err)
{
	for (int i = from; i <= (int)to; i++) {
		char what[64];

		if (!is_wanted(probes, i))
			continue;
		probes->links[i] = attach_event(probes, i);
		if (probes->links[i])
			continue;
		snprintf(what, sizeof(what), "attach to tracepoint %s", kpm_event_table[i].event);
		return explain(&probes->opts, errno, what, err);
	}
	return 0;
}

int kpm_probes_attach_frees(struct kpm_probes *probes, struct kpm_err *err)
{
	return kpm_hooks_attach(&probes->hooks, &probes->kernel, &probes->opts.hooks, true, err);
}

int kpm_probes_attach(struct kpm_probes *probes, struct kpm_err *err)
{
	int ret = kpm_probes_attach_frees(probes, err);

	return ret ? ret : kpm_probes_attach_rest(probes, err);
}

int kpm_probes_attach_rest(struct kpm_probes *probes, struct kpm_err *err)
{
	const struct kpm_hook_choice *choice = &probes->opts.hooks;
	int ret = attach_events(probes, 0, KPM_EVENT_CACHE_FREE_CLASSIC, err);

	if (!ret)
		ret = attach_events(probes, KPM_EVENT_KMALLOC, KPM_EVENTS - 1, err);
	if (!ret)
		ret = kpm_hooks_attach(&probes->hooks, &probes->kernel, choice, false, err);
	return ret;
}

/* In reverse order of attaching: no free is missed while objects are still entered. */
void kpm_probes_detach(struct kpm_probes *probes)
{
	kpm_hooks_detach(&probes->hooks, false);
	for (int i = KPM_EVENTS - 1; i >= 0; i--) {
		bpf_link__destroy(probes->links[i]);
		probes->links[i] = NULL;
	}
	kpm_hooks_detach(&probes->hooks, true);
}

int kpm_probes_each(const struct kpm_probes *probes,
		    int (*visit)(void *arg, struct bpf_program *program, struct bpf_link *link),
		    void *arg)
{
	int ret = 0;

	for (int i = 0; !ret && i < KPM_EVENTS; i++)
		if (probes->links[i])
			ret = visit(arg, kpm_probes_program(probes, i), probes->links[i]);
	for (int i = 0; i < KPM_HOOKS; i++)
		for (int k = 0; !ret && k < KPM_HOOK_LINKS; k++)
			if (probes->hooks.links[i][k])
				ret = visit(arg, probes->hooks.programs[i][k],
					    probes->hooks.links[i][k]);
	return ret;
}

void kpm_probes_unload(struct kpm_probes *probes)
{
	kpm_probes_detach(probes);
	kpoolmon_bpf__destroy(probes->skel);
	kpm_maps_close(&probes->maps);
	*probes = (struct kpm_probes){0};
}

void kpm_probes_programs(const struct kpm_probes *probes, struct kpm_programs *programs)
{
	for (int i = 0; i < KPM_EVENTS; i++)
		programs->event[i] =
			probes->links[i] ? bpf_program__fd(kpm_probes_program(probes, i)) : -1;
	for (int i = 0; i < KPM_HOOKS; i++) {
		programs->copies[i] = kpm_hook_has_copies(probes->hooks.attach[i]);
		for (int k = 0; k < KPM_HOOK_LINKS; k++) {
			const struct bpf_program *program = probes->hooks.programs[i][k];
			const struct bpf_link *link = probes->hooks.links[i][k];

			programs->hook[i][k] = link ? bpf_program__fd(program) : -1;
			programs->kprobe[i][k] =
				link && kpm_hook_by_kprobe(bpf_program__name(program))
					? bpf_link__fd(link)
					: -1;
		}
	}
}

struct bpf_program *kpm_probes_program(const struct kpm_probes *probes, enum kpm_event event)
{
	return bpf_object__find_program_by_name(probes->skel->obj, kpm_event_table[event].program);
}

struct bpf_program *kpm_probes_clock(const struct kpm_probes *probes)
{
	return probes->skel->progs.kpm_now;
}

void kpm_probes_fds(const struct kpm_probes *probes, struct kpm_tables_fds *fds)
{
	*fds = (struct kpm_tables_fds){
		.objects = probes->maps.objects,
		.tags = probes->maps.tags,
		.taginfo = bpf_map__fd(probes->skel->maps.taginfo),
		.taglist = bpf_map__fd(probes->skel->maps.taglist),
		.counters = probes->maps.counters,
		.shards = probes->maps.shards,
		.control = bpf_map__fd(probes->skel->maps.control),
		.samples = bpf_map__fd(probes->skel->maps.samples),
		.stacks = bpf_map__fd(probes->skel->maps.stacks),
		.sampled = bpf_map__fd(probes->skel->maps.sampled),
		.gone = bpf_map__fd(probes->skel->maps.gone),
		.runs = bpf_map__fd(probes->skel->maps.runs),
		.credits = bpf_map__fd(probes->skel->maps.credits),
	};
}
