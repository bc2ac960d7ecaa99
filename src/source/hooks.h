/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses, loads and attaches the hooks of bpf/hooks.bpf.h. Used by the probes. */
#ifndef KPM_SOURCE_HOOKS_H
#define KPM_SOURCE_HOOKS_H

#include <bpf/libbpf.h>

#include <kpoolmon/hooks.h>
#include <kpoolmon/kernel.h>
#include <kpoolmon/roots.h>
#include <kpoolmon/snapshot.h>

#define KPM_HOOK_LINKS 4

struct kpm_hooks {
	enum kpm_way way[KPM_HOOKS];
	/* in the order of attachment; NULL where there is none */
	struct bpf_link *links[KPM_HOOKS][KPM_HOOK_LINKS];
	struct bpf_program *programs[KPM_HOOKS][KPM_HOOK_LINKS];
};

/*
 * Decides on a way for each hook by what the kernel has and permits, and marks the programs of
 * `object` to be loaded; before the load. 0, or -errno and a sentence if a required one cannot be
 * attached.
 */
int kpm_hooks_plan(struct kpm_hooks *hooks, struct bpf_object *object,
		   const struct kpm_kernel *kernel, const struct kpm_hook_choice *choice,
		   const struct kpm_roots *roots, bool rescue, struct kpm_err *err);

/* Attaches those that free or those that allocate. What cannot be attached becomes missing. */
int kpm_hooks_attach(struct kpm_hooks *hooks, const struct kpm_kernel *kernel,
		     const struct kpm_hook_choice *choice, bool frees, struct kpm_err *err);
void kpm_hooks_detach(struct kpm_hooks *hooks, bool frees);

/* Times that the kernel did not run a program, 0 without a link. -errno if it does not tell. */
int kpm_program_misses(const struct bpf_program *program, const struct bpf_link *link, uint64_t *n);

/*
 * Adds a pair of copies of a program for frees: what the first was not run for is skipped; lost is
 * what neither was run for, and that is no more than the fewer misses of the two.
 */
static inline void kpm_loss_add(struct kpm_loss *loss, uint64_t first, uint64_t second)
{
	loss->skipped += first;
	loss->lost_max += first < second ? first : second;
}

/* Adds what the hooks were not run for. -errno if the kernel does not tell. */
int kpm_hooks_losses(const struct kpm_hooks *hooks, struct kpm_loss *loss);

#endif
