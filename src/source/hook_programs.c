// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chooses the attach mode of each hook. An empty program shows whether the kernel permits one: a
 * hook's own program that cannot be loaded would make the load of all others fail.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "source/hook_programs.h"

/*
 * Programs of a hook: their names in bpf/hooks.bpf.h. Two of fentry are a pair of copies, the
 * second one before the first: of what is attached to a function by fentry the latest runs first.
 * So are the two of `both`: a kprobe runs before fentry. A kretprobe goes before its kprobe: no call
 * is noted whose end could not be seen.
 */
static const struct {
	const char *fentry[KPM_HOOK_LINKS];
	const char *kprobe[KPM_HOOK_LINKS];
	const char *both[KPM_HOOK_LINKS]; /* fentry, and a kprobe as the first copy */
} programs[KPM_HOOKS] = {
	[KPM_HOOK_KFREE_RCU] = {{"kpm_kfree_rcu_again", "kpm_kfree_rcu"},
				{"kpm_kfree_rcu_kprobe"},
				{"kpm_kfree_rcu_again", "kpm_kfree_rcu_kprobe"}},
	[KPM_HOOK_KFREE_RCU_NOLOCK] = {{"kpm_kfree_rcu_nolock_again", "kpm_kfree_rcu_nolock"},
				       {"kpm_kfree_rcu_nolock_kprobe"},
				       {"kpm_kfree_rcu_nolock_again",
					"kpm_kfree_rcu_nolock_kprobe"}},
	[KPM_HOOK_FREE_BULK] = {{"kpm_free_bulk_again", "kpm_free_bulk"},
				{"kpm_free_bulk_kprobe"},
				{"kpm_free_bulk_again", "kpm_free_bulk_kprobe"}},
	[KPM_HOOK_KFREE_NOLOCK] = {{"kpm_kfree_nolock_again", "kpm_kfree_nolock"},
				   {"kpm_kfree_nolock_kprobe"},
				   {"kpm_kfree_nolock_again", "kpm_kfree_nolock_kprobe"}},
	[KPM_HOOK_SHEAF] = {{"kpm_sheaf_again", "kpm_sheaf", "kpm_sheaf_nobarn_again",
			     "kpm_sheaf_nobarn"},
			    {"kpm_sheaf_kprobe", NULL, "kpm_sheaf_nobarn_kprobe"},
			    {"kpm_sheaf_again", "kpm_sheaf_kprobe", "kpm_sheaf_nobarn_again",
			     "kpm_sheaf_nobarn_kprobe"}},
	[KPM_HOOK_ALLOC_BULK] = {{"kpm_alloc_bulk_again", "kpm_alloc_bulk"},
				 {"kpm_alloc_bulk_kretprobe", "kpm_alloc_bulk_kprobe"}},
	[KPM_HOOK_KMALLOC_NOLOCK] = {{"kpm_kmalloc_nolock_again", "kpm_kmalloc_nolock"},
				     {"kpm_kmalloc_nolock_kretprobe", "kpm_kmalloc_nolock_kprobe"}},
};

const char *kpm_hook_program(int hook, enum kpm_attach attach, int i)
{
	switch (attach) {
	case KPM_ATTACH_FENTRY:
		return programs[hook].fentry[i];
	case KPM_ATTACH_KPROBE:
		return programs[hook].kprobe[i];
	case KPM_ATTACH_BOTH:
		return programs[hook].both[i];
	default:
		return NULL;
	}
}

bool kpm_hook_has_copies(enum kpm_attach attach)
{
	return attach == KPM_ATTACH_FENTRY || attach == KPM_ATTACH_BOTH;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), want = strlen(end);

	return len >= want && !strcmp(text + len - want, end);
}

static bool is_second_copy(const char *program)
{
	return ends_with(program, "_again");
}

bool kpm_hook_by_kprobe(const char *program)
{
	return ends_with(program, "_kprobe") || ends_with(program, "_kretprobe");
}

/* Links 2 and 3 of the sheaf hook are on the other function. */
static const char *function_of(const struct kpm_kernel *kernel, int hook, int i)
{
	return i >= 2 ? kernel->hook[hook].other : kernel->hook[hook].function;
}

/* May a program be attached to the function by fentry or fexit? */
static bool fentry_permitted(int btf_id, bool exit)
{
	enum bpf_attach_type type = exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY;
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type,
		    .attach_btf_id = btf_id);
	int program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "kpm_try", "GPL", nothing, 2, &opts);
	int link = program < 0 ? -1 : bpf_link_create(program, 0, type, NULL);

	if (link >= 0)
		close(link);
	if (program >= 0)
		close(program);
	return link >= 0;
}

/* The programs of kprobes read the registers of x86: elsewhere they would read other ones. */
#ifdef __x86_64__
#define KPROBES_READ_REGISTERS true
#else
#define KPROBES_READ_REGISTERS false
#endif

static bool kprobes_exist(const struct kpm_roots *roots)
{
	char path[4096];

	return KPROBES_READ_REGISTERS &&
	       !access(kpm_path(roots, KPM_FILE_KPROBE_PMU, path, sizeof(path)), F_OK);
}

static enum kpm_attach choose_attach(int hook, const struct kpm_kernel *kernel,
				     const struct kpm_hook_choice *choice,
				     const struct kpm_roots *roots, bool rescue)
{
	const struct kpm_hooked *hooked = &kernel->hook[hook];
	bool kprobes = !choice->no_kprobe && kprobes_exist(roots);

	if (!hooked->function)
		return hooked->expected ? KPM_ATTACH_MISSING : KPM_ATTACH_NOT_NEEDED;
	if (choice->off & 1U << hook)
		return KPM_ATTACH_MISSING;
	if (!choice->no_fentry && fentry_permitted(hooked->btf_id, !kpm_hook_table[hook].frees))
		return kernel->preemptible && rescue && kpm_hook_table[hook].frees && kprobes
			       ? KPM_ATTACH_BOTH
			       : KPM_ATTACH_FENTRY;
	return kprobes ? KPM_ATTACH_KPROBE : KPM_ATTACH_MISSING;
}

static void mark_programs(struct kpm_hooks *hooks, int hook, struct bpf_object *object,
			  const struct kpm_kernel *kernel, bool rescue)
{
	for (int i = 0; i < KPM_HOOK_LINKS; i++) {
		const char *name = kpm_hook_program(hook, hooks->attach[hook], i);
		struct bpf_program *program;

		if (!name || !function_of(kernel, hook, i) || (!rescue && is_second_copy(name)))
			continue;
		program = bpf_object__find_program_by_name(object, name);
		bpf_program__set_autoload(program, true);
		if (!kpm_hook_by_kprobe(name))
			bpf_program__set_attach_target(program, 0, function_of(kernel, hook, i));
		hooks->programs[hook][i] = program;
	}
}

static int cannot_attach(int hook, struct kpm_err *err)
{
	return kpm_fail(err, -EOPNOTSUPP,
			"--probes +%s: this kernel does not permit a probe on %s; leave it out",
			kpm_hook_table[hook].name, kpm_hook_table[hook].function);
}

int kpm_hooks_plan(struct kpm_hooks *hooks, struct bpf_object *object,
		   const struct kpm_kernel *kernel, const struct kpm_hook_choice *choice,
		   const struct kpm_roots *roots, bool rescue, struct kpm_err *err)
{
	bool kprobes = false;

	for (int i = 0; i < KPM_HOOKS; i++) {
		hooks->attach[i] = choose_attach(i, kernel, choice, roots, rescue);
		/* objects in sheaves were handed over by kfree_rcu() before, which is seen */
		if (i == KPM_HOOK_SHEAF && hooks->attach[KPM_HOOK_KFREE_RCU] >= KPM_ATTACH_FENTRY)
			hooks->attach[i] = KPM_ATTACH_NOT_NEEDED;
		if (choice->required & 1U << i && hooks->attach[i] == KPM_ATTACH_MISSING)
			return cannot_attach(i, err);
		if (hooks->attach[i] >= KPM_ATTACH_FENTRY)
			mark_programs(hooks, i, object, kernel, rescue);
		kprobes |= hooks->attach[i] == KPM_ATTACH_KPROBE;
	}
	if (!kprobes)
		bpf_map__set_autocreate(bpf_object__find_map_by_name(object, "calls"), false);
	return 0;
}

static int attach(struct kpm_hooks *hooks, int hook, const struct kpm_kernel *kernel)
{
	bool alone = false;

	for (int i = 0; i < KPM_HOOK_LINKS; i++) {
		struct bpf_program *program = hooks->programs[hook][i];
		const char *name = program ? bpf_program__name(program) : NULL;
		struct bpf_link *link;

		if (!program)
			continue;
		if (kpm_hook_by_kprobe(name))
			link = bpf_program__attach_kprobe(program, ends_with(name, "_kretprobe"),
							  function_of(kernel, hook, i));
		else
			link = bpf_program__attach_trace(program);
		/* without its kprobe the other copy is left, the second one no more */
		if (!link && hooks->attach[hook] == KPM_ATTACH_BOTH && kpm_hook_by_kprobe(name)) {
			alone = true;
			continue;
		}
		if (!link)
			return -errno;
		hooks->links[hook][i] = link;
	}
	if (alone)
		hooks->attach[hook] = KPM_ATTACH_FENTRY;
	return 0;
}

static void detach(struct kpm_hooks *hooks, int hook)
{
	for (int i = KPM_HOOK_LINKS - 1; i >= 0; i--) {
		bpf_link__destroy(hooks->links[hook][i]);
		hooks->links[hook][i] = NULL;
	}
}

int kpm_hooks_attach(struct kpm_hooks *hooks, const struct kpm_kernel *kernel,
		     const struct kpm_hook_choice *choice, bool frees, struct kpm_err *err)
{
	for (int i = 0; i < KPM_HOOKS; i++) {
		if (hooks->attach[i] < KPM_ATTACH_FENTRY || kpm_hook_table[i].frees != frees)
			continue;
		if (!attach(hooks, i, kernel))
			continue;
		detach(hooks, i);
		hooks->attach[i] = KPM_ATTACH_MISSING;
		if (choice->required & 1U << i)
			return cannot_attach(i, err);
	}
	return 0;
}

void kpm_hooks_detach(struct kpm_hooks *hooks, bool frees)
{
	for (int i = 0; i < KPM_HOOKS; i++)
		if (kpm_hook_table[i].frees == frees)
			detach(hooks, i);
}
