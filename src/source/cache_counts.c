// SPDX-License-Identifier: GPL-2.0-or-later
/* Tracked objects by slab cache, beside the objects that the kernel counts as allocated. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "source/audit_programs.h"
#include "source/cache_counts.h"

/* In a run of the program, which then takes a tick or two. */
#define BLOCKS_A_RUN 256

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct kpm_cache_count *)a)->name,
		      ((const struct kpm_cache_count *)b)->name);
}

/*
 * /proc/slabinfo, version 2: `NAME ACTIVE TOTAL SIZE ...` a line, comments with a #. Of a cache that is
 * there twice, the sum. Keeps the larger of two readings.
 */
static int read_slabinfo(const struct kpm_roots *roots, struct kpm_cache_count *counts,
			 uint32_t count, struct kpm_err *err)
{
	uint64_t *now = calloc(count + 1, sizeof(*now)), active, size;
	char path[4096], line[512];
	struct kpm_cache_count key, *found;
	FILE *f = fopen(kpm_path(roots, KPM_FILE_SLABINFO, path, sizeof(path)), "re");

	if (!now || !f) {
		int code = now ? errno : ENOMEM;

		free(now);
		if (f)
			fclose(f);
		return kpm_fail(err, -code, "%s: %s", path, strerror(code));
	}
	while (fgets(line, sizeof(line), f)) {
		size = 0;
		if (sscanf(line, "%47s %" SCNu64 " %*u %" SCNu64, key.name, &active, &size) < 2)
			continue;
		found = bsearch(&key, counts, count, sizeof(*counts), by_name);
		if (!found)
			continue;
		now[found - counts] += active;
		found->known = true;
		found->size = size;
	}
	fclose(f);
	for (uint32_t i = 0; i < count; i++)
		if (now[i] > counts[i].active)
			counts[i].active = now[i];
	free(now);
	return 0;
}

static int counted(const struct kpm_audit *a, uint32_t i, struct kpm_counted *c)
{
	return bpf_map_lookup_elem(bpf_map__fd(a->skel->maps.counted), &i, c) ? -errno : 0;
}

/* Lists the caches, by name; those that have one name are one. *listed: before that. */
static int list_caches(struct kpm_audit *a, struct kpm_cache_count **counts, uint32_t *count,
		       uint32_t *listed)
{
	struct kpm_audit_args args = {0};
	struct kpm_counted c;
	int ret;

	kpm_audit_state(a)->records = 0; /* candidates without a second pass are found again */
	ret = kpm_audit_run(a, a->skel->progs.kpm_audit_caches, &args);
	*listed = kpm_audit_state(a)->records;
	kpm_audit_state(a)->records = 0;
	*counts = calloc(*listed + 1, sizeof(**counts));
	if (ret || !*counts)
		return ret ? ret : -ENOMEM;
	for (uint32_t i = 0; i < *listed; i++) {
		ret = counted(a, i, &c);
		if (ret)
			return ret;
		snprintf((*counts)[i].name, sizeof(c.name), "%s", c.name);
	}
	qsort(*counts, *listed, sizeof(**counts), by_name);
	*count = 0;
	for (uint32_t i = 0; i < *listed; i++)
		if (!*count || strcmp((*counts)[*count - 1].name, (*counts)[i].name))
			(*counts)[(*count)++] = (*counts)[i];
	return 0;
}

/* Counts the tracked objects. *outside: those that lie in no cache. */
static int count_tracked(struct kpm_audit *a, struct kpm_cache_count *counts, uint32_t count,
			 uint32_t listed, uint64_t *outside)
{
	struct kpm_audit_state *state = kpm_audit_state(a);
	uint64_t inconclusive = state->inconclusive;
	int ret = 0;

	for (uint32_t block = 0; !ret && block < a->blocks; block += BLOCKS_A_RUN) {
		struct kpm_audit_args args = {.first = block, .count = a->blocks - block};

		if (args.count > BLOCKS_A_RUN)
			args.count = BLOCKS_A_RUN;
		ret = kpm_audit_run(a, a->skel->progs.kpm_audit_count, &args);
	}
	*outside = state->inconclusive - inconclusive;
	state->inconclusive = a->report.inconclusive = inconclusive;
	for (uint32_t i = 0; !ret && i < listed; i++) {
		struct kpm_cache_count key, *found;
		struct kpm_counted c;

		ret = counted(a, i, &c);
		snprintf(key.name, sizeof(key.name), "%s", c.name);
		found = ret ? NULL : bsearch(&key, counts, count, sizeof(*counts), by_name);
		if (!found)
			continue;
		found->tracked += c.objects;
		found->young += c.young;
		found->estimated |= c.sampled != 0;
	}
	return ret;
}

int kpm_count_caches(struct kpm_audit *a, const struct kpm_roots *roots, uint32_t young_s,
		     struct kpm_cache_count **counts, uint32_t *count, uint64_t *outside,
		     struct kpm_err *err)
{
	uint32_t listed;
	int ret;

	*counts = NULL;
	ret = list_caches(a, counts, count, &listed);
	if (ret)
		kpm_fail(err, ret, "audit: %s", strerror(-ret));
	/* the larger figure of before and after: objects made or freed meanwhile are no error */
	if (!ret)
		ret = read_slabinfo(roots, *counts, *count, err);
	if (!ret) {
		kpm_audit_state(a)->min_age = young_s;
		ret = count_tracked(a, *counts, *count, listed, outside);
		kpm_audit_state(a)->min_age = KPM_AUDIT_MIN_AGE_S;
		if (ret)
			kpm_fail(err, ret, "audit: %s", strerror(-ret));
	}
	if (!ret)
		ret = read_slabinfo(roots, *counts, *count, err);
	if (ret) {
		free(*counts);
		*counts = NULL;
	}
	return ret;
}
