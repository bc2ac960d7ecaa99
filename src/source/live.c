// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads the probes and reads their maps, which go with the process. */
#include <errno.h>
#include <stdlib.h>

#include "source/live.h"
#include "source/map_source.h"
#include "source/probes.h"

struct live {
	struct kpm_map_source map; /* the first member */
	struct kpm_probes probes;
};

static void live_close(struct kpm_source *src)
{
	struct live *live = (struct live *)src;

	kpm_map_source_done(&live->map);
	kpm_probes_unload(&live->probes);
	free(live);
}

static const struct kpm_source_ops live_ops = {
	.sample = kpm_map_source_sample,
	.objects = kpm_map_source_objects,
	.births = kpm_map_source_births,
	.samples = kpm_map_source_samples,
	.modules = kpm_map_source_modules,
	.charges = kpm_map_source_charges,
	.check_samples = kpm_map_source_check_samples,
	.raise = kpm_map_source_raise,
	.audit = kpm_map_source_audit,
	.close = live_close,
};

/* Hooks that could not be attached are missing by now. */
static void note_attached(struct live *live)
{
	for (int i = 0; i < KPM_HOOKS; i++)
		live->map.attach[i] = live->probes.hooks.attach[i];
	kpm_probes_programs(&live->probes, &live->map.programs);
}

/* Before any allocation is counted: the kernel memory of the audit is in no row. */
static int open_audit(struct live *live, enum kpm_auditing when, struct kpm_err *err)
{
	struct kpm_audit *audit;
	struct kpm_err why;

	if (when == KPM_AUDIT_ALWAYS)
		return kpm_map_source_audit(&live->map.source, true, &audit, err);
	/* the figures are right without it, but for objects whose frees are not seen */
	if (when == KPM_AUDIT_IF_UNSEEN)
		kpm_map_source_audit(&live->map.source, false, &audit, &why);
	return 0;
}

int kpm_live_open(const struct kpm_live_opts *opts, struct kpm_tagset *tags,
		  struct kpm_source **src, struct kpm_err *err)
{
	struct live *live = calloc(1, sizeof(*live));
	int ret;

	if (!live)
		return kpm_fail(err, -ENOMEM, "out of memory");
	live->map.source.ops = &live_ops;
	live->map.source.tags = tags;
	live->map.roots = opts->roots;
	live->map.audit_unseen = opts->audit != KPM_AUDIT_NOT;
	ret = kpm_probes_load(&live->probes, opts, err);
	if (ret)
		goto fail;
	live->map.second = live->probes.second;
	live->map.clock = bpf_program__fd(kpm_probes_clock(&live->probes));
	kpm_probes_fds(&live->probes, &live->map.fds);
	ret = kpm_tables_open(&live->map.fds, &live->map.tables, err);
	if (!ret)
		ret = kpm_probes_attach_frees(&live->probes, err);
	if (!ret) {
		note_attached(live);
		ret = open_audit(live, opts->audit, err);
	}
	if (!ret)
		ret = kpm_probes_attach_rest(&live->probes, err);
	if (ret)
		goto fail;
	note_attached(live);
	*src = &live->map.source;
	return 0;
fail:
	live_close(&live->map.source);
	return ret;
}

void kpm_live_fds(const struct kpm_source *src, struct kpm_tables_fds *fds)
{
	*fds = ((const struct live *)src)->map.fds;
}
