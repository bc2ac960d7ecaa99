// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the prototypes of the kernel's events and functions from its BTF. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "source/kernel.h"

static bool has_func(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/*
 * Arguments of a tracepoint: typedef void (*btf_trace_NAME)(void *, ...). -1: no such event.
 */
static int event_args(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	const struct btf_type *t;

	if (id < 0)
		return -1;
	t = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!t || !btf_is_ptr(t))
		return -1;
	t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) ? btf_vlen(t) - 1 : -1;
}

/* The prototype of a function, NULL if the kernel has none of that name. */
static const struct btf_type *function_proto(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);

	return id > 0 ? btf__type_by_id(btf, btf__type_by_id(btf, id)->type) : NULL;
}

static bool returns_bool(const struct btf *btf, const char *name)
{
	const struct btf_type *proto = function_proto(btf, name);
	int id = proto ? btf__resolve_type(btf, proto->type) : 0;
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	return t && btf_is_int(t) && t->size == 1;
}

/* Is the function's last argument a pointer to that struct? */
static bool ends_in(const struct btf *btf, const struct btf_type *proto, const char *name)
{
	const struct btf_type *t;

	if (!proto || !btf_vlen(proto))
		return false;
	t = btf__type_by_id(btf, btf_params(proto)[btf_vlen(proto) - 1].type);
	while (t && (btf_is_ptr(t) || btf_is_mod(t)))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_struct(t) && !strcmp(btf__name_by_offset(btf, t->name_off), name);
}

/*
 * kmalloc_nolock_noprof(size, gfp, node) in 6.18 and 7.0; in 7.3 _kmalloc_nolock_noprof and the
 * static __kmalloc_nolock_noprof, which the allocator calls too and which is told the caller.
 */
static void find_nolock(const struct btf *btf, struct kpm_kernel *kernel)
{
	static const char *const names[] = {"__kmalloc_nolock_noprof", "_kmalloc_nolock_noprof",
					    "kmalloc_nolock_noprof"};
	struct kpm_hooked *hooked = &kernel->hook[KPM_HOOK_KMALLOC_NOLOCK];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct btf_type *proto = function_proto(btf, names[i]);
		bool context = ends_in(btf, proto, "slab_alloc_context");

		if (!proto || (i == 0 && !context) || btf_vlen(proto) > (context ? 5 : 4))
			continue;
		hooked->function = names[i];
		kernel->nolock_args = btf_vlen(proto);
		kernel->nolock_context = context;
		return;
	}
}

static const char *name_if_there(const struct btf *btf, const char *name)
{
	return has_func(btf, name) ? name : NULL;
}

static void find_hooked(const struct btf *btf, struct kpm_kernel *kernel)
{
	struct kpm_hooked *hook = kernel->hook;

	hook[KPM_HOOK_KFREE_RCU].function = name_if_there(btf, "kvfree_call_rcu");
	hook[KPM_HOOK_KFREE_RCU].expected = true;
	hook[KPM_HOOK_KFREE_RCU_NOLOCK].function = name_if_there(btf, "kfree_call_rcu_nolock");
	hook[KPM_HOOK_FREE_BULK].function = name_if_there(btf, "kmem_cache_free_bulk");
	hook[KPM_HOOK_FREE_BULK].expected = true;
	hook[KPM_HOOK_KFREE_NOLOCK].function = name_if_there(btf, "kfree_nolock");
	hook[KPM_HOOK_SHEAF].function = name_if_there(btf, "rcu_free_sheaf");
	hook[KPM_HOOK_SHEAF].other = name_if_there(btf, "rcu_free_sheaf_nobarn");
	hook[KPM_HOOK_ALLOC_BULK].function = name_if_there(btf, "kmem_cache_alloc_bulk_noprof");
	if (!hook[KPM_HOOK_ALLOC_BULK].function)
		hook[KPM_HOOK_ALLOC_BULK].function = name_if_there(btf, "kmem_cache_alloc_bulk");
	hook[KPM_HOOK_ALLOC_BULK].expected = true;
	if (hook[KPM_HOOK_ALLOC_BULK].function)
		kernel->bulk_returns_bool = returns_bool(btf, hook[KPM_HOOK_ALLOC_BULK].function);
	find_nolock(btf, kernel);
	for (int i = 0; i < KPM_HOOKS; i++)
		if (hook[i].function)
			hook[i].btf_id =
				btf__find_by_name_kind(btf, hook[i].function, BTF_KIND_FUNC);
}

/*
 * /proc/kallsyms: a line a symbol, `ffffffff81000000 T _stext`, modules with a tab and [name];
 * addresses are 0 for readers without the right to see them.
 */
static void find_text(const struct kpm_roots *roots, struct kpm_kernel *kernel)
{
	unsigned long long start = 0, end = 0;
	char path[4096], line[1024];
	FILE *f;

	/*
	 * If addresses are hidden: __START_KERNEL_map and the lowest MODULES_VADDR of
	 * arch/x86/include/asm/pgtable_64_types.h. Call sites of the kernel above are then treated
	 * as a module's, whose tags are looked up in a slower way.
	 */
	kernel->text_start = 0xffffffff80000000;
	kernel->text_end = 0xffffffffa0000000;
	f = fopen(kpm_path(roots, KPM_FILE_KALLSYMS, path, sizeof(path)), "re");
	if (!f)
		return;
	while (!end && fgets(line, sizeof(line), f)) {
		const char *name = strrchr(line, ' ');

		if (name && !strcmp(name, " _stext\n"))
			start = strtoull(line, NULL, 16);
		else if (name && !strcmp(name, " _etext\n"))
			end = strtoull(line, NULL, 16);
	}
	fclose(f);
	if (start && end > start) {
		kernel->text_start = start;
		kernel->text_end = end;
	}
}

/*
 * 6.1: kmem_cache_alloc(call_site, ptr, s, gfp, node) and kmalloc(call_site, ptr, bytes_req,
 * bytes_alloc, gfp, node), and no event of its own for a node; 6.0 had s in both.
 */
static bool has_events(const struct btf *btf)
{
	return event_args(btf, "btf_trace_kmalloc_node") < 0 &&
	       event_args(btf, "btf_trace_kmalloc") == 6 &&
	       event_args(btf, "btf_trace_kmem_cache_alloc") == 5;
}

static bool has_member(const struct btf *btf, const char *type, const char *member)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), member))
			return true;
	return false;
}

/*
 * Tracepoints that are guarded by SRCU's fast readers, which leave preemption on: the per-CPU
 * variable of their srcu_struct (there was one of this name before, which guarded other
 * tracepoints) and the readers' type. Without PREEMPT_RCU a program's own read side disables it.
 */
static bool preempts_programs(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, "tracepoint_srcu_srcu_data", BTF_KIND_VAR) > 0 &&
	       btf__find_by_name_kind(btf, "srcu_ctr", BTF_KIND_STRUCT) > 0 &&
	       has_member(btf, "task_struct", "rcu_read_lock_nesting");
}

/* The first of the functions that the audit needs and the kernel has not; NULL: it has all. */
static const char *find_audit_lacks(const struct btf *btf)
{
	static const char *const needed[] = {"bpf_rdonly_cast", "bpf_get_kmem_cache",
					     "bpf_iter_kmem_cache_new"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!has_func(btf, needed[i]))
			return needed[i];
	return NULL;
}

int kpm_kernel_probe(const struct kpm_roots *roots, struct kpm_kernel *kernel, struct kpm_err *err)
{
	struct utsname uts = {0};
	char path[4096];
	struct btf *btf;
	int ret = 0;

	*kernel = (struct kpm_kernel){.nolock_args = 3};
	uname(&uts);
	kpm_path(roots, KPM_FILE_VMLINUX_BTF, path, sizeof(path));
	btf = btf__parse(path, NULL);
	if (!btf)
		return kpm_fail(err, -ENOENT,
				"%s: %s; kpoolmon needs Linux 6.1 or newer built with "
				"CONFIG_DEBUG_INFO_BTF (the option exists since 5.2; this is %s)",
				path, strerror(errno), uts.release);
	if (!has_events(btf))
		ret = kpm_fail(err, -EOPNOTSUPP,
			       "Linux %s is too old: kpoolmon needs 6.1 or newer, "
			       "the first whose allocation events name the slab cache",
			       uts.release);
	kernel->rdonly_cast = has_func(btf, "bpf_rdonly_cast");
	kernel->get_kmem_cache = has_func(btf, "bpf_get_kmem_cache");
	kernel->preemptible = preempts_programs(btf);
	kernel->preempt_disable = has_func(btf, "bpf_preempt_disable");
	kernel->audit_lacks = find_audit_lacks(btf);
	kernel->modules = event_args(btf, "btf_trace_module_load") >= 0;
	find_hooked(btf, kernel);
	btf__free(btf);
	find_text(roots, kernel);
	return ret;
}

/* The list is one line, `0-1,4`. */
uint32_t kpm_kernel_numbers(const struct kpm_roots *roots, enum kpm_file list)
{
	char path[4096], line[256] = "";
	FILE *f = fopen(kpm_path(roots, list, path, sizeof(path)), "re");
	size_t len;

	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	for (len = strlen(line); len && isdigit((unsigned char)line[len - 1]);)
		len--;
	return line[len] ? strtoul(line + len, NULL, 10) + 1 : 0;
}
