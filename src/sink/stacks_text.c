// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks as text. The tree of a tag begins at the allocation: a line for each frame, and where
 * stacks part a line for each branch with its part of the tag, the frames behind it indented.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sink/stacks.h"

/* What all lines of a tag are part of. */
struct tree {
	const struct kpm_held *held;
	double bytes; /* of the tag */
};

static const char *frame_text(const struct kpm_held *held, uint32_t frame, char *buf)
{
	return kpm_clean(kpm_tagset_get(held->frames, frame)->text, buf, KPM_CLEAN_LEN);
}

static void indent(FILE *out, unsigned int depth)
{
	fprintf(out, "   %*s", 2 * (int)depth, "");
}

static void put_frame(FILE *out, const struct kpm_held *held, uint32_t frame, unsigned int depth,
		      bool is_owner)
{
	const struct kpm_location *at = held->locations ? held->locations[frame] : NULL;
	char buf[KPM_CLEAN_LEN];

	indent(out, depth);
	fprintf(out, "%s%s", frame_text(held, frame, buf), is_owner ? "  <- owner" : "");
	if (at && at->source)
		fprintf(out, "  %s:%d", kpm_clean(at->source, buf, sizeof(buf)), at->line);
	if (at && at->inlined && *at->inlined)
		fprintf(out, " (inlined: %s)", kpm_clean(at->inlined, buf, sizeof(buf)));
	if (at && at->file)
		fprintf(out, "  %s", kpm_clean(at->file, buf, sizeof(buf)));
	fputc('\n', out);
}

static void put_processes(FILE *out, const struct kpm_held *held, const struct kpm_held_stack *s,
			  unsigned int depth)
{
	char buf[KPM_CLEAN_LEN], a[KPM_SIZE_LEN], b[KPM_SIZE_LEN];

	for (uint32_t i = 0; i < s->process_count; i++) {
		const struct kpm_party *p = kpm_who_get(held->who, s->processes[i].party);

		indent(out, depth);
		fprintf(out, "by %s", kpm_clean(p->name, buf, sizeof(buf)));
		if (p->pid)
			fprintf(out, " (%" PRIu32 ")", p->pid);
		fprintf(out, ": %.0f objects", s->processes[i].objects);
		if (s->processes[i].error >= 0.5)
			fprintf(out, " +-%.0f", s->processes[i].error);
		fprintf(out, ", %" PRIu32 " samples\n", s->processes[i].samples);
	}
	indent(out, depth);
	fprintf(out, "allocated %s to %s ago, %.0f%% of what came this way is still there\n",
		kpm_format_duration(s->newest_s * 1e9, a),
		kpm_format_duration(s->oldest_s * 1e9, b), 100 * s->living);
}

/* Where the frames of two stacks first differ, from `from` on; both have the same ones before. */
static uint32_t common(const struct kpm_held_stack *a, const struct kpm_held_stack *b,
		       uint32_t from)
{
	while (from < a->frame_count && from < b->frame_count && a->frames[from] == b->frames[from])
		from++;
	return from;
}

static double bytes_of(const struct kpm_held_stack **stacks, uint32_t count)
{
	double sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += stacks[i]->bytes;
	return sum;
}

static void put_branch(FILE *out, const struct tree *tree, const struct kpm_held_stack **stacks,
		       uint32_t count, uint32_t from, unsigned int depth)
{
	uint32_t to = common(stacks[0], stacks[count - 1], from);
	uint32_t first = 0;

	if (count == 1)
		to = stacks[0]->frame_count;
	for (uint32_t i = from; i < to; i++)
		put_frame(out, tree->held, stacks[0]->frames[i], depth, i + 1 == stacks[0]->owner);
	if (count == 1) {
		if (stacks[0]->cut) {
			indent(out, depth);
			fputs("...\n", out);
		}
		put_processes(out, tree->held, stacks[0], depth);
		return;
	}
	/* sorted by frames: a branch is a run of stacks with the same next frame */
	while (first < count) {
		const struct kpm_held_stack *s = stacks[first];
		uint32_t end = first + 1;
		char size[KPM_SIZE_LEN];
		double bytes;

		while (end < count && common(s, stacks[end], to) > to)
			end++;
		if (s->frame_count == to) /* it ends here, and others go on */
			end = first + 1;
		bytes = bytes_of(stacks + first, end - first);
		indent(out, depth);
		fprintf(out, "%5.1f%% %s\n", tree->bytes > 0 ? 100 * bytes / tree->bytes : 0,
			kpm_format_size(bytes, size));
		put_branch(out, tree, stacks + first, end - first, to, depth + 1);
		first = end;
	}
}

static int by_frames(const void *x, const void *y)
{
	const struct kpm_held_stack *a = *(const struct kpm_held_stack *const *)x;
	const struct kpm_held_stack *b = *(const struct kpm_held_stack *const *)y;
	uint32_t at = common(a, b, 0);

	if (at < a->frame_count && at < b->frame_count)
		return a->frames[at] < b->frames[at] ? -1 : 1;
	return (a->frame_count > b->frame_count) - (a->frame_count < b->frame_count);
}

static void put_tag(FILE *out, const struct kpm_held *held, const struct kpm_held_stack **stacks,
		    uint32_t count)
{
	const struct kpm_tag_name *name = kpm_tagset_get(held->tags, stacks[0]->tag);
	double objects = stacks[0]->tag_objects, shown = bytes_of(stacks, count);
	struct tree tree = {held, stacks[0]->tag_bytes};
	char buf[KPM_CLEAN_LEN], size[KPM_SIZE_LEN];
	uint32_t samples = 0;

	for (uint32_t i = 0; i < count; i++)
		samples += stacks[i]->samples;
	fprintf(out, "\n %s", kpm_clean(name->text, buf, sizeof(buf)));
	if (name->cache)
		fprintf(out, " (%s)", kpm_clean(name->cache, buf, sizeof(buf)));
	fprintf(out, ": %s in %.0f objects", kpm_format_size(tree.bytes, size), objects);
	if (samples)
		fprintf(out, ", %" PRIu32 " samples", samples);
	if (stacks[0]->error >= 0.5 && objects > 0)
		fprintf(out, ", largest share +-%.1f%%", 100 * stacks[0]->error / objects);
	fputc('\n', out);
	qsort(stacks, count, sizeof(*stacks), by_frames);
	if (!samples)
		fputs("   no sample of these objects: allocated before, or too many at once\n",
		      out);
	else
		put_branch(out, &tree, stacks, count, 0, 0);
	if (shown < tree.bytes * 0.995)
		fprintf(out, "   %.1f%% came by ways that are not shown\n",
			100 - 100 * shown / tree.bytes);
}

/* The undone stack of the tag that has most; held->count: all are done. */
static uint32_t next_tag(const struct kpm_held *held, const bool *done)
{
	uint32_t most = held->count;

	for (uint32_t i = 0; i < held->count; i++)
		if (!done[i] && (most == held->count ||
				 held->stacks[i].tag_bytes > held->stacks[most].tag_bytes))
			most = i;
	return most;
}

int kpm_stacks_table(FILE *out, const struct kpm_held *held)
{
	const struct kpm_held_stack **list = calloc(held->count + 1, sizeof(*list));
	bool *done = calloc(held->count + 1, sizeof(*done));
	char size[KPM_SIZE_LEN];

	if (!list || !done) {
		free(list);
		free(done);
		return -ENOMEM;
	}
	fprintf(out, " %s  Linux %s  %s in %" PRIu64 " objects, %" PRIu32 " samples\n", held->host,
		held->kernel, kpm_format_size(held->bytes, size), held->objects, held->samples);
	if (held->lost)
		fprintf(out, " %" PRIu64 " samples were not taken: no time or no room for them\n",
			held->lost);
	for (uint32_t i; (i = next_tag(held, done)) < held->count;) {
		uint32_t count = 0;

		for (uint32_t k = 0; k < held->count; k++)
			if (held->stacks[k].tag == held->stacks[i].tag) {
				list[count++] = &held->stacks[k];
				done[k] = true;
			}
		put_tag(out, held, list, count);
	}
	if (held->left_out)
		fprintf(out, "\n %" PRIu32 " smaller stacks are not shown: --limit shows more\n",
			held->left_out);
	free(list);
	free(done);
	return 0;
}

/* A part of a line: `;` and blanks would end it. */
static void put_folded(FILE *out, const char *text)
{
	char buf[KPM_CLEAN_LEN];

	kpm_clean(text, buf, sizeof(buf));
	for (char *p = buf; *p; p++)
		if (*p == ';' || *p == ' ')
			*p = '_';
	fputs(buf, out);
}

static void put_line(FILE *out, const struct kpm_held *held, const struct kpm_held_stack *s,
		     const char *process, double bytes)
{
	put_folded(out, process);
	for (uint32_t i = s->frame_count; i > 0; i--) {
		const struct kpm_tag_name *name = kpm_tagset_get(held->frames, s->frames[i - 1]);

		fputc(';', out);
		put_folded(out, name->symbol ? name->symbol : name->text);
		if (name->symbol && name->module && strcmp(name->module, "kernel")) {
			fputs("_[", out);
			put_folded(out, name->module);
			fputc(']', out);
		}
	}
	if (!s->frame_count) {
		fputc(';', out);
		put_folded(out, kpm_tagset_get(held->tags, s->tag)->text);
	}
	fprintf(out, " %.0f\n", bytes);
}

int kpm_stacks_folded(FILE *out, const struct kpm_held *held)
{
	for (uint32_t i = 0; i < held->count; i++) {
		const struct kpm_held_stack *s = &held->stacks[i];

		if (!s->process_count)
			put_line(out, held, s, "(not sampled)", s->bytes);
		for (uint32_t k = 0; k < s->process_count; k++)
			put_line(out, held, s, kpm_who_get(held->who, s->processes[k].party)->name,
				 s->processes[k].bytes);
	}
	return 0;
}
