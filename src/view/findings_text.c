// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "view/findings_text.h"
#include "view/kind_names.h"

static const char *clean(const char *text, char *buf)
{
	return kpm_clean(text ? text : "", buf, KPM_CLEAN_LEN);
}

static const char *tag_text(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
			    uint32_t suspect)
{
	return kpm_tagset_get(of->tags, suspects[suspect].tag)->text;
}

const char *kpm_finding_kind(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
			     const struct kpm_finding *f)
{
	const struct kpm_row *rows = of->snap->rows;
	const char *kind = kpm_row_type(&rows[suspects[f->members[0]].tag]);

	for (uint32_t i = 1; i < f->count; i++)
		if (kpm_row_type(&rows[suspects[f->members[i]].tag]) != kind)
			return kpm_kind_names[KPM_KINDS].type;
	return kind;
}

int64_t kpm_finding_time_left(const struct kpm_findings_of *of, const struct kpm_finding *f)
{
	struct kpm_evidence all = {.slope[KPM_RUN] = f->bytes_per_s};

	return kpm_time_to_exhaustion(of->snap, &all);
}

/* A process with less of it is one of many. */
#define FEW 0.1

/* Owners, processes and cgroups on a line. */
static void put_parties(FILE *out, const struct kpm_finding *f)
{
	static const char *const words[KPM_PARTY_KINDS] = {
		[KPM_OWNER] = "owner", [KPM_PROCESS] = "allocated by", [KPM_CGROUP] = "in"};
	const char *before = "          ";
	char buf[KPM_CLEAN_LEN];

	for (int kind = 0; kind < KPM_PARTY_KINDS; kind++) {
		const struct kpm_finding_party *p = &f->party[kind][0];

		if (!f->parties[kind] || (kind == KPM_CGROUP && !strcmp(p->name, "/")))
			continue;
		if (kind == KPM_PROCESS && p->share < FEW) {
			fprintf(out, "%s%s many processes", before, words[kind]);
		} else {
			fprintf(out, "%s%s %s", before, words[kind], clean(p->name, buf));
			if (p->module)
				fprintf(out, " [%s]", clean(p->module, buf));
			if (p->pid)
				fprintf(out, " (%" PRIu32 ")", p->pid);
			fprintf(out, " %.0f%%", 100 * p->share);
		}
		before = "; ";
	}
	if (*before == ';')
		fputc('\n', out);
}

#define TAGS_SHOWN 5

/* The tags beside the lead, and what the unit is. */
static void put_tags(FILE *out, const struct kpm_findings_of *of,
		     const struct kpm_suspect *suspects, const struct kpm_finding *f)
{
	char size[KPM_SIZE_LEN], buf[KPM_CLEAN_LEN];

	if (f->count < 2)
		return;
	fputs("          with", out);
	for (uint32_t i = 1; i < f->count && i <= TAGS_SHOWN; i++)
		fprintf(out, "%s %s %s", i > 1 ? "," : "",
			clean(tag_text(of, suspects, f->members[i]), buf),
			kpm_format_size(suspects[f->members[i]].evidence.bytes, size));
	if (f->count > TAGS_SHOWN + 1)
		fprintf(out, " and %" PRIu32 " more tags", f->count - TAGS_SHOWN - 1);
	fputc('\n', out);
	if (f->per_unit >= 1.5)
		fprintf(out, "          %.*f objects to one of %s\n", f->per_unit < 10 ? 1 : 0,
			f->per_unit, clean(tag_text(of, suspects, f->unit), buf));
}

static const char *counted(enum kpm_visible what)
{
	static const char *const names[KPM_VISIBLES] = {
		[KPM_VISIBLE_DESCRIPTORS] = "descriptors",
		[KPM_VISIBLE_MAPPINGS] = "mappings",
		[KPM_VISIBLE_THREADS] = "threads",
		[KPM_VISIBLE_TIMERS] = "timers",
		[KPM_VISIBLE_LOCKS] = "file locks",
		[KPM_VISIBLE_WATCHES] = "watches",
		[KPM_VISIBLE_IN_FLIGHT] = "descriptors in flight",
		[KPM_VISIBLE_SIGNALS] = "queued signals",
		[KPM_VISIBLE_KEYS] = "keys",
		[KPM_VISIBLE_UNREAD] = "unread bytes",
		[KPM_VISIBLE_MESSAGES] = "System V messages",
		[KPM_VISIBLE_SEMAPHORES] = "System V semaphores",
		[KPM_VISIBLE_SEGMENTS] = "System V segments",
		[KPM_VISIBLE_MOUNTS] = "mounts",
		[KPM_VISIBLE_NET_DEVICES] = "network devices",
	};

	return names[what];
}

char *kpm_finding_holder(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
			 const struct kpm_finding *f, char *buf)
{
	const struct kpm_holder *h = &f->holder;
	char comm[64], name[KPM_CLEAN_LEN], who[128], size[KPM_SIZE_LEN];

	*buf = '\0';
	if (!f->has_holder)
		return buf;
	kpm_clean(h->comm, comm, sizeof(comm));
	if (h->pid)
		snprintf(who, sizeof(who), "held by %s (%" PRIu32 "): its", comm, h->pid);
	else if (h->processes)
		snprintf(who, sizeof(who), "held by %" PRIu32 " processes %s: their", h->processes,
			 comm);
	else
		snprintf(who, sizeof(who), "kept by no process:");
	if (h->what == KPM_VISIBLE_UNREAD)
		snprintf(buf, KPM_HOLDER_LEN, "%s sockets have %s more that nobody has read", who,
			 kpm_format_size(h->rose, size));
	else
		snprintf(buf, KPM_HOLDER_LEN,
			 "%s %s rose by %" PRIu64 " while %" PRIu64 " objects of %.200s came", who,
			 counted(h->what), h->rose, h->objects,
			 kpm_clean(tag_text(of, suspects, h->member), name, sizeof(name)));
	return buf;
}

/* How what nobody holds is listed and removed. */
static const char *kept_next(enum kpm_visible what)
{
	switch (what) {
	case KPM_VISIBLE_MESSAGES:
		return "ipcs -q lists the queues, ipcrm -q removes one";
	case KPM_VISIBLE_SEMAPHORES:
		return "ipcs -s lists them, ipcrm -s removes one";
	case KPM_VISIBLE_SEGMENTS:
		return "ipcs -m lists them, ipcrm -m removes one";
	case KPM_VISIBLE_MOUNTS:
		return "findmnt lists them, umount removes one";
	default:
		return "ip link lists them, ip link delete removes one";
	}
}

char *kpm_finding_next(const struct kpm_findings_of *of, const struct kpm_suspect *suspects,
		       const struct kpm_finding *f, char *buf)
{
	const struct kpm_suspect *lead = &suspects[f->members[0]];
	const struct kpm_evidence *e = &lead->evidence;
	char tag[KPM_CLEAN_LEN], comm[64];
	int64_t longer = 2 * (int64_t)e->hold_s;

	kpm_clean(kpm_tagset_get(of->tags, lead->tag)->text, tag, sizeof(tag));
	tag[strcspn(tag, "+ ")] = '\0';
	*buf = '\0';
	if (f->verdict == KPM_CACHE)
		snprintf(buf, KPM_NEXT_LEN,
			 "shrinks on demand: echo 2 >/proc/sys/vm/drop_caches shows how far");
	else if (f->verdict == KPM_LEAK)
		snprintf(buf, KPM_NEXT_LEN,
			 "kpoolmon stacks '%.200s' shows the ways, kpoolmon find '%.200s' the file",
			 tag, tag);
	else if (f->has_holder && f->verdict == KPM_KEPT)
		snprintf(buf, KPM_NEXT_LEN, "%s", kept_next(f->holder.what));
	else if (f->has_holder && f->holder.pid)
		snprintf(buf, KPM_NEXT_LEN, "held by %s (%" PRIu32 "): gone when it exits",
			 kpm_clean(f->holder.comm, comm, sizeof(comm)), f->holder.pid);
	else if (f->has_holder && f->holder.processes)
		snprintf(buf, KPM_NEXT_LEN, "held by %" PRIu32 " processes %s: gone when they exit",
			 f->holder.processes, kpm_clean(f->holder.comm, comm, sizeof(comm)));
	else if (f->verdict == KPM_STORM)
		snprintf(
			buf, KPM_NEXT_LEN,
			"memory is short within minutes: kpoolmon stacks '%.200s' shows whose it is",
			tag);
	else if (f->verdict == KPM_STOPPED)
		snprintf(buf, KPM_NEXT_LEN,
			 "what is left stays: kpoolmon stacks '%.200s' shows whose it is", tag);
	else if (f->verdict == KPM_GROWING && (longer || e->newcomer))
		snprintf(buf, KPM_NEXT_LEN,
			 "more is known after: kpoolmon suspects --for %" PRId64 "s",
			 longer ? longer : (int64_t)(2 * e->span_ns / KPM_SECOND + 1));
	else if (f->verdict == KPM_GROWING)
		snprintf(buf, KPM_NEXT_LEN,
			 "watch for longer, and see the ways: kpoolmon stacks '%.200s'", tag);
	return buf;
}

void kpm_finding_print(FILE *out, const struct kpm_findings_of *of,
		       const struct kpm_suspect *suspects, const struct kpm_finding *f)
{
	const struct kpm_suspect *lead = &suspects[f->members[0]];
	const struct kpm_tag_name *name = kpm_tagset_get(of->tags, lead->tag);
	char size[KPM_SIZE_LEN], words[KPM_EVIDENCE_LEN], buf[KPM_CLEAN_LEN], next[KPM_NEXT_LEN];
	char holder[KPM_HOLDER_LEN];
	int64_t end = kpm_finding_time_left(of, f);

	fprintf(out, " %-8s %s", kpm_verdict_name(f->verdict), clean(name->text, buf));
	if (name->cache)
		fprintf(out, " (%s)", clean(name->cache, buf));
	fprintf(out, ", %s, %s in %" PRIu64 " objects", kpm_finding_kind(of, suspects, f),
		kpm_format_size(f->bytes, size), f->objects);
	if (f->count > 1)
		fprintf(out, " of %" PRIu32 " tags", f->count);
	if (f->count > 1 && f->bytes_per_s > 0)
		fprintf(out, ", +%s/min", kpm_format_size(f->bytes_per_s * 60, size));
	fprintf(out, "\n          %s\n", kpm_evidence_words(&lead->evidence, words));
	if (f->has_holder)
		fprintf(out, "          %s\n", kpm_finding_holder(of, suspects, f, holder));
	put_tags(out, of, suspects, f);
	put_parties(out, f);
	if (f->verdict <= KPM_GROWING && end)
		fprintf(out, "          at this slope the available memory lasts %s\n",
			kpm_format_duration(end, size));
	if (*kpm_finding_next(of, suspects, f, next))
		fprintf(out, "          next: %s\n", next);
}
