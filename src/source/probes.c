// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sizes, loads and attaches the programs. Links and programs live as long as their file
 * descriptors, so that whatever ends the process takes them out of the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "base/clock.h"
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

/* Sets the sizes of the other maps and the variables of the programs. */
static void configure(struct kpoolmon_bpf *skel, const struct kpm_live_opts *opts,
		      const struct kpm_kernel *kernel)
{
	skel->rodata->rated_objects = opts->no_sampling ? UINT64_MAX : opts->objects;
	skel->rodata->have_rdonly_cast = kernel->rdonly_cast;
	skel->rodata->have_get_kmem_cache = kernel->get_kmem_cache;
	skel->rodata->bulk_returns_bool = kernel->bulk_returns_bool;
	skel->rodata->nolock_args = kernel->nolock_args;
	skel->rodata->nolock_context = kernel->nolock_context;

	bpf_map__set_max_entries(skel->maps.taginfo, opts->tags);
	bpf_map__set_max_entries(skel->maps.taglist, opts->tags);
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
	configure(probes->skel, opts, &probes->kernel);
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
	if (!ret)
		ret = settle_sizes(&probes->opts, err);
	if (!ret)
		ret = size_maps(&probes->maps, &probes->opts, &probes->kernel, err);
	if (ret)
		return ret;
	ret = kpm_maps_make(&probes->maps);
	if (ret)
		return explain(&probes->opts, ret, "make the maps", err);
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

static int attach_events(struct kpm_probes *probes, enum kpm_event from, enum kpm_event to,
			 struct kpm_err *err)
{
	for (int i = from; i <= (int)to; i++) {
		char what[64];

		if ((kpm_event_table[i].rescue && probes->opts.no_rescue) ||
		    (kpm_event_table[i].module && !probes->kernel.modules))
			continue;
		probes->links[i] = bpf_program__attach_raw_tracepoint(kpm_probes_program(probes, i),
								      kpm_event_table[i].event);
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
	int ret = attach_events(probes, 0, KPM_EVENT_CACHE_FREE_AGAIN, err);

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
	for (int i = 0; i < KPM_HOOKS; i++)
		for (int k = 0; k < KPM_HOOK_LINKS; k++)
			programs->hook[i][k] =
				probes->hooks.links[i][k]
					? bpf_program__fd(probes->hooks.programs[i][k])
					: -1;
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
	};
}
