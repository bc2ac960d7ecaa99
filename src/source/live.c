// SPDX-License-Identifier: GPL-2.0-or-later
/* The live source: the probes of this process in the running kernel, and their maps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/audit.h"
#include "source/live.h"
#include "source/map_source.h"
#include "source/probes.h"
#include "source/tag_objects.h"

struct live {
	struct kpm_source source;
	struct kpm_probes probes;
	struct kpm_tables *tables;
	struct kpm_audit *audit;
	struct kpm_err no_audit;   /* why there is none */
	int audit_code;            /* the same as a code */
	struct kpm_loss at_detach; /* the programs' own figures, kept when they are gone */
	bool detach_known;         /* the kernel told them */
	bool detached;
};

static int live_sample(struct kpm_source *src, struct kpm_snapshot *snap, struct kpm_err *err)
{
	struct live *live = (struct live *)src;
	const struct kpm_live_opts *opts = &live->probes.opts;
	struct kpm_loss own = live->at_detach;
	bool known = live->detach_known;
	int ret;

	snap->have = 0;
	memset(&snap->loss, 0, sizeof(snap->loss));
	kpm_snapshot_machine(snap, &opts->roots);
	snap->started_ns = live->probes.started_ns;
	snap->no_audit = *live->no_audit.text ? live->no_audit.text : NULL;
	/* what is freed when the probes are gone, nobody has missed */
	if (live->audit && !live->detached)
		kpm_audit_sample(live->audit, snap);
	ret = kpm_tables_read(live->tables, src->tags, snap, err);
	if (ret)
		return ret;
	if (!live->detached)
		known = !kpm_probes_losses(&live->probes, &own);
	snap->loss.skipped = own.skipped;
	snap->loss.lost_max = own.lost_max;
	snap->loss.allocs = own.allocs;
	snap->have |= (known ? KPM_HAVE_LOSS : 0) | (opts->no_rescue ? 0 : KPM_HAVE_RESCUE);
	for (int i = 0; i < KPM_HOOKS; i++)
		snap->hooks[i].way = live->probes.hooks.way[i];
	snap->have |= KPM_HAVE_HOOKS;
	kpm_hooks_missing(snap->hooks, snap->missing, sizeof(snap->missing));
	return 0;
}

static int live_detach(struct kpm_source *src, struct kpm_err *err)
{
	struct live *live = (struct live *)src;

	(void)err;
	if (!live->detached)
		live->detach_known = !kpm_probes_detach(&live->probes, &live->at_detach);
	live->detached = true;
	return 0;
}

static int live_objects(struct kpm_source *src, uint32_t tag, uint32_t survive_s,
			struct kpm_objects *objects)
{
	struct live *live = (struct live *)src;
	uint32_t now = 0;
	int ret = kpm_allocation_clock(bpf_program__fd(kpm_probes_clock(&live->probes)), &now);

	return ret ? ret : kpm_tag_objects(live->tables, tag, now, survive_s, objects);
}

static int live_audit(struct kpm_source *src, bool anyway, struct kpm_audit **audit,
		      struct kpm_err *err)
{
	struct live *live = (struct live *)src;
	struct kpm_tables_fds fds;
	int ret = live->audit_code;

	kpm_probes_fds(&live->probes, &fds);
	/* tried once: later there are no rights to */
	anyway |= live->probes.opts.audit && kpm_hooks_unseen(live->probes.hooks.way);
	if (!live->audit && !ret && anyway)
		ret = kpm_audit_open(&fds, &live->probes.opts.roots, &live->audit, &live->no_audit);
	live->audit_code = ret;
	*audit = live->audit;
	return ret ? kpm_fail(err, ret, "%s", live->no_audit.text) : 0;
}

static void live_close(struct kpm_source *src)
{
	struct live *live = (struct live *)src;

	kpm_audit_close(live->audit);
	kpm_probes_unload(&live->probes);
	kpm_tables_close(live->tables);
	free(live);
}

static const struct kpm_source_ops live_ops = {
	.sample = live_sample,
	.detach = live_detach,
	.objects = live_objects,
	.audit = live_audit,
	.close = live_close,
};

/* What it takes of the kernel's memory is there before anything is counted. */
static int audit_first(struct live *live, struct kpm_err *err)
{
	enum kpm_auditing when = live->probes.opts.audit;
	struct kpm_audit *audit;
	struct kpm_err why;

	if (when == KPM_AUDIT_ALWAYS)
		return live_audit(&live->source, true, &audit, err);
	/* the figures are right without it, but for objects whose frees are not seen */
	if (when == KPM_AUDIT_IF_UNSEEN)
		live_audit(&live->source, false, &audit, &why);
	return 0;
}

int kpm_live_open(const struct kpm_live_opts *opts, struct kpm_tagset *tags,
		  struct kpm_source **src, struct kpm_err *err)
{
	struct kpm_tables_fds fds;
	struct live *live = calloc(1, sizeof(*live));
	int ret;

	if (!live)
		return kpm_fail(err, -ENOMEM, "out of memory");
	live->source.ops = &live_ops;
	live->source.tags = tags;
	ret = kpm_probes_load(&live->probes, opts, err);
	if (ret)
		goto fail;
	kpm_probes_fds(&live->probes, &fds);
	ret = kpm_tables_open(&fds, &live->tables, err);
	if (!ret)
		ret = kpm_probes_attach_frees(&live->probes, err);
	if (!ret)
		ret = audit_first(live, err);
	if (!ret)
		ret = kpm_probes_attach_rest(&live->probes, err);
	if (ret)
		goto fail;
	*src = &live->source;
	return 0;
fail:
	live_close(&live->source);
	return ret;
}

const struct kpm_tables *kpm_live_tables(const struct kpm_source *src)
{
	return ((const struct live *)src)->tables;
}
