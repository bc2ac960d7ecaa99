// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state file, JSON on one line:
 *
 *   {"version":1,"boot":"6f1c...","started":123,"samples":[{"at":456,"wall":789,
 *    "rows":[["load_msg+0x41","msg_msg-2k",true,18446744071..., 4096,0], ...]}, ...],
 *    "firing":[["bytes > 1M","load_msg+0x41","msg_msg-2k",true,788], ...]}
 *
 * `at`, `started` and `wall` are nanoseconds; a row is tag, cache (or null), whether the cache
 * is part of the tag, call site, unreclaimable and reclaimable bytes outstanding. Only rows
 * that hold something are in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/state.h"
#include "sink/output.h"

#define VERSION 1

static void boot_id(const struct kpm_roots *roots, char *buf, size_t size)
{
	char path[4096];
	FILE *f = fopen(kpm_path(roots, KPM_FILE_BOOT_ID, path, sizeof(path)), "re");

	*buf = '\0';
	if (!f)
		return;
	if (fgets(buf, size, f))
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
}

/* The tag of a row of the file, entered if it is not there; -1 if the row is no row. */
static int64_t tag_of(struct kpm_tagset *tags, const json_t *row)
{
	const char *text = json_string_value(json_array_get(row, 0));
	const char *cache = json_string_value(json_array_get(row, 1));
	bool by_cache = json_is_true(json_array_get(row, 2));
	uint64_t site = json_integer_value(json_array_get(row, 3));

	/* a text that is an address is made of the call site again */
	return text ? kpm_tagset_enter(tags, site, text, cache, by_cache) : -1;
}

static int enter_sample(struct kpm_sampler *t, const json_t *sample)
{
	const json_t *rows = json_object_get(sample, "rows");
	struct kpm_snapshot snap;
	int ret;

	kpm_snapshot_init(&snap);
	for (size_t i = 0; i < json_array_size(rows); i++)
		tag_of(t->tags, json_array_get(rows, i));
	ret = kpm_snapshot_reset(&snap, kpm_tagset_count(t->tags));
	for (size_t i = 0; !ret && i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		int64_t tag = tag_of(t->tags, row);

		for (int k = 0; tag >= 0 && k < KPM_KINDS; k++)
			snap.rows[tag].kind[k].bytes =
				json_integer_value(json_array_get(row, 4 + k));
	}
	snap.mono_ns = json_integer_value(json_object_get(sample, "at"));
	/* clocks of a file that somebody changed must not go back */
	if (!ret && snap.mono_ns < t->snap.mono_ns && snap.mono_ns >= t->snap.started_ns)
		ret = kpm_trend_push(t->trend, &snap);
	kpm_snapshot_done(&snap);
	return ret;
}

static int enter_firing(struct kpm_sampler *t, const struct kpm_rules *rules,
			struct kpm_alerts *alerts, const json_t *firing)
{
	for (size_t i = 0; i < json_array_size(firing); i++) {
		const json_t *one = json_array_get(firing, i);
		const char *text = json_string_value(json_array_get(one, 0));
		json_t *row = json_pack("[O,O,O,I]", json_array_get(one, 1), json_array_get(one, 2),
					json_array_get(one, 3),
					json_integer_value(json_array_get(one, 5)));
		int64_t tag = row ? tag_of(t->tags, row) : -1;

		json_decref(row);
		for (size_t r = 0; text && tag >= 0 && r < kpm_rules_count(rules); r++)
			if (!strcmp(kpm_rules_get(rules, r)->text, text) &&
			    kpm_alerts_restore(alerts, r, tag,
					       json_integer_value(json_array_get(one, 4))))
				return -ENOMEM;
	}
	return 0;
}

int kpm_state_load(const char *file, struct kpm_sampler *t, const struct kpm_rules *rules,
		   struct kpm_alerts *alerts, const struct kpm_roots *roots, void **state,
		   struct kpm_err *err)
{
	FILE *f = fopen(file, "re");
	const json_t *samples;
	json_error_t error;
	char boot[64];
	json_t *o;
	int ret = 0;

	*state = NULL;
	if (!f)
		return errno == ENOENT
			       ? 0
			       : kpm_fail(err, -errno, "open %s: %s", file, strerror(errno));
	o = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
	fclose(f);
	if (!o || json_integer_value(json_object_get(o, "version")) != VERSION) {
		json_decref(o);
		return kpm_fail(err, -EPROTO,
				"%s is no state file of this version; remove it or name another",
				file);
	}
	boot_id(roots, boot, sizeof(boot));
	if (!json_string_value(json_object_get(o, "boot")) ||
	    strcmp(json_string_value(json_object_get(o, "boot")), boot) ||
	    json_integer_value(json_object_get(o, "started")) != t->snap.started_ns) {
		/* of another tracking: it says nothing about this one */
		json_decref(o);
		return 0;
	}
	samples = json_object_get(o, "samples");
	for (size_t i = 0; !ret && i < json_array_size(samples); i++)
		ret = enter_sample(t, json_array_get(samples, i));
	if (!ret)
		ret = enter_firing(t, rules, alerts, json_object_get(o, "firing"));
	if (ret) {
		json_decref(o);
		return kpm_fail(err, ret, "out of memory");
	}
	*state = o;
	return 0;
}

static json_t *pack_row(const struct kpm_tag_name *name)
{
	return json_pack("[s,s?,b,I]", name->text, name->cache, name->by_cache,
			 (json_int_t)name->site);
}

static json_t *pack_sample(const struct kpm_sampler *t)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < t->snap.count; i++) {
		const struct kpm_row *row = &t->snap.rows[i];
		json_t *one;

		if (!kpm_row_sum(row).bytes)
			continue;
		one = pack_row(kpm_tagset_get(t->tags, i));
		for (int k = 0; one && k < KPM_KINDS; k++)
			json_array_append_new(one, json_integer(row->kind[k].bytes));
		if (one)
			json_array_append_new(rows, one);
	}
	return json_pack("{s:I,s:I,s:o}", "at", (json_int_t)t->snap.mono_ns, "wall",
			 (json_int_t)t->snap.wall_ns, "rows", rows);
}

/*
 * Removes the sample whose neighbours are closest to each other for their age: the samples left are
 * denser the younger they are, and reach back to the first.
 */
static void thin(json_t *samples)
{
	size_t count = json_array_size(samples), least = 1;
	double best = 0;

	for (size_t i = 1; i + 1 < count; i++) {
		double before =
			json_integer_value(json_object_get(json_array_get(samples, i - 1), "at"));
		double at = json_integer_value(json_object_get(json_array_get(samples, i), "at"));
		double after =
			json_integer_value(json_object_get(json_array_get(samples, i + 1), "at"));
		double now = json_integer_value(
			json_object_get(json_array_get(samples, count - 1), "at"));
		double gap = (after - before) / (now - at + 1);

		if (i > 1 && gap >= best)
			continue;
		best = gap;
		least = i;
	}
	json_array_remove(samples, least);
}

static json_t *pack_firing(const struct kpm_sampler *t, const struct kpm_alerts *alerts)
{
	/* alerts that fire at a time; more would make a file of megabytes */
	static const uint32_t most = 4096;
	struct kpm_alert *list = calloc(most, sizeof(*list));
	uint32_t count = list ? kpm_alerts_list(alerts, KPM_ANY_TAG, list, most) : 0;
	json_t *firing = json_array();

	for (uint32_t i = 0; i < count; i++) {
		const struct kpm_tag_name *name = kpm_tagset_get(t->tags, list[i].tag);

		json_array_append_new(firing, json_pack("[s,s,s?,b,I,I]", list[i].rule->text,
							name->text, name->cache, name->by_cache,
							(json_int_t)list[i].since_ns,
							(json_int_t)name->site));
	}
	free(list);
	return firing;
}

int kpm_state_save(const char *file, const struct kpm_sampler *t, const struct kpm_alerts *alerts,
		   const struct kpm_roots *roots, void *state, struct kpm_err *err)
{
	json_t *o = state ? state : json_object(), *samples;
	char boot[64], *text;
	int ret;

	boot_id(roots, boot, sizeof(boot));
	json_object_set_new(o, "version", json_integer(VERSION));
	json_object_set_new(o, "boot", json_string(boot));
	json_object_set_new(o, "started", json_integer(t->snap.started_ns));
	if (!json_is_array(json_object_get(o, "samples")))
		json_object_set_new(o, "samples", json_array());
	samples = json_object_get(o, "samples");
	json_array_append_new(samples, pack_sample(t));
	if (json_array_size(samples) > KPM_STATE_SAMPLES)
		thin(samples);
	json_object_set_new(o, "firing", pack_firing(t, alerts));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text)
		return kpm_fail(err, -ENOMEM, "out of memory");
	ret = kpm_write_file(file, text, strlen(text), KPM_MODE_PRIVATE, err);
	free(text);
	return ret;
}
