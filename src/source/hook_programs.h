/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses, loads and attaches the hooks of bpf/hooks.bpf.h. Used by the probes. */
#ifndef KPM_SOURCE_HOOKS_H
#define KPM_SOURCE_HOOKS_H

#include <bpf/libbpf.h>

#include "base/roots.h"
#include "model/hooks.h"
#include "model/snapshot.h"
#include "source/kernel.h"
#include "source/programs.h"

struct kpm_hooks {
	enum kpm_attach attach[KPM_HOOKS];
	/* in the order of attachment; NULL where there is none */
	struct bpf_link *links[KPM_HOOKS][KPM_HOOK_LINKS];
	struct bpf_program *programs[KPM_HOOKS][KPM_HOOK_LINKS];
};

/*
 * Decides on an attach mode for each hook by what the kernel has and permits, and marks the
 * programs of `object` to be loaded; before the load. 0, or -errno and a sentence if a required one
 * cannot be attached.
 */
int kpm_hooks_plan(struct kpm_hooks *hooks, struct bpf_object *object,
		   const struct kpm_kernel *kernel, const struct kpm_hook_choice *choice,
		   const struct kpm_roots *roots, bool rescue, struct kpm_err *err);

/* Attaches those that free or those that allocate. A hook that cannot be attached becomes missing.
 */
int kpm_hooks_attach(struct kpm_hooks *hooks, const struct kpm_kernel *kernel,
		     const struct kpm_hook_choice *choice, bool frees, struct kpm_err *err);
void kpm_hooks_detach(struct kpm_hooks *hooks, bool frees);

/* The name of the i-th program of a hook in that attach mode, NULL: there is none. */
const char *kpm_hook_program(int hook, enum kpm_attach attach, int i);
/* In that attach mode, are its programs 0 and 1, 2 and 3 copies of each other? */
bool kpm_hook_has_copies(enum kpm_attach attach);
/* Is the program attached by kprobe or kretprobe? */
bool kpm_hook_by_kprobe(const char *program);

#endif
