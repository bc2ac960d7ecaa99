/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules that come and go. Code that is loaded where other code was gets tags of its own: each
 * page of code has a generation that goes into the keys of its call sites, and that is raised when
 * a module is loaded to it or goes from it. Tags of other modules stay what they are.
 */
#ifndef KPM_MODULES_BPF_H
#define KPM_MODULES_BPF_H

#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "samples.bpf.h"
#include "tags.bpf.h"

/* Code of a module has not more pages than this, a gigabyte. */
#define CODE_PAGES_MAX (1 << 18)

struct code {
	__u64 start; /* address */
	__u64 size;  /* bytes */
	int is_new;  /* in name_stack() */
};

static int raise_page(__u32 i, struct code *code)
{
	__u32 at = code_page(code->start + i * 4096ULL);
	__u64 *generation = bpf_map_lookup_elem(&generations, &at);

	if (generation)
		add(generation, 1);
	return 0;
}

/* Raises the generations of a range of code; 0 if it is none. */
static __always_inline int raise_range(__u64 start, __u64 size)
{
	struct code code = {start & ~4095ULL, size, 0};

	if (!start || !size)
		return 0;
	bpf_loop(size / 4096 + 2 < CODE_PAGES_MAX ? size / 4096 + 2 : CODE_PAGES_MAX, raise_page,
		 &code, 0);
	return 1;
}

static __always_inline __u64 read_kernel(__u64 at, __u32 size)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, size & 7 ? size & 7 : 8, (void *)at);
	return word;
}

/* One of the module's parts, with HAVE_MODULE_MEMORY. */
static __noinline int raise_part(__u64 module, __u32 part)
{
	__u64 at = module + bpf_core_field_offset(struct module___mem, mem) +
		   part * bpf_core_type_size(struct module_memory);

	return raise_range(read_kernel(at + bpf_core_field_offset(struct module_memory, base), 8),
			   read_kernel(at + bpf_core_field_offset(struct module_memory, size), 4));
}

/* The same without it. */
static __noinline int raise_layout(__u64 layout)
{
	return raise_range(
		read_kernel(layout + bpf_core_field_offset(struct module_layout, base), 8),
		read_kernel(layout + bpf_core_field_offset(struct module_layout, size), 4));
}

/*
 * The code of a module, init code included while it is there. Where the module's memory cannot be
 * read all pages get another generation: too many new tags are no wrong ones.
 */
static __always_inline int next_generation(__u64 module)
{
	struct kpm_control *ctl;
	__u32 zero = 0;
	int raised;

	if (HAVE_MODULE_MEMORY)
		raised = raise_part(module, bpf_core_enum_value(enum mod_mem_type, MOD_TEXT)) |
			 raise_part(module, bpf_core_enum_value(enum mod_mem_type, MOD_INIT_TEXT));
	else
		raised = raise_layout(module +
				      bpf_core_field_offset(struct module___layout, core_layout)) |
			 raise_layout(module +
				      bpf_core_field_offset(struct module___layout, init_layout));
	ctl = bpf_map_lookup_elem(&control, &zero);
	if (ctl && !raised)
		add(&ctl->generation, 1);
	return 0;
}

/* Readers have to read the kernel's symbols again. */
static __always_inline void count_module(void)
{
	struct kpm_control *ctl;
	__u32 zero = 0;

	ctl = bpf_map_lookup_elem(&control, &zero);
	if (ctl)
		__sync_fetch_and_add(&ctl->modules, 1);
}

/*
 * Keeps the name of an address in a stack of that time, in the place that has it, or in a free one.
 * In code that is new it has none: it lay in init code, which goes without an event, and must not be
 * taken for what lies there from now on. Not static, see put_in().
 */
__noinline int keep_name(__u64 ip, __u64 time, int is_new)
{
	__u32 at = (ip * 0xd6e8feb86659fd93ULL) >> 32;
	struct kpm_gone *to = 0;

	at &= KPM_GONE_MAX - KPM_SET;
	for (int i = 0; i < KPM_SET; i++, at++) {
		to = bpf_map_lookup_elem(&gone, &at);
		if (!to || !to->ip || to->ip == ip)
			break;
		to = 0;
	}
	if (!to || (to->ip == ip && (is_new || to->time > time)))
		return 0;
	if (is_new)
		to->symbol[0] = '\0';
	else
		bpf_snprintf(to->symbol, sizeof(to->symbol), "%pB", &ip, sizeof(ip));
	to->time = bpf_ktime_get_ns();
	WRITE_WORD(to->ip, ip);
	return 0;
}

/* Keeps the names of a stack's frames that lie in the code. */
static int name_stack(__u32 i, struct code *code)
{
	struct kpm_stack *stack = bpf_map_lookup_elem(&stacks, &i);

	if (!stack || !READ_WORD(stack->hash))
		return 0;
	for (int k = 0; k < KPM_STACK_FRAMES; k++)
		if (k < stack->frames && stack->ip[k] - code->start < code->size)
			keep_name(stack->ip[k], stack->time, code->is_new);
	return 0;
}

static __noinline int name_range(__u64 start, __u64 size, int is_new)
{
	struct code code = {start, size, is_new};

	if (usual_fill && start && size)
		bpf_loop(stacks_mask + 1, name_stack, &code, 0);
	return 0;
}

/* The frames of stacks that lie in a module's code, which is new or about to go. */
static __always_inline int name_frames(__u64 module, int is_new)
{
	__u64 at;

	if (HAVE_MODULE_MEMORY) {
		at = module + bpf_core_field_offset(struct module___mem, mem) +
		     bpf_core_enum_value(enum mod_mem_type, MOD_TEXT) *
			     bpf_core_type_size(struct module_memory);
		return name_range(
			read_kernel(at + bpf_core_field_offset(struct module_memory, base), 8),
			read_kernel(at + bpf_core_field_offset(struct module_memory, size), 4),
			is_new);
	}
	at = module + bpf_core_field_offset(struct module___layout, core_layout);
	return name_range(read_kernel(at + bpf_core_field_offset(struct module_layout, base), 8),
			  read_kernel(at + bpf_core_field_offset(struct module_layout, size), 4),
			  is_new);
}

/* (struct module *), before the module's init function runs */
SEC("raw_tp/module_load")
int kpm_module_load(struct bpf_raw_tracepoint_args *ctx)
{
	count_module();
	name_frames(ctx->args[0], 1);
	return next_generation(ctx->args[0]);
}

/*
 * Where the module begins in a tag's name, `symbol+0x1/0x2 [name]`; KPM_SYMBOL_LEN: nowhere. A
 * global function, so that to the verifier its result is any number: it would follow the comparison
 * below for each place in the name.
 */
__noinline int find_bracket(__u32 id)
{
	struct kpm_tag_info *info = bpf_map_lookup_elem(&taginfo, &id);

	for (int at = 0; info && at < KPM_SYMBOL_LEN; at++)
		if (info->symbol[at] == '[')
			return at;
	return KPM_SYMBOL_LEN;
}

struct leaving {
	char module[MODULE_NAME_LEN];
};

static __always_inline int lies_in(const struct kpm_tag_info *info, __u32 at,
				   const struct leaving *leaving)
{
	for (__u32 i = 0; i < MODULE_NAME_LEN && ++at < KPM_SYMBOL_LEN; i++) {
		if (!leaving->module[i])
			return info->symbol[at] == ']';
		if (info->symbol[at] != leaving->module[i])
			return 0;
	}
	return 0;
}

static int mark_unloaded(__u32 i, struct leaving *leaving)
{
	__u32 *listed = bpf_map_lookup_elem(&taglist, &i), id;
	struct kpm_tag_info *info;

	if (!listed || !*listed)
		return 0;
	id = *listed - 1;
	info = bpf_map_lookup_elem(&taginfo, &id);
	if (!info || info->unloaded || is_builtin(info->site))
		return 0;
	if (lies_in(info, find_bracket(id), leaving))
		info->unloaded = 1;
	return 0;
}

/*
 * (struct module *), before its memory is freed. Its tags are told from those that the same module
 * will have when it is loaded again; by name, which also finds those in its init text, whose
 * memory went long ago without any event.
 */
SEC("raw_tp/module_free")
int kpm_module_free(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 name = ctx->args[0] + bpf_core_field_offset(struct module, name);
	struct leaving leaving = {};
	struct kpm_control *ctl;
	__u32 zero = 0;

	ctl = bpf_map_lookup_elem(&control, &zero);
	if (!ctl)
		return 0;
	bpf_probe_read_kernel_str(leaving.module, sizeof(leaving.module), (void *)name);
	bpf_loop(ctl->tag_count, mark_unloaded, &leaving, 0);
	name_frames(ctx->args[0], 0);
	count_module();
	return next_generation(ctx->args[0]);
}

#endif
