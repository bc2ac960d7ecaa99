// SPDX-License-Identifier: GPL-2.0-or-later
/* start, stop and status: what they say. The work is done in src/source/pins.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/verify.h"
#include "base/rights.h"
#include "base/text.h"
#include "cmd/always.h"
#include "sink/output.h"
#include "source/pinned.h"
#include "source/pins.h"
#include "view/columns.h"
#include "view/probe_text.h"

struct status {
	struct kpm_snapshot snap;
	int64_t since_ns; /* wall clock */
	struct kpm_cost cost;
	bool cost_known;
	struct kpm_err no_audit;      /* why there is none though frees are not seen */
	struct kpm_verified verified; /* with --verify */
};

static int read_status(const struct kpm_options *o, struct status *s, struct kpm_err *err)
{
	struct kpm_tagset *tags = kpm_tagset_new();
	struct kpm_source *source = NULL;
	struct kpm_audit *audit = NULL;
	int ret = tags ? 0 : kpm_fail(err, -ENOMEM, "out of memory");

	if (!ret)
		ret = kpm_pinned_open(&o->live.roots, KPM_VERSION, tags, &source, err);
	if (!ret && source->ops->audit(source, o->verify, &audit, &s->no_audit) && o->verify)
		ret = kpm_fail(err, -EOPNOTSUPP, "%s", s->no_audit.text);
	if (!ret)
		ret = kpm_rights_drop(0, err);
	if (!ret && o->verify)
		ret = kpm_verify(audit, &o->live.roots, &s->verified, err);
	if (!ret)
		ret = source->ops->sample(source, &s->snap, err);
	if (!ret) {
		s->since_ns = kpm_pinned_since(source);
		/* 0 runs: the kernel takes no time unless it is told to */
		s->cost_known = !kpm_pinned_cost(source, &s->cost) && s->cost.runs;
	}
	kpm_source_close(source);
	kpm_tagset_free(tags);
	return ret;
}

static void print_text(FILE *out, const struct status *s)
{
	const struct kpm_snapshot *snap = &s->snap;
	char time[KPM_TIME_LEN], length[KPM_SIZE_LEN], size[KPM_SIZE_LEN];

	fprintf(out, "tracking since %s (%s), by kpoolmon " KPM_VERSION ", Linux %s\n",
		kpm_format_time(s->since_ns, time),
		kpm_format_duration(snap->mono_ns - snap->started_ns, length), snap->kernel);
	fprintf(out, "tags:           %" PRIu32 " of %" PRIu32 "\n", snap->room.tags,
		snap->room.tags_max);
	fprintf(out, "objects:        %" PRIu64 " of %" PRIu64 " (%.1f%%)\n", snap->room.objects,
		snap->room.objects_rated, 100.0 * snap->room.objects / snap->room.objects_rated);
	fprintf(out, "kernel memory:  %s\n", kpm_format_size(snap->room.kernel_bytes, size));
	if (snap->have & KPM_HAVE_LOSS)
		fprintf(out,
			"lost:           %" PRIu64 " (at most %" PRIu64 " frees, %" PRIu64
			" allocs, %" PRIu64 " for want of room, %" PRIu64 " for want of tags)\n",
			kpm_loss_events(&snap->loss), snap->loss.lost_max, snap->loss.allocs,
			snap->loss.refused, snap->loss.tags_full);
	else
		fputs("lost:           -\n", out);
	fprintf(out, "missed frees:   %" PRIu64 ", and %" PRIu64 " found by the audit\n",
		snap->loss.missed, snap->loss.audited);
	kpm_missing_probes_print(out, "missing probes", snap->hooks);
	if (!*snap->missing)
		fputs("missing probes: none\n", out);
	if (*s->no_audit.text)
		fprintf(out, "audit:          none (%s)\n", s->no_audit.text);
	if (s->cost_known)
		fprintf(out, "cost:           %.1f ns an event, %" PRIu64 " events timed\n",
			(double)s->cost.ns / s->cost.runs, s->cost.runs);
	else
		fputs("cost:           - (sysctl kernel.bpf_stats_enabled=1 has it measured)\n",
		      out);
}

static json_t *number(uint64_t u)
{
	return json_integer(u > INT64_MAX ? INT64_MAX : (json_int_t)u);
}

static void set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static int print_json(FILE *out, const struct status *s)
{
	const struct kpm_snapshot *snap = &s->snap;
	bool loss = snap->have & KPM_HAVE_LOSS;
	json_t *object = json_object();
	char time[KPM_TIME_LEN];
	int ret;

	set(object, "tracking", json_true());
	set(object, "since", json_string(kpm_format_time(s->since_ns, time)));
	set(object, "tracked_s", json_real((snap->mono_ns - snap->started_ns) / 1000000 / 1e3));
	set(object, "version", json_string(KPM_VERSION));
	set(object, "layout", number(kpm_pins_layout()));
	set(object, "host", json_string(snap->host));
	set(object, "kernel", json_string(snap->kernel));
	set(object, "tags", number(snap->room.tags));
	set(object, "tags_max", number(snap->room.tags_max));
	set(object, "objects", number(snap->room.objects));
	set(object, "objects_rated", number(snap->room.objects_rated));
	set(object, "kernel_bytes", number(snap->room.kernel_bytes));
	set(object, "lost", loss ? number(kpm_loss_events(&snap->loss)) : json_null());
	set(object, "missed", number(snap->loss.missed));
	set(object, "audited", number(snap->loss.audited));
	set(object, "missing_probes", json_string(snap->missing));
	set(object, "events_timed", s->cost_known ? number(s->cost.runs) : json_null());
	set(object, "ns_per_event",
	    s->cost_known ? json_real((double)s->cost.ns / s->cost.runs) : json_null());
	if (s->verified.counts)
		set(object, "caches", kpm_verified_json(&s->verified));
	ret = json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(15)) ? -ENOMEM : 0;
	fputc('\n', out);
	json_decref(object);
	return ret;
}

static int say(const char *text, size_t size, struct kpm_err *err)
{
	return kpm_write_stdout(text, size, err);
}

int kpm_always_status(const struct kpm_options *o, bool *tracking, struct kpm_err *err)
{
	bool json = o->sink == &kpm_sink_json;
	struct status s = {.cost_known = false};
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int ret;

	kpm_snapshot_init(&s.snap);
	ret = read_status(o, &s, err);
	*tracking = !ret;
	/* that nothing is tracked is an answer */
	if (ret && (ret != -ENOENT || kpm_pins_exist(&o->live.roots)))
		goto done;
	out = open_memstream(&text, &size);
	if (!out) {
		ret = kpm_fail(err, -ENOMEM, "out of memory");
		goto done;
	}
	if (ret)
		fputs(json ? "{\"tracking\":false}\n"
			   : "nothing is tracked; kpoolmon start begins\n",
		      out);
	else if (json)
		print_json(out, &s);
	else
		print_text(out, &s);
	if (!ret && o->verify && !json)
		kpm_verified_print(out, &s.verified);
	if (fclose(out))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	else
		ret = say(text, size, err);
	if (!ret && *tracking && o->verify)
		ret = kpm_verified_judge(&s.verified, err);
done:
	kpm_verified_done(&s.verified);
	kpm_snapshot_done(&s.snap);
	free(text);
	return ret;
}

int kpm_always_start(const struct kpm_options *o, struct kpm_err *err)
{
	static const char started[] = "tracking; kpoolmon shows it, kpoolmon stop ends it\n";
	int ret = kpm_pins_start(&o->live, KPM_VERSION, err);

	return ret ? ret : say(started, sizeof(started) - 1, err);
}

int kpm_always_stop(const struct kpm_options *o, struct kpm_err *err)
{
	static const char stopped[] = "tracking ended\n", nothing[] = "nothing was tracked\n";
	bool were;
	int ret = kpm_pins_stop(&o->live.roots, &were, err);

	if (ret)
		return ret;
	return were ? say(stopped, sizeof(stopped) - 1, err)
		    : say(nothing, sizeof(nothing) - 1, err);
}
