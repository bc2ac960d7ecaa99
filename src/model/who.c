// SPDX-License-Identifier: GPL-2.0-or-later
/* Parties are interned; shares are summed by tag and party in a hash table, then grouped by tag. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/map64.h"
#include "model/who.h"

/* What was added for a party of a tag. */
struct sum {
	uint32_t tag;
	struct kpm_share share;
	double weight, square;
	double counted;
	bool known; /* the share was set */
};

struct of_tag {
	uint32_t first[KPM_PARTY_KINDS], count[KPM_PARTY_KINDS]; /* in `shares` */
	double weight[KPM_PARTY_KINDS], square[KPM_PARTY_KINDS], counted[KPM_PARTY_KINDS];
	uint32_t samples;
	uint64_t lost;
	struct kpm_stay stay;
};

struct kpm_who {
	struct kpm_party *parties;
	uint32_t party_count, party_capacity;
	struct kpm_map64 by_identity;
	struct sum *sums;
	uint32_t sum_count, sum_capacity;
	struct kpm_map64 by_tag;
	struct of_tag *tags;
	uint32_t tag_count, tag_capacity;
	struct kpm_share *shares;
	uint32_t share_capacity;
};

struct kpm_who *kpm_who_new(void)
{
	return calloc(1, sizeof(struct kpm_who));
}

void kpm_who_forget(struct kpm_who *w)
{
	for (uint32_t i = 0; i < w->party_count; i++) {
		free((char *)w->parties[i].name);
		free((char *)w->parties[i].module);
	}
	w->party_count = w->sum_count = w->tag_count = 0;
	kpm_map64_clear(&w->by_identity);
}

void kpm_who_free(struct kpm_who *w)
{
	if (!w)
		return;
	kpm_who_forget(w);
	free(w->parties);
	free(w->sums);
	free(w->tags);
	free(w->shares);
	kpm_map64_done(&w->by_identity);
	kpm_map64_done(&w->by_tag);
	free(w);
}

static uint64_t identity(const struct kpm_party *p)
{
	uint64_t hash = kpm_hash(KPM_HASH_BEGIN, p->name);

	hash = kpm_hash(kpm_hash(hash, "\n"), p->module ? p->module : "");
	hash = (hash ^ p->pid) * 0xff51afd7ed558ccdULL;
	hash = (hash ^ (uint64_t)p->started_ns) * 0xc4ceb9fe1a85ec53ULL;
	return hash ^ p->kind;
}

int64_t kpm_who_party(struct kpm_who *w, const struct kpm_party *party)
{
	uint32_t *number = kpm_map64_put(&w->by_identity, identity(party), w->party_count);
	struct kpm_party *p;

	if (!number)
		return -ENOMEM;
	if (*number < w->party_count)
		return *number;
	if (kpm_array_reserve(w->parties, w->party_capacity, w->party_count + 1))
		return -ENOMEM;
	p = &w->parties[w->party_count];
	*p = *party;
	p->name = strdup(party->name);
	p->module = party->module ? strdup(party->module) : NULL;
	if (!p->name || (party->module && !p->module)) {
		free((char *)p->name);
		free((char *)p->module);
		return -ENOMEM;
	}
	return w->party_count++;
}

const struct kpm_party *kpm_who_get(const struct kpm_who *w, uint32_t party)
{
	return &w->parties[party];
}

uint32_t kpm_who_parties(const struct kpm_who *w)
{
	return w->party_count;
}

int kpm_who_begin(struct kpm_who *w, uint32_t tags)
{
	w->sum_count = 0;
	w->tag_count = 0;
	kpm_map64_clear(&w->by_tag);
	if (kpm_array_reserve(w->tags, w->tag_capacity, tags))
		return -ENOMEM;
	if (tags)
		memset(w->tags, 0, tags * sizeof(*w->tags));
	w->tag_count = tags;
	return 0;
}

static struct sum *sum_of(struct kpm_who *w, uint32_t tag, uint32_t party)
{
	uint32_t *at = kpm_map64_put(&w->by_tag, (uint64_t)tag << 32 | party, w->sum_count);

	if (!at)
		return NULL;
	if (*at < w->sum_count)
		return &w->sums[*at];
	if (kpm_array_reserve(w->sums, w->sum_capacity, w->sum_count + 1))
		return NULL;
	w->sums[w->sum_count] = (struct sum){.tag = tag, .share.party = party};
	return &w->sums[w->sum_count++];
}

int kpm_who_add(struct kpm_who *w, uint32_t tag, uint32_t party, double weight)
{
	enum kpm_party_kind kind = w->parties[party].kind;
	struct sum *sum = tag < w->tag_count ? sum_of(w, tag, party) : NULL;

	if (!sum)
		return tag < w->tag_count ? -ENOMEM : 0;
	sum->share.samples++;
	sum->weight += weight;
	sum->square += weight * weight;
	w->tags[tag].weight[kind] += weight;
	w->tags[tag].square[kind] += weight * weight;
	return 0;
}

int kpm_who_set(struct kpm_who *w, uint32_t tag, const struct kpm_share *share)
{
	struct sum *sum = tag < w->tag_count ? sum_of(w, tag, share->party) : NULL;

	if (!sum)
		return tag < w->tag_count ? -ENOMEM : 0;
	sum->share = *share;
	sum->known = true;
	return 0;
}

int kpm_who_charge(struct kpm_who *w, uint32_t tag, uint32_t party, double share)
{
	struct sum *sum = tag < w->tag_count ? sum_of(w, tag, party) : NULL;

	if (!sum)
		return tag < w->tag_count ? -ENOMEM : 0;
	sum->counted += share;
	w->tags[tag].counted[w->parties[party].kind] += share;
	return 0;
}

void kpm_who_count(struct kpm_who *w, uint32_t tag, uint32_t samples, uint64_t lost)
{
	if (tag >= w->tag_count)
		return;
	w->tags[tag].samples = samples;
	w->tags[tag].lost = lost;
}

void kpm_who_set_stay(struct kpm_who *w, uint32_t tag, const struct kpm_stay *stay)
{
	if (tag < w->tag_count)
		w->tags[tag].stay = *stay;
}

/* The part of a sum in its tag, and the standard error of that. */
static void settle(const struct kpm_who *w, struct sum *sum)
{
	enum kpm_party_kind kind = w->parties[sum->share.party].kind;
	const struct of_tag *tag = &w->tags[sum->tag];
	double all = tag->weight[kind], left = 1 - tag->counted[kind], share, other;

	if (sum->known)
		return;
	sum->share.share = sum->counted;
	sum->share.exact = sum->weight <= 0;
	if (all <= 0)
		return;
	share = sum->weight / all;
	other = tag->square[kind] - sum->square;
	left = left > 0 ? left : 0;
	sum->share.share += left * share;
	sum->share.error =
		left * sqrt(sum->square * (1 - share) * (1 - share) + other * share * share) / all;
}

#define SHOWN_LEAST 0.01
#define SHOWN_MAX   8

uint32_t kpm_who_shown(const struct kpm_share *shares, uint32_t count)
{
	uint32_t n = 0;

	while (n < count && n < SHOWN_MAX && shares[n].share >= SHOWN_LEAST)
		n++;
	return n;
}

/* Equal shares by name: a recording of them has the same order. */
static int by_share(const void *x, const void *y, void *arg)
{
	const struct kpm_share *a = x, *b = y;
	const struct kpm_who *w = arg;
	const struct kpm_party *p = &w->parties[a->party], *q = &w->parties[b->party];
	uint32_t m = kpm_who_millionths(a->share), n = kpm_who_millionths(b->share);
	int order;

	if (m != n)
		return m < n ? 1 : -1;
	order = strcmp(p->name, q->name);
	if (!order && p->module && q->module)
		order = strcmp(p->module, q->module);
	return order ? order : (p->pid > q->pid) - (p->pid < q->pid);
}

int kpm_who_end(struct kpm_who *w)
{
	uint32_t at = 0;

	if (kpm_array_reserve(w->shares, w->share_capacity, w->sum_count))
		return -ENOMEM;
	for (uint32_t i = 0; i < w->sum_count; i++) {
		struct sum *sum = &w->sums[i];

		settle(w, sum);
		w->tags[sum->tag].count[w->parties[sum->share.party].kind]++;
	}
	for (uint32_t t = 0; t < w->tag_count; t++)
		for (int kind = 0; kind < KPM_PARTY_KINDS; kind++) {
			w->tags[t].first[kind] = at;
			at += w->tags[t].count[kind];
			w->tags[t].count[kind] = 0;
		}
	for (uint32_t i = 0; i < w->sum_count; i++) {
		enum kpm_party_kind kind = w->parties[w->sums[i].share.party].kind;
		struct of_tag *tag = &w->tags[w->sums[i].tag];

		w->shares[tag->first[kind] + tag->count[kind]++] = w->sums[i].share;
	}
	for (uint32_t t = 0; t < w->tag_count; t++)
		for (int kind = 0; kind < KPM_PARTY_KINDS; kind++)
			if (w->tags[t].count[kind] > 1)
				qsort_r(&w->shares[w->tags[t].first[kind]], w->tags[t].count[kind],
					sizeof(*w->shares), by_share, w);
	return 0;
}

const struct kpm_share *kpm_who_shares(const struct kpm_who *w, uint32_t tag,
				       enum kpm_party_kind kind, uint32_t *count)
{
	if (tag >= w->tag_count) {
		*count = 0;
		return NULL;
	}
	*count = w->tags[tag].count[kind];
	return &w->shares[w->tags[tag].first[kind]];
}

const struct kpm_share *kpm_who_first(const struct kpm_who *w, uint32_t tag,
				      enum kpm_party_kind kind)
{
	uint32_t count;
	const struct kpm_share *first = kpm_who_shares(w, tag, kind, &count);

	return count && first->share >= 0.5 ? first : NULL;
}

uint32_t kpm_who_samples(const struct kpm_who *w, uint32_t tag)
{
	return tag < w->tag_count ? w->tags[tag].samples : 0;
}

uint64_t kpm_who_lost(const struct kpm_who *w, uint32_t tag)
{
	return tag < w->tag_count ? w->tags[tag].lost : 0;
}

struct kpm_stay kpm_who_stay(const struct kpm_who *w, uint32_t tag)
{
	return tag < w->tag_count ? w->tags[tag].stay : (struct kpm_stay){0};
}
