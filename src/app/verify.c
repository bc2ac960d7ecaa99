// SPDX-License-Identifier: GPL-2.0-or-later
/* Compares the tracked objects of each slab cache with the kernel's own count. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/verify.h"

/* Caches in the text. */
#define SHOWN 10
#define TRIES 3

/* An estimate is within 2 percent in the tests: beyond 10 it is not the estimate. */
static bool is_wrong(const struct kpm_cache_count *c)
{
	return c->known && c->tracked > (c->estimated ? c->active + c->active / 10 : c->active);
}

static uint32_t wrong(const struct kpm_verified *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->count; i++)
		n += is_wrong(&v->counts[i]);
	return n;
}

static int by_excess_and_tracked(const void *a, const void *b)
{
	const struct kpm_cache_count *x = a, *y = b;

	if (is_wrong(x) != is_wrong(y))
		return is_wrong(y) - is_wrong(x);
	return (x->tracked < y->tracked) - (x->tracked > y->tracked);
}

int kpm_verify(struct kpm_audit *audit, const struct kpm_roots *roots, struct kpm_verified *v,
	       struct kpm_err *err)
{
	int ret;

	for (int i = 0; i < TRIES; i++) {
		/* objects freed just now are too young for the audit */
		if (i)
			sleep(KPM_AUDIT_MIN_AGE_S + 1);
		kpm_verified_done(v);
		ret = kpm_audit_whole(audit);
		if (ret)
			return kpm_fail(err, ret, "audit: %s", strerror(-ret));
		ret = kpm_count_caches(audit, roots, &v->counts, &v->count, &v->outside, err);
		if (ret || !wrong(v))
			break;
	}
	if (!ret)
		qsort(v->counts, v->count, sizeof(*v->counts), by_excess_and_tracked);
	return ret;
}

void kpm_verified_print(FILE *out, const struct kpm_verified *v)
{
	uint64_t tracked = 0, active = 0;
	uint32_t caches = 0;

	for (uint32_t i = 0; i < v->count; i++) {
		if (!v->counts[i].known)
			continue;
		caches++;
		tracked += v->counts[i].tracked;
		active += v->counts[i].active;
	}
	fprintf(out,
		"verified:       %" PRIu32 " of %" PRIu32 " caches have more tracked objects than the "
		"kernel reports\n"
		"in no cache:    %" PRIu64 " tracked objects\n"
		"untracked:      %" PRIu64 " of %" PRIu64 " objects, most of them older than the "
		"tracking\n\n"
		"   Tracked     Active  Untracked  Cache\n",
		wrong(v), caches, v->outside, active > tracked ? active - tracked : 0, active);
	for (uint32_t i = 0, shown = 0; i < v->count && (shown < SHOWN || is_wrong(&v->counts[i]));
	     i++) {
		const struct kpm_cache_count *c = &v->counts[i];

		if (!c->known)
			continue;
		shown++;
		fprintf(out, "%10" PRIu64 " %10" PRIu64 " %10" PRId64 "  %s%s%s\n", c->tracked,
			c->active, (int64_t)(c->active - c->tracked), c->name,
			c->estimated ? " ~" : "", is_wrong(c) ? "  TOO MANY" : "");
	}
}

json_t *kpm_verified_json(const struct kpm_verified *v)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < v->count; i++) {
		const struct kpm_cache_count *c = &v->counts[i];

		if (c->known)
			json_array_append_new(list,
					      json_pack("{s:s, s:I, s:I, s:I}", "cache", c->name,
							"tracked", (json_int_t)c->tracked, "active",
							(json_int_t)c->active, "untracked",
							(json_int_t)(c->active - c->tracked)));
	}
	return list;
}

int kpm_verified_judge(const struct kpm_verified *v, struct kpm_err *err)
{
	const struct kpm_cache_count *first = v->counts;

	if (!wrong(v))
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
