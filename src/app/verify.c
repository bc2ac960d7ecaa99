// SPDX-License-Identifier: GPL-2.0-or-later
/* Compares the tracked objects of each slab cache with the kernel's own count. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/verify.h"
#include "base/clock.h"

/* Caches in the text. */
#define SHOWN 10
#define LOOKS 3

/* An estimate is within 2 percent in the tests: beyond 10 it is not the estimate. */
static uint64_t most(const struct kpm_cache_count *c)
{
	return c->estimated ? c->active + c->active / 10 : c->active;
}

static bool is_wrong(const struct kpm_cache_count *c)
{
	return c->known && c->tracked - c->young > most(c);
}

/* Objects beyond the kernel's count that are too young to be held against it. */
static uint64_t in_flight(const struct kpm_cache_count *c)
{
	return c->known && !is_wrong(c) && c->tracked > most(c) ? c->tracked - c->active : 0;
}

static bool is_in_flight(const struct kpm_cache_count *c)
{
	return in_flight(c) > 0;
}

static uint32_t count(const struct kpm_verified *v, bool (*is)(const struct kpm_cache_count *c))
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->count; i++)
		n += is(&v->counts[i]);
	return n;
}

static int by_excess_and_tracked(const void *a, const void *b)
{
	const struct kpm_cache_count *x = a, *y = b;

	if (is_wrong(x) != is_wrong(y))
		return is_wrong(y) - is_wrong(x);
	return (x->tracked < y->tracked) - (x->tracked > y->tracked);
}

/*
 * How old an object must be to be held against the kernel's count, in a look that comes so long after
 * the first: the audit must have had its time with it, and from the second look on it must have been
 * there in the first. The seconds of the sleep cover what a second's fraction leaves open.
 */
static uint32_t grown_up(int look, int64_t elapsed_ns)
{
	uint32_t seconds = elapsed_ns / KPM_SECOND;

	return look ? seconds : KPM_AUDIT_MIN_AGE_S + seconds + 1;
}

int kpm_verify(struct kpm_audit *audit, const struct kpm_roots *roots, struct kpm_verified *v,
	       struct kpm_err *err)
{
	int64_t begin = kpm_now();
	int ret;

	for (int look = 0; look < LOOKS; look++) {
		/* objects freed just now are too young for the audit */
		if (look)
			sleep(KPM_AUDIT_MIN_AGE_S + 1);
		kpm_verified_done(v);
		ret = kpm_audit_whole(audit);
		if (ret)
			return kpm_fail(err, ret, "audit: %s", strerror(-ret));
		ret = kpm_count_caches(audit, roots, grown_up(look, kpm_now() - begin), &v->counts,
				       &v->count, &v->outside, err);
		if (ret || !(count(v, is_wrong) + count(v, is_in_flight)))
			break;
	}
	if (!ret)
		qsort(v->counts, v->count, sizeof(*v->counts), by_excess_and_tracked);
	return ret;
}

void kpm_verified_print(FILE *out, const struct kpm_verified *v)
{
	uint64_t tracked = 0, active = 0, flying = 0;
	uint32_t caches = 0;

	for (uint32_t i = 0; i < v->count; i++) {
		if (!v->counts[i].known)
			continue;
		caches++;
		tracked += v->counts[i].tracked;
		active += v->counts[i].active;
		flying += in_flight(&v->counts[i]);
	}
	fprintf(out,
		"verified:       %" PRIu32 " of %" PRIu32
		" caches have more tracked objects than the "
		"kernel reports\n"
		"in flight:      %" PRIu64 " objects beyond that, of the last seconds\n"
		"in no cache:    %" PRIu64 " tracked objects\n"
		"untracked:      %" PRIu64 " of %" PRIu64 " objects, most of them older than the "
		"tracking\n\n"
		"   Tracked     Active  Untracked  Cache\n",
		count(v, is_wrong), caches, flying, v->outside,
		active > tracked ? active - tracked : 0, active);
	for (uint32_t i = 0, shown = 0; i < v->count && (shown < SHOWN || is_wrong(&v->counts[i]));
	     i++) {
		const struct kpm_cache_count *c = &v->counts[i];

		if (!c->known)
			continue;
		shown++;
		fprintf(out, "%10" PRIu64 " %10" PRIu64 " %10" PRId64 "  %s%s%s\n", c->tracked,
			c->active, (int64_t)(c->active - c->tracked), c->name,
			c->estimated ? " ~" : "",
			is_wrong(c)    ? "  TOO MANY"
			: in_flight(c) ? "  in flight"
				       : "");
	}
}

json_t *kpm_verified_json(const struct kpm_verified *v)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < v->count; i++) {
		const struct kpm_cache_count *c = &v->counts[i];

		if (c->known)
			json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:I}", "cache",
							      c->name, "tracked",
							      (json_int_t)c->tracked, "active",
							      (json_int_t)c->active, "untracked",
							      (json_int_t)(c->active - c->tracked),
							      "young", (json_int_t)c->young));
	}
	return list;
}

int kpm_verified_judge(const struct kpm_verified *v, struct kpm_err *err)
{
	const struct kpm_cache_count *first = v->counts;

	if (!count(v, is_wrong))
		return 0;
	return kpm_fail(err, -EUCLEAN,
			"%" PRIu64 " objects of %s are tracked, the kernel reports %" PRIu64
			": frees were not seen, see the missing probes",
			first->tracked, first->name, first->active);
}

void kpm_verified_done(struct kpm_verified *v)
{
	free(v->counts);
	*v = (struct kpm_verified){0};
}
