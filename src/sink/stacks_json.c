// SPDX-License-Identifier: GPL-2.0-or-later
/* Stacks as one JSON object. */
#include <string.h>

#include "base/json.h"
#include "sink/stacks.h"

static json_t *frame_json(const struct kpm_held *held, uint32_t frame)
{
	const struct kpm_tag_name *name = kpm_tagset_get(held->frames, frame);
	const struct kpm_location *at = held->locations ? held->locations[frame] : NULL;
	json_t *o = json_object();

	json_object_set_new(o, "frame", kpm_json_text(name->text));
	json_object_set_new(o, "symbol", kpm_json_text(name->symbol));
	json_object_set_new(o, "module", kpm_json_text(name->module));
	json_object_set_new(o, "module_file", kpm_json_text(at ? at->file : NULL));
	json_object_set_new(o, "source_file", kpm_json_text(at ? at->source : NULL));
	json_object_set_new(o, "source_line",
			    at && at->line ? kpm_json_number(at->line) : json_null());
	json_object_set_new(o, "inlined", kpm_json_text(at ? at->inlined : NULL));
	return o;
}

static json_t *process_json(const struct kpm_held *held, const struct kpm_held_process *process)
{
	const struct kpm_party *p = kpm_who_get(held->who, process->party);
	json_t *o = json_object();

	json_object_set_new(o, "process", kpm_json_text(p->name));
	json_object_set_new(o, "pid", p->pid ? kpm_json_number(p->pid) : json_null());
	json_object_set_new(o, "objects", kpm_json_number(process->objects + 0.5));
	json_object_set_new(o, "bytes", kpm_json_number(process->bytes + 0.5));
	json_object_set_new(o, "error", kpm_json_real(process->error, true));
	json_object_set_new(o, "samples", kpm_json_number(process->samples));
	return o;
}

static json_t *stack_json(const struct kpm_held *held, const struct kpm_held_stack *s)
{
	const struct kpm_tag_name *name = kpm_tagset_get(held->tags, s->tag);
	json_t *o = json_object(), *frames = json_array(), *processes = json_array();
	bool sampled = s->samples > 0;

	for (uint32_t i = 0; i < s->frame_count; i++)
		json_array_append_new(frames, frame_json(held, s->frames[i]));
	for (uint32_t i = 0; i < s->process_count; i++)
		json_array_append_new(processes, process_json(held, &s->processes[i]));
	json_object_set_new(o, "tag", kpm_json_text(name->text));
	json_object_set_new(o, "cache", kpm_json_text(name->cache));
	json_object_set_new(o, "objects", kpm_json_number(s->objects + 0.5));
	json_object_set_new(o, "bytes", kpm_json_number(s->bytes + 0.5));
	json_object_set_new(o, "error", kpm_json_real(s->error, sampled));
	json_object_set_new(o, "estimated", json_boolean(s->error > 0));
	json_object_set_new(o, "samples", kpm_json_number(s->samples));
	json_object_set_new(o, "living_share", kpm_json_real(s->living, sampled));
	json_object_set_new(o, "newest_s", kpm_json_real(s->newest_s, sampled));
	json_object_set_new(o, "oldest_s", kpm_json_real(s->oldest_s, sampled));
	json_object_set_new(o, "interrupt", json_boolean(s->interrupt));
	json_object_set_new(o, "cut", json_boolean(s->cut));
	json_object_set_new(
		o, "owner",
		s->owner ? kpm_json_text(
				   kpm_tagset_get(held->frames, s->frames[s->owner - 1])->symbol)
			 : json_null());
	json_object_set_new(o, "processes", processes);
	json_object_set_new(o, "frames", frames);
	return o;
}

int kpm_stacks_json(FILE *out, const struct kpm_held *held)
{
	json_t *o = json_object(), *list = json_array();

	json_object_set_new(o, "time", kpm_json_time(held->wall_ns));
	json_object_set_new(o, "host", kpm_json_text(held->host));
	json_object_set_new(o, "kernel", kpm_json_text(held->kernel));
	json_object_set_new(o, "objects", kpm_json_number(held->objects));
	json_object_set_new(o, "bytes", kpm_json_number(held->bytes));
	json_object_set_new(o, "samples", kpm_json_number(held->samples));
	json_object_set_new(o, "samples_lost", kpm_json_number(held->lost));
	json_object_set_new(o, "left_out", kpm_json_number(held->left_out));
	for (uint32_t i = 0; i < held->count; i++)
		json_array_append_new(list, stack_json(held, &held->stacks[i]));
	json_object_set_new(o, "stacks", list);
	return kpm_json_line(out, o);
}
