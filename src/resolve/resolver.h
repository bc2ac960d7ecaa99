/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From tags to module files and source lines. The names of files are known at once. Facts for which
 * a file must be opened are requested from worker processes and come later: a loop polls
 * kpm_resolver_fd() and calls kpm_resolver_step(), which never waits.
 */
#ifndef KPM_RESOLVER_H
#define KPM_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/roots.h"
#include "model/location.h"
#include "model/tagset.h"
#include "resolve/ksyms.h"

struct kpm_resolver_opts {
	struct kpm_roots roots;
	const char *release;     /* of the kernel; NULL: the running one's */
	struct kpm_ksyms *ksyms; /* for the names of built-in modules; NULL: not known */
	unsigned int workers;    /* 0: a default */
	int64_t timeout_ns;      /* for one reply; 0: a default */
	size_t file_max;         /* bytes of an unpacked file; 0: a default */
};

struct kpm_resolver;

/*
 * Starts the workers, and records the builds of the modules that are loaded now. Strings of
 * `opts` are borrowed. 0, or -errno and a sentence. A kernel without module files is no failure.
 */
int kpm_resolver_new(const struct kpm_resolver_opts *opts, struct kpm_resolver **resolver,
		     struct kpm_err *err);
void kpm_resolver_free(struct kpm_resolver *resolver);

/*
 * Requests parts of a tag's location (bits of enum kpm_location_part), unless they are known or
 * requested already. `name` is copied. 0 or -ENOMEM.
 */
int kpm_resolver_ask(struct kpm_resolver *resolver, uint32_t tag, const struct kpm_tag_name *name,
		     unsigned int needs);

/* The parts that are known by now; NULL: never asked for. Strings live as long as the resolver. */
const struct kpm_location *kpm_resolver_get(const struct kpm_resolver *resolver, uint32_t tag);

/* To be polled for POLLIN. */
int kpm_resolver_fd(const struct kpm_resolver *resolver);
/* Takes replies, sends requests, replaces workers that hang or have crashed. */
void kpm_resolver_step(struct kpm_resolver *resolver);
/* Are replies still to come? */
bool kpm_resolver_busy(const struct kpm_resolver *resolver);
/* Steps until no more replies are to come, or that much time is over. */
void kpm_resolver_wait(struct kpm_resolver *resolver, int64_t ns);

/*
 * A sentence about files that are not the loaded build and files that could not be read in time;
 * false if there is nothing to say.
 */
bool kpm_resolver_note(const struct kpm_resolver *resolver, struct kpm_err *note);

#endif
