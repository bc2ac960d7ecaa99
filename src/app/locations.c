// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks the resolver for module files and source lines, and keeps a list of the answers. */
#include <errno.h>
#include <stdlib.h>

#include "app/locations.h"
#include "base/array.h"
#include "base/clock.h"
#include "resolve/resolver.h"

/* For all lines together; debuginfod fetches over the network. */
#define TIME_MAX     (20 * KPM_SECOND)
#define TIME_MAX_NET (180 * KPM_SECOND)

struct kpm_locations {
	unsigned int needs;
	const struct kpm_tagset *tags;
	struct kpm_resolver *resolver;
	const struct kpm_location **list;
	uint32_t count, capacity;
};

int kpm_locations_open(unsigned int needs, const struct kpm_roots *roots,
		       const struct kpm_tagset *tags, struct kpm_ksyms *ksyms,
		       struct kpm_locations **locations, struct kpm_err *err)
{
	const struct kpm_resolver_opts opts = {.roots = *roots, .ksyms = ksyms};
	struct kpm_locations *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return kpm_fail(err, -ENOMEM, "out of memory");
	p->needs = needs;
	p->tags = tags;
	ret = kpm_resolver_new(&opts, &p->resolver, err);
	if (ret) {
		free(p);
		return ret;
	}
	*locations = p;
	return 0;
}

void kpm_locations_close(struct kpm_locations *p)
{
	if (!p)
		return;
	kpm_resolver_free(p->resolver);
	free(p->list);
	free(p);
}

static void ask(struct kpm_locations *p, uint32_t tag)
{
	if (p->list && tag < p->count)
		kpm_resolver_ask(p->resolver, tag, kpm_tagset_get(p->tags, tag), p->needs);
}

static void wait(struct kpm_locations *p)
{
	kpm_resolver_wait(p->resolver, getenv("DEBUGINFOD_URLS") ? TIME_MAX_NET : TIME_MAX);
	for (uint32_t i = 0; p->list && i < p->count; i++)
		p->list[i] = kpm_resolver_get(p->resolver, i);
}

void kpm_locations_find(struct kpm_locations *p, const struct kpm_frame *frame)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < frame->count; i++)
		ask(p, frame->part.snap->rows[frame->order[i]].tag);
	wait(p);
}

void kpm_locations_find_all(struct kpm_locations *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->count; i++)
		ask(p, i);
	wait(p);
}

void kpm_locations_follow(struct kpm_locations *p, const struct kpm_frame *frame, uint32_t from,
			  uint32_t count, unsigned int needs)
{
	for (uint32_t i = from; p && i < from + count && i < frame->count; i++) {
		uint32_t tag = frame->part.snap->rows[frame->order[i]].tag;

		kpm_resolver_ask(p->resolver, tag, kpm_tagset_get(p->tags, tag), needs);
	}
}

uint32_t kpm_locations_ask_new(struct kpm_locations *p, uint32_t from, uint32_t most,
			       unsigned int needs)
{
	uint32_t count = p ? kpm_tagset_count(p->tags) : 0;

	for (; from < count && most; from++, most--)
		kpm_resolver_ask(p->resolver, from, kpm_tagset_get(p->tags, from), needs);
	return from;
}

int kpm_locations_fd(const struct kpm_locations *p)
{
	return p ? kpm_resolver_fd(p->resolver) : -1;
}

const struct kpm_location *const *kpm_locations_step(struct kpm_locations *p)
{
	uint32_t count;

	if (!p)
		return NULL;
	kpm_resolver_step(p->resolver);
	count = kpm_tagset_count(p->tags);
	if (kpm_array_reserve(p->list, p->capacity, count))
		return NULL;
	p->count = count;
	for (uint32_t i = 0; i < count; i++)
		p->list[i] = kpm_resolver_get(p->resolver, i);
	return p->list;
}

void kpm_locations_note(const struct kpm_locations *p, struct kpm_err *note)
{
	if (p)
		kpm_resolver_note(p->resolver, note);
}
