// SPDX-License-Identifier: GPL-2.0-or-later
/* Chooses the source. Used by all commands that show figures. */
#include <errno.h>

#include "app/open_source.h"
#include "source/audit.h"
#include "source/live.h"
#include "source/pinned.h"
#include "source/pins.h"
#include "source/replay.h"

/* Probes of our own. In a moment nothing gets old enough for the audit: no time is lost on it. */
static int open_live(const struct kpm_options *o, struct kpm_tagset *tags,
		     struct kpm_source **source, struct kpm_err *err)
{
	struct kpm_live_opts opts = o->live;

	if (opts.audit == KPM_AUDIT_IF_UNSEEN && o->for_given &&
	    o->for_ns < KPM_AUDIT_MIN_AGE_S * 1000000000LL)
		opts.audit = KPM_AUDIT_NOT;
	return kpm_live_open(&opts, tags, source, err);
}

static int open_books(const struct kpm_options *o, struct kpm_tagset *tags,
		      struct kpm_source **source, bool *tracked, struct kpm_err *err)
{
	int ret = -ENOENT;

	*tracked = o->from != NULL;
	if (o->from)
		return kpm_replay_open(o->from, tags, source, err);
	if (!o->private)
		ret = kpm_pinned_open(&o->live.roots, KPM_VERSION, tags, source, err);
	*tracked = !ret;
	/* who may not look there has no rights for the rest either, and is told so */
	if (ret == -EACCES)
		return open_live(o, tags, source, err);
	/* one that is not whole is a failure, and not the same as none */
	if (ret != -ENOENT || (!o->private && kpm_pins_exist(&o->live.roots)))
		return ret;
	return open_live(o, tags, source, err);
}

/* The least that is spent on the audit before a single sample, processor time. */
#define AUDIT_LEAST 50000000

int kpm_origin_open(const struct kpm_options *o, struct kpm_tagset *tags,
		    struct kpm_source **source, bool *tracked, struct kpm_err *err)
{
	int ret = open_books(o, tags, source, tracked, err);
	bool always = o->live.audit == KPM_AUDIT_ALWAYS;
	struct kpm_audit *audit;
	struct kpm_err why;

	/* probes of our own have it already */
	if (ret || !o->live.audit || !(*source)->ops->audit)
		return ret;
	ret = (*source)->ops->audit(*source, always, &audit, always ? err : &why);
	return always ? ret : 0;
}

struct kpm_audit *kpm_origin_audit(const struct kpm_options *o, struct kpm_source *source)
{
	struct kpm_audit *audit = NULL;
	struct kpm_err why;

	if (o->live.audit && source->ops->audit)
		source->ops->audit(source, false, &audit, &why);
	return audit;
}

void kpm_origin_audit_once(const struct kpm_options *o, struct kpm_source *source, int64_t for_ns)
{
	struct kpm_audit *audit = kpm_origin_audit(o, source);
	int64_t budget = for_ns / 100;

	/* what it does not find is found by the next one */
	if (audit)
		kpm_audit_both(audit, budget > AUDIT_LEAST ? budget : AUDIT_LEAST);
}
