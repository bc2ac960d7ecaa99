// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks the kernel's BTF what its kmem events look like. By features, not by version numbers:
 * distributions backport.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <kpoolmon/kernel.h>

static bool has_func(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/*
 * Arguments of a tracepoint: typedef void (*btf_trace_NAME)(void *, ...). -1: no such event.
 * Since 6.1 (2c1d697fb8ba, 11e9734bcb6a) kmem_cache_alloc is (call_site, ptr, s, gfp, node) and
 * kmalloc (call_site, ptr, bytes_req, bytes_alloc, gfp, node); 6.0 alone had s in both.
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

/*
 * /proc/kallsyms: a line a symbol, `ffffffff81000000 T _stext`, modules with a tab and [name];
 * addresses are 0 for whom they are kept from.
 */
static void find_text(const struct kpm_roots *roots, struct kpm_kernel *kernel)
{
	unsigned long long start = 0, end = 0;
	char path[4096], line[1024];
	FILE *f;

	kernel->text_start = 0;
	kernel->text_end = UINT64_MAX;
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

int kpm_kernel_probe(const struct kpm_roots *roots, struct kpm_kernel *kernel, struct kpm_err *err)
{
	struct utsname uts = {0};
	char path[4096];
	struct btf *btf;
	int ret = 0;

	uname(&uts);
	kpm_path(roots, KPM_FILE_VMLINUX_BTF, path, sizeof(path));
	btf = btf__parse(path, NULL);
	if (!btf)
		return kpm_fail(err, -ENOENT,
				"%s: %s; kpoolmon needs Linux 6.1 or newer built with "
				"CONFIG_DEBUG_INFO_BTF (the option exists since 5.2; this is %s)",
				path, strerror(errno), uts.release);
	if (event_args(btf, "btf_trace_kmalloc_node") >= 0 ||
	    event_args(btf, "btf_trace_kmalloc") != 6 ||
	    event_args(btf, "btf_trace_kmem_cache_alloc") != 5)
		ret = kpm_fail(err, -EOPNOTSUPP,
			       "Linux %s is too old: kpoolmon needs 6.1 or newer, "
			       "the first whose allocation events name the slab cache",
			       uts.release);
	kernel->rdonly_cast = has_func(btf, "bpf_rdonly_cast");
	kernel->get_kmem_cache = has_func(btf, "bpf_get_kmem_cache");
	kernel->modules = event_args(btf, "btf_trace_module_load") >= 0;
	btf__free(btf);
	find_text(roots, kernel);
	return ret;
}
