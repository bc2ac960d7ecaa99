/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hooks: probes on functions of the kernel that allocate or free without raising an event.
 * Their names, how they are attached, and how the user turns them off.
 */
#ifndef KPM_HOOKS_H
#define KPM_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kpoolmon/kinds.h>

#include "base/error.h"

/* How a hook is attached. */
enum kpm_attach {
	KPM_ATTACH_MISSING, /* the kernel has the function or should have it, and it is not attached
			     */
	KPM_ATTACH_NOT_NEEDED, /* this kernel has no such function, or another hook sees the same */
	KPM_ATTACH_FENTRY,     /* fentry or fexit */
	KPM_ATTACH_KPROBE,     /* kprobe or kretprobe */
	KPM_ATTACH_BOTH,       /* a kprobe, and fentry as the second copy */
};

struct kpm_hook_state {
	enum kpm_attach attach;
	uint64_t runs; /* calls seen; 0 of an attached hook: unproven, the compiler may have
			* inlined the function everywhere */
};

struct kpm_hook_info {
	const char *name;
	const char *function; /* of the kernel */
	bool frees;           /* it frees; else it allocates */
};

extern const struct kpm_hook_info kpm_hook_table[KPM_HOOKS];

/* `fentry`, `kprobe`, `fentry+kprobe`, `missing`, `not needed`. */
const char *kpm_attach_name(enum kpm_attach attach);
/* Attached and not called yet. */
bool kpm_hook_unproven(const struct kpm_hook_state *state);

/* Is a hook on frees missing? Then freed objects stay in the tables. */
bool kpm_hooks_unseen(const enum kpm_attach attach[KPM_HOOKS]);

/* Writes the names of the missing hooks, separated by blanks; empty if none is missing. Returns
 * buf. */
#define KPM_MISSING_LEN 128
char *kpm_hooks_missing(const struct kpm_hook_state *states, char *buf, size_t size);

/* The second copies of the programs on the events, see bpf/second.bpf.h. */
enum kpm_second_copies {
	KPM_SECOND_NONE,
	KPM_SECOND_FREES,   /* of the free programs: where the kernel runs a program to its end */
	KPM_SECOND_WEAK,    /* of all, where it preempts programs; classic copies are missing */
	KPM_SECOND_CLASSIC, /* of all, and third ones on the classic tracepoints */
};

/* `none`, `frees`, `all (classic missing)`, `classic`. */
const char *kpm_second_copies_name(enum kpm_second_copies second);

/* The user's choice of a kind of probe. */
enum kpm_wish { KPM_WISH_AUTO, KPM_WISH_ON, KPM_WISH_OFF };

/* The user's choice of hooks; zeroed: attach all, in the best mode there is. */
struct kpm_hook_choice {
	uint32_t off;      /* bit i: do not attach hook i */
	uint32_t required; /* bit i: fail if hook i cannot be attached */
	bool no_fentry;
	bool no_kprobe;
	enum kpm_wish classic; /* auto: where the kernel preempts programs; on: fail if it cannot */
};

#endif
