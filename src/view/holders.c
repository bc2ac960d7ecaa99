// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/findings.h"
#include "view/holders.h"

/* A count has to rise by so many, over so many readings. */
#define ROSE_LEAST     8
#define READINGS_LEAST 3
#define READINGS_MAX   16
/* To one of it comes one object, or few, or to few of it one object; at each reading so many may be apart, beside this share of all
 * and the few that lie between the two. */
#define EACH_MOST   4
#define APART       2
#define APART_SHARE 0.02
/* Of so many readings one may show more objects: those of others, which come and go. */
#define READINGS_SPARE 5
/* What lies unread is counted in bytes of another measure than the objects': they move in proportion, at
 * each reading but for this share of all. */
#define UNREAD_SHARE 0.15
/* The part of a finding that a process has to have allocated to be asked what it has. */
#define ALLOCATED_LEAST 0.5

/* Caches and functions of what sockets hold. */
static const char *const of_sockets[] = {"*skb*", "kmalloc_reserve*", "*scm*", NULL};

struct series {
	double value[READINGS_MAX];
	uint32_t count;
};

static const struct kpm_visible_count *find(const struct kpm_visible_reading *r,
					    enum kpm_visible what, uint32_t pid)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->list[i].what == what && r->list[i].pid == pid)
			return &r->list[i];
	return NULL;
}

static double sum_of(const struct kpm_visible_reading *r, enum kpm_visible what, const char *comm)
{
	double sum = 0;

	for (uint32_t i = 0; i < r->count; i++)
		if (r->list[i].what == what && !strcmp(r->list[i].comm, comm))
			sum += r->list[i].count;
	return sum;
}

/* The values of a count from the reading in which it is first; a missing one is 0. */
static uint32_t read_series(const struct kpm_holders_of *of, const struct kpm_holder *h,
			    struct series *s)
{
	uint32_t first = of->count > READINGS_MAX ? of->count - READINGS_MAX : 0;

	s->count = 0;
	for (uint32_t i = first; i < of->count; i++) {
		const struct kpm_visible_reading *r = &of->readings[i];
		const struct kpm_visible_count *one = find(r, h->what, h->pid);
		double value = h->processes ? sum_of(r, h->what, h->comm) : one ? one->count : 0;

		if (!s->count && value <= 0) {
			first = i + 1;
			continue;
		}
		s->value[s->count++] = value;
	}
	return first;
}

static double objects_at(const struct kpm_visible_reading *r, uint32_t tag)
{
	return tag < r->tags ? r->objects[tag] : 0;
}

/* Does a tag grow by the same number for each of the count, at all readings? */
static bool moves_with(const struct kpm_holders_of *of, uint32_t tag, uint32_t first,
		       const struct series *s)
{
	double rose = s->value[s->count - 1] - s->value[0];
	double from = objects_at(&of->readings[first], tag);
	double grown = objects_at(&of->readings[first + s->count - 1], tag) - from, each;
	bool spare;

	if (s->count < READINGS_LEAST || rose < ROSE_LEAST || grown <= 0)
		return false;
	/* a pipe is two descriptors */
	each = grown < rose ? 1 / round(rose / grown) : round(grown / rose);
	if (each < 1.0 / EACH_MOST || each > EACH_MOST)
		return false;
	spare = s->count >= READINGS_SPARE;
	for (uint32_t i = 1; i < s->count; i++) {
		double want = each * (s->value[i] - s->value[0]);
		double got = objects_at(&of->readings[first + i], tag) - from;

		if (s->value[i] < s->value[i - 1])
			return false;
		if (fabs(got - want) <= APART_SHARE * each * rose + APART * fmax(each, 1))
			continue;
		if (!spare || got < want || i == s->count - 1)
			return false;
		spare = false;
	}
	return true;
}

/* Do all bytes of a finding grow in proportion to those that lie unread? */
static bool piles_up(const struct kpm_holders_of *of, const struct kpm_finding *f, uint32_t first,
		     const struct series *s)
{
	double rose = s->value[s->count - 1] - s->value[0], bytes[READINGS_MAX], grown;
	const struct kpm_tag_name *lead = kpm_tagset_get(of->tags, of->suspects[f->members[0]].tag);
	bool fits = false;

	for (int i = 0; of_sockets[i] && !fits; i++)
		fits = (lead->symbol && kpm_match(of_sockets[i], lead->symbol)) ||
		       (lead->cache && kpm_match(of_sockets[i], lead->cache));
	if (!fits || s->count < READINGS_LEAST || rose <= 0)
		return false;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct kpm_visible_reading *r = &of->readings[first + i];

		bytes[i] = 0;
		for (uint32_t k = 0; k < f->count; k++) {
			uint32_t tag = of->suspects[f->members[k]].tag;

			bytes[i] += tag < r->tags ? r->bytes[tag] : 0;
		}
	}
	grown = bytes[s->count - 1] - bytes[0];
	if (grown <= 0)
		return false;
	for (uint32_t i = 1; i < s->count; i++) {
		double part = (s->value[i] - s->value[0]) / rose;

		if (s->value[i] < s->value[i - 1] ||
		    fabs((bytes[i] - bytes[0]) / grown - part) > UNREAD_SHARE)
			return false;
	}
	return true;
}

static bool has_allocated(const struct kpm_finding *f, const struct kpm_holder *h)
{
	double share = 0;

	for (uint32_t i = 0; i < f->parties[KPM_PROCESS]; i++) {
		const struct kpm_finding_party *p = &f->party[KPM_PROCESS][i];

		if (h->pid ? p->pid == h->pid : !strcmp(p->name, h->comm))
			share += p->share;
	}
	return share >= ALLOCATED_LEAST;
}

/* Does the count that `h` names move with the finding? Then the rest of `h` is filled in. */
static bool holds(const struct kpm_holders_of *of, const struct kpm_finding *f,
		  struct kpm_holder *h)
{
	struct series s;
	uint32_t first = read_series(of, h, &s), last = first + s.count - 1;

	if (s.count < READINGS_LEAST)
		return false;
	h->rose = s.value[s.count - 1] > s.value[0] ? s.value[s.count - 1] - s.value[0] : 0;
	if (h->what == KPM_VISIBLE_UNREAD) {
		if (!piles_up(of, f, first, &s))
			return false;
		h->member = f->members[0];
		h->objects = 0;
		return true;
	}
	if (kpm_visible_of_process(h->what) && !has_allocated(f, h))
		return false;
	for (uint32_t i = 0; i < f->count; i++) {
		const struct kpm_evidence *e = &of->suspects[f->members[i]].evidence;
		uint32_t tag = of->suspects[f->members[i]].tag;

		/* the kernel can take that back, whoever has it, and parts go with what they are of */
		if (e->reclaimable || e->of_others || !moves_with(of, tag, first, &s))
			continue;
		h->member = f->members[i];
		h->objects = objects_at(&of->readings[last], tag) -
			     objects_at(&of->readings[first], tag);
		return true;
	}
	return false;
}

static uint32_t processes_of(const struct kpm_visible_reading *r,
			     const struct kpm_visible_count *one)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->count; i++)
		n += r->list[i].what == one->what && !strcmp(r->list[i].comm, one->comm);
	return n;
}

bool kpm_holder_find(const struct kpm_holders_of *of, const struct kpm_finding *f,
		     struct kpm_holder *holder)
{
	const struct kpm_visible_reading *last = of->count ? &of->readings[of->count - 1] : NULL;

	/* one process first; then those of one name together */
	for (int together = 0; together < 2; together++)
		for (uint32_t i = 0; last && i < last->count; i++) {
			const struct kpm_visible_count *one = &last->list[i];

			*holder = (struct kpm_holder){.what = one->what, .pid = one->pid};
			memcpy(holder->comm, one->comm, sizeof(holder->comm));
			if (together) {
				holder->processes = processes_of(last, one);
				holder->pid = 0;
				if (!one->pid || holder->processes < 2)
					continue;
			}
			if (holds(of, f, holder))
				return true;
		}
	return false;
}
