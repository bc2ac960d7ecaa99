// SPDX-License-Identifier: GPL-2.0-or-later
/* kpoolmon status: is anything tracked, since when, and what does it cost. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "app/verify.h"
#include "base/json.h"
#include "base/rights.h"
#include "base/text.h"
#include "cli/options.h"
#include "sink/output.h"
#include "source/pinned.h"
#include "source/pins.h"
#include "source/sample_check.h"
#include "view/columns.h"
#include "view/probe_text.h"

struct status {
	const struct kpm_options *options;
	bool tracking;
	struct kpm_snapshot snap;
	int64_t since_ns; /* wall clock */
	struct kpm_cost cost;
	bool cost_known;
	struct kpm_err no_audit;      /* why there is none though frees are not seen */
	struct kpm_verified verified; /* with --verify */
	struct kpm_sample_check samples;
};

static int read_status(struct status *s, struct kpm_err *err)
{
	const struct kpm_options *o = s->options;
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
	if (!ret && source->ops->check_samples(source, &s->samples))
		ret = kpm_fail(err, -ENOMEM, "out of memory");
	if (!ret) {
		s->since_ns = kpm_pinned_since(source);
		/* no events: the kernel takes no time unless it is told to */
		s->cost_known = !kpm_pinned_cost(source, &s->cost) && s->cost.events;
	}
	kpm_source_close(source);
	kpm_tagset_free(tags);
	return ret;
}

static void print_losses(FILE *out, const struct kpm_snapshot *snap)
{
	uint64_t lost = kpm_loss_events(&snap->loss);

	if (!(snap->have & KPM_HAVE_LOSS)) {
		fputs("lost:           -\n", out);
		return;
	}
	fprintf(out, "lost:           %" PRIu64, lost);
	if (lost) {
		fputs(" (", out);
		kpm_losses_print(out, &snap->loss, "; ");
		fputc(')', out);
	}
	fputc('\n', out);
}

static void print_text(FILE *out, const struct status *s)
{
	const struct kpm_snapshot *snap = &s->snap;
	char time[KPM_TIME_LEN], length[KPM_SIZE_LEN], size[KPM_SIZE_LEN];

	fprintf(out, "tracking since %s (%s), by kpoolmon " KPM_VERSION ", Linux %s\n",
		kpm_format_time(s->since_ns, time),
		kpm_format_duration(snap->mono_ns - snap->started_ns, length), snap->kernel);
	fprintf(out, "tags:           %" PRIu64 " of %" PRIu64 "\n", snap->capacity.tags,
		snap->capacity.tags_max);
	fprintf(out, "objects:        %" PRIu64 " of %" PRIu64 " (%.1f%%)\n",
		snap->capacity.objects, snap->capacity.objects_rated,
		100.0 * snap->capacity.objects / snap->capacity.objects_rated);
	fprintf(out, "kernel memory:  %s\n", kpm_format_size(snap->capacity.kernel_bytes, size));
	fprintf(out,
		"samples:        %" PRIu32 " of %" PRIu32
		", %s of that memory, %.4f%% of a CPU's time\n",
		s->samples.samples, s->samples.places, kpm_format_size(s->samples.bytes, size),
		100.0 * s->samples.time_ns / (snap->mono_ns - snap->started_ns));
	print_losses(out, snap);
	fprintf(out, "missed frees:   %" PRIu64 ", and %" PRIu64 " found by the audit\n",
		snap->loss.missed, snap->loss.audited);
	fprintf(out, "second copies:  %s\n", kpm_second_copies_name(snap->second));
	kpm_missing_probes_print(out, "missing probes", snap->hooks);
	if (!*snap->missing)
		fputs("missing probes: none\n", out);
	if (*s->no_audit.text)
		fprintf(out, "audit:          none (%s)\n", s->no_audit.text);
	if (s->cost_known)
		fprintf(out, "cost:           %.1f ns an event, %" PRIu64 " events timed\n",
			(double)s->cost.ns / s->cost.events, s->cost.events);
	else
		fputs("cost:           - (sysctl kernel.bpf_stats_enabled=1 has it measured)\n",
		      out);
}

static int print_json(FILE *out, const struct status *s)
{
	const struct kpm_snapshot *snap = &s->snap;
	bool loss = snap->have & KPM_HAVE_LOSS;
	json_t *o = json_object();

	json_object_set_new(o, "tracking", json_true());
	json_object_set_new(o, "since", kpm_json_time(s->since_ns));
	json_object_set_new(o, "tracked_s",
			    json_real((snap->mono_ns - snap->started_ns) / 1000000 / 1e3));
	json_object_set_new(o, "version", json_string(KPM_VERSION));
	json_object_set_new(o, "layout", kpm_json_number(kpm_pins_layout()));
	json_object_set_new(o, "host", kpm_json_text(snap->host));
	json_object_set_new(o, "kernel", kpm_json_text(snap->kernel));
	json_object_set_new(o, "tags", kpm_json_number(snap->capacity.tags));
	json_object_set_new(o, "tags_max", kpm_json_number(snap->capacity.tags_max));
	json_object_set_new(o, "objects", kpm_json_number(snap->capacity.objects));
	json_object_set_new(o, "objects_rated", kpm_json_number(snap->capacity.objects_rated));
	json_object_set_new(o, "kernel_bytes", kpm_json_number(snap->capacity.kernel_bytes));
	json_object_set_new(o, "samples", kpm_json_number(s->samples.samples));
	json_object_set_new(o, "samples_max", kpm_json_number(s->samples.places));
	json_object_set_new(o, "sample_bytes", kpm_json_number(s->samples.bytes));
	json_object_set_new(o, "sample_ns", kpm_json_number(s->samples.time_ns));
	json_object_set_new(o, "lost",
			    loss ? kpm_json_number(kpm_loss_events(&snap->loss)) : json_null());
	json_object_set_new(o, "missed", kpm_json_number(snap->loss.missed));
	json_object_set_new(o, "audited", kpm_json_number(snap->loss.audited));
	json_object_set_new(o, "missing_probes", kpm_json_text(snap->missing));
	json_object_set_new(o, "second_copies", json_string(kpm_second_copies_name(snap->second)));
	json_object_set_new(o, "events_timed",
			    s->cost_known ? kpm_json_number(s->cost.events) : json_null());
	json_object_set_new(o, "ns_per_event",
			    kpm_json_real(s->cost_known ? (double)s->cost.ns / s->cost.events : 0,
					  s->cost_known));
	json_object_set_new(o, "samples_without_object",
			    kpm_json_number(s->samples.without_object));
	json_object_set_new(o, "objects_without_sample",
			    kpm_json_number(s->samples.without_sample));
	if (s->verified.counts)
		json_object_set_new(o, "caches", kpm_verified_json(&s->verified));
	return kpm_json_line(out, o);
}

static int write_text(FILE *out, const void *arg)
{
	const struct status *s = arg;
	bool json = s->options->format == KPM_FORMAT_JSON;

	if (!s->tracking)
		fputs(json ? "{\"tracking\":false}\n"
			   : "nothing is tracked; kpoolmon start begins\n",
		      out);
	else if (json)
		return print_json(out, s);
	else
		print_text(out, s);
	if (s->tracking && s->options->verify)
		kpm_verified_print(out, &s->verified);
	return 0;
}

int kpm_cmd_status(const struct kpm_options *options, struct kpm_outcome *outcome,
		   struct kpm_err *err)
{
	struct status s = {.options = options};
	int ret;

	kpm_snapshot_init(&s.snap);
	ret = read_status(&s, err);
	s.tracking = !ret;
	/* that nothing is tracked is an answer */
	if (ret == -ENOENT && !kpm_pins_exist(&options->live.roots)) {
		outcome->exit = KPM_EXIT_NOTHING;
		ret = 0;
	}
	if (!ret)
		ret = kpm_print(NULL, write_text, &s, err);
	if (!ret && s.tracking && options->verify)
		ret = kpm_verified_judge(&s.verified, err);
	if (!ret && options->verify && s.samples.without_object + s.samples.without_sample)
		ret = kpm_fail(err, -EUCLEAN,
			       "%" PRIu32 " samples have no object, %" PRIu32
			       " objects have lost their sample: please report it",
			       s.samples.without_object, s.samples.without_sample);
	kpm_verified_done(&s.verified);
	kpm_snapshot_done(&s.snap);
	return ret;
}
